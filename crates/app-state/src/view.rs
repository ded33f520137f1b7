//! What crosses the bridge to the shell's own pages: one [`Shown`] out, one [`Action`] in.

use serde::{Deserialize, Serialize};

use crate::{Fault, SignedOutWhy};

/// What a person did on one of the shell's pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Action {
    /// Use this organisation; `typed` is the text as it was typed or pasted.
    SetTenant {
        /// As typed, at most 2,000 characters are looked at.
        typed: String,
    },
    /// Go back to choosing the organisation.
    ChangeOrganisation,
    /// Sign in, the way the settings say.
    SignIn,
    /// Sign in inside the app instead of in the browser.
    SignInHere,
    /// Sign in with a code on another device.
    SignInWithCode,
    /// Open the browser once more for the sign-in that is under way.
    OpenBrowserAgain,
    /// Stop the sign-in that is under way, or close a question.
    Cancel,
    /// Try again now.
    Retry,
    /// Show the group view (again).
    OpenGroup,
    /// Show the status page.
    ShowStatus,
    /// Ask whether to sign out.
    AskSignOut,
    /// Sign out.
    SignOut,
    /// Set the tablet up as the link on screen says.
    UseLink,
}

/// The whole of what the shell's page shows, with the language to show it in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
pub struct Shown {
    /// The language that the settings ask for; none means the tablet's own.
    pub language: Option<Language>,
    /// The screen.
    pub screen: Screen,
}

/// A language of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Dutch.
    Nl,
    /// English.
    En,
}

/// One screen of the shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Screen {
    /// A moment of nothing: settings and keystore are read.
    Starting,
    /// S1: which organisation is this tablet of?
    NotSetUp {
        /// What stands behind the typed name, with its dot: `.ouderportaal.nl`.
        suffix: String,
        /// What was typed before, to be put right.
        typed: String,
        /// Why that was not accepted.
        problem: Option<Fault>,
        /// False: only the device manager may set this tablet up, so there is nothing to type.
        manual: bool,
    },
    /// A set-up link was scanned or opened: is this what the person wants?
    SetUpLink {
        /// What it comes to.
        offer: Offer,
        /// There is a session, and it would end.
        ends_session: bool,
    },
    /// S2, S5, S14: one large button.
    SignIn {
        /// The organisation's name.
        organisation: String,
        /// Why there is no session, where that needs a word.
        why: SignedOutWhy,
        /// The sign-in is being made ready.
        busy: bool,
        /// Signing in with a code on another device is on offer.
        with_code: bool,
        /// Another organisation may be chosen here.
        may_change: bool,
    },
    /// The system browser has the sign-in page.
    Browser {
        /// The organisation's name.
        organisation: String,
        /// Signing in inside the app is on offer: a browser that may not open does not always say so.
        here: bool,
        /// Signing in with a code on another device is on offer.
        with_code: bool,
    },
    /// The sign-in page is in the app's own web view, over this page.
    InApp {
        /// The organisation's name.
        organisation: String,
    },
    /// A code to use on another device.
    Code {
        /// The organisation's name.
        organisation: String,
        /// What to type there and where.
        code: DeviceCode,
    },
    /// The answer of the identity server is being checked.
    Finishing,
    /// The group view is over this page.
    Group {
        /// The organisation's name.
        organisation: String,
    },
    /// Something is wrong: words by `fault.problem`, buttons as given.
    Trouble {
        /// What is wrong.
        fault: Fault,
        /// The buttons, the best one first; never empty.
        buttons: Vec<Action>,
        /// The app tries again by itself.
        retries: bool,
        /// There is a session, and it stays: it is in the keystore.
        signed_in: bool,
    },
    /// How this tablet is set up, and for how long it stays signed in.
    Status {
        /// The organisation's name.
        organisation: String,
        /// The facts, once they are read.
        facts: Option<Facts>,
        /// Signing out is allowed here.
        may_sign_out: bool,
        /// "Sign out?" is being asked.
        asking: bool,
    },
}

/// What a set-up link would make of this tablet. Nothing of it is used before a person has said yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
pub struct Offer {
    /// The organisation's name.
    pub organisation: String,
    /// The host of its group view.
    pub host: String,
    /// The tablet's label, where the link has one.
    pub label: Option<String>,
    /// A known key signed the link.
    pub signed: bool,
    /// It leads to another place than the tablet is set up for now.
    pub moves: bool,
}

/// A code for another device (RFC 8628, section 3.2), ready to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
pub struct DeviceCode {
    /// `user_code`, as the server writes it.
    pub user_code: String,
    /// `verification_uri`, to be typed by hand.
    pub address: String,
    /// A QR code of the address with the code in it.
    pub qr: Qr,
}

/// A QR code as a drawing: an SVG path in a square of `size` units, quiet zone included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
pub struct Qr {
    /// Width and height of the view box.
    pub size: u32,
    /// The `d` of the path of dark modules.
    pub path: String,
}

/// The facts of the status page. Nothing in it is secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
pub struct Facts {
    /// A group account stays signed in; a personal one does not.
    pub personal: bool,
    /// Whole days until the idle lifetime of 60 days runs out, by this tablet's clock; none while unknown.
    pub days_left: Option<u32>,
    /// Name of the environment when it is not `production`.
    pub environment: Option<String>,
    /// The app's version.
    pub version: String,
    /// What the app runs on: system, model, web engine, as far as the tablet tells.
    pub device: Vec<String>,
    /// What could not be done lately, newest first.
    pub faults: Vec<Fault>,
    /// Where help is: a telephone number, an e-mail address or an https address.
    pub support: Option<String>,
    /// Every setting that somebody gave, in the order of the manual.
    pub settings: Vec<Setting>,
    /// Codes of settings that are wrong, with the key: `language E108`.
    pub wrong: Vec<String>,
}

/// A setting that holds on this tablet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
pub struct Setting {
    /// The key, as the device manager knows it.
    pub key: String,
    /// Its value.
    pub value: String,
    /// Who gave it.
    pub source: SettingSource,
}

/// Who gave a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
#[serde(rename_all = "snake_case")]
pub enum SettingSource {
    /// Managed configuration.
    Managed,
    /// A set-up link that a known key signed.
    SignedLink,
    /// A set-up link.
    UnsignedLink,
    /// A person, on this tablet.
    SetUp,
}
