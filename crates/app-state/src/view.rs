//! What crosses the bridge to the shell's own pages: one [`View`] out, one [`Action`] in.
//!
//! Every type here is exported to TypeScript (`ui/src/bindings/bridge.ts`); a test compares the file with these types.

use serde::{Deserialize, Serialize};
use settings::{Language, Source};

use crate::{AppError, SignedOutReason};

/// What a person did on one of the shell's pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Action {
    /// Use this organisation.
    SetTenant {
        /// The text as typed or pasted. Only the first 2,000 characters are read.
        typed: String,
    },
    /// Go back to choosing the organisation.
    ChangeOrganisation,
    /// Sign in by the method that the settings choose.
    SignIn,
    /// Sign in inside the app instead of in the browser.
    SignInHere,
    /// Sign in with a code on another device.
    SignInWithCode,
    /// Open the browser again for the sign-in under way.
    OpenBrowserAgain,
    /// Cancel the sign-in under way, or close a question.
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
    /// Set the tablet up as the setup link on screen says.
    UseLink,
}

/// Everything that the shell's page shows, and the language to show it in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
pub struct View {
    /// The language that the settings choose. With `system`, the page takes the tablet's own.
    pub language: Language,
    /// The screen.
    pub screen: Screen,
}

/// One screen of the shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Screen {
    /// Nothing but a moment's wait: settings and keystore are being read.
    Starting,
    /// The tablet is not set up (S1): which organisation does it belong to?
    NotSetUp {
        /// The fixed part behind the typed name, with its leading dot: `.ouderportaal.nl`.
        suffix: String,
        /// The text typed before, for correction.
        typed: String,
        /// Why that text was rejected.
        error: Option<AppError>,
        /// A person may type a name. If false, only an administrator can set this tablet up.
        manual: bool,
    },
    /// A setup link was scanned or opened: does the person want this?
    SetUpLink {
        /// What the link would make of this tablet.
        offer: SetupOffer,
        /// Accepting it ends the present session.
        ends_session: bool,
    },
    /// The sign-in screen with one large button (S2, S5, S14).
    SignIn {
        /// The organisation's name.
        organisation: String,
        /// Why nobody is signed in. The page explains it where needed.
        why: SignedOutReason,
        /// The authorization request is being prepared.
        busy: bool,
        /// Offer a sign-in with a code on another device.
        with_code: bool,
        /// Offer to choose another organisation.
        may_change: bool,
    },
    /// The system browser shows the sign-in page.
    Browser {
        /// The organisation's name.
        organisation: String,
        /// Offer to sign in inside the app, because a browser that may not open does not always say so.
        here: bool,
        /// Offer a sign-in with a code on another device.
        with_code: bool,
    },
    /// The site view shows the sign-in page over the shell's page.
    InApp {
        /// The organisation's name.
        organisation: String,
    },
    /// A code to use on another device.
    Code {
        /// The organisation's name.
        organisation: String,
        /// The code, and where to type it.
        code: DeviceCode,
    },
    /// The identity provider's answer is being checked.
    Finishing,
    /// The site view shows the group view over the shell's page.
    Group {
        /// The organisation's name.
        organisation: String,
    },
    /// An error: words by its kind, buttons as listed.
    Trouble {
        /// The error.
        error: AppError,
        /// The buttons, the best one first. Never empty.
        buttons: Vec<Action>,
        /// The app retries by itself.
        retries: bool,
        /// A session exists, is saved in the keystore and renewed, so it stays.
        signed_in: bool,
    },
    /// How this tablet is set up, and for how long it stays signed in.
    Status {
        /// The organisation's name.
        organisation: String,
        /// The information, once collected.
        info: Option<StatusInfo>,
        /// Signing out is allowed.
        may_sign_out: bool,
        /// The question "Sign out?" is on screen.
        asking: bool,
    },
}

/// What a setup link would make of this tablet. None of it applies before a person has accepted it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
pub struct SetupOffer {
    /// The organisation's name.
    pub organisation: String,
    /// The host of its group view.
    pub host: String,
    /// The tablet's label, if the link has one.
    pub label: Option<String>,
    /// A key that the managed configuration trusts has signed the link.
    pub signed: bool,
    /// The link leads to another organisation than the present one.
    pub moves: bool,
}

/// A code for another device (RFC 8628, section 3.2), ready for display.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
pub struct DeviceCode {
    /// `user_code`, as the identity provider wrote it.
    pub user_code: String,
    /// `verification_uri`, to type by hand.
    pub address: String,
    /// A QR code of the verification URI with the code in it.
    pub qr: Qr,
}

/// A QR code as a drawing: an SVG path in a square view box, quiet zone included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
pub struct Qr {
    /// Width and height of the view box, in modules.
    pub size: u32,
    /// The `d` attribute of the path of dark modules.
    pub path: String,
}

/// What the status page shows. Contains no secret and no personal data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
pub struct StatusInfo {
    /// The account is personal, so the session ends with the app.
    pub personal: bool,
    /// Whole days until the session's idle lifetime of 60 days runs out, by the tablet's clock. None while unknown.
    pub days_left: Option<u32>,
    /// The environment's name, unless it is `production`.
    pub environment: Option<String>,
    /// The app's version.
    pub version: String,
    /// System, model and web engine, as far as the tablet tells.
    pub device: Vec<String>,
    /// The latest errors, newest first.
    pub recent_errors: Vec<AppError>,
    /// Where to get help: a telephone number, an e-mail address or an https URL.
    pub support: Option<String>,
    /// Every setting that some source gave, in the manual's order.
    pub settings: Vec<Setting>,
    /// The invalid settings, as key and code: `language E108`.
    pub invalid_settings: Vec<String>,
}

/// A setting in effect on this tablet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
pub struct Setting {
    /// The key.
    pub key: String,
    /// The value, as text.
    pub value: String,
    /// The source that gave it.
    pub source: Source,
}
