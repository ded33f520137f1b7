//! What is around the app's process and outlives it: the MDM, the person in the system browser or at another device, the
//! folder with the saved state, and the record of who had the tablet.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};
use session::store::Slot;
use url::Url;

use crate::cookies::{Cookies, Owner};
use crate::device::IDLE_LOCK_MINUTES;
use crate::server::index_of;
use crate::world::{Process, World};

/// How the system browser hands its answer to the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browser {
    /// As a link, which starts the app if it does not run.
    Link,
    /// As a link, and each later start of the app gets the same link again, as Android does it.
    LinkAgain,
    /// As the answer of a sheet that closes with the app.
    Sheet,
}

/// Why a kill cost somebody a sign-in, where no app can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    /// The provider has rotated the refresh token and takes the old one no more, and the new one died with the process.
    Rotated,
    /// The provider has redeemed the code, and the refresh token died with the process.
    CodeRedeemed,
    /// The callback was in the process and nowhere else.
    Callback,
    /// The pending sign-in is removed before its code is sent, so that no code is sent twice.
    CodeClaimed,
    /// The device code was approved, and nobody else knows it.
    DeviceCode,
    /// A personal session ends with its process.
    Personal,
}

impl Loss {
    pub fn words(self) -> &'static str {
        match self {
            Self::Rotated => "rotated without a leeway, and the new token died with the process before it was saved",
            Self::CodeRedeemed => "the code was redeemed, and its token died with the process before it was saved",
            Self::Callback => "the callback was handed to the process that died, and to no other",
            Self::CodeClaimed => {
                "the pending sign-in was removed, and its code died with the process before it was sent"
            }
            Self::DeviceCode => "the device code was approved, and died with the process",
            Self::Personal => "a personal session ends with its process",
        }
    }
}

/// A fault of the surroundings that breaks a promise, to see that somebody notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InjectedFault {
    /// The keystore says that it has saved the session, and has not.
    KeystoreSavesNothing,
    /// The web engine says that it has deleted the site's data, and has not.
    SiteKeepsItsData,
    /// The disk says that it has taken the saved state, and has not.
    DiskTakesNothing,
}

/// A decision of a person that takes effect with the first saved state that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// To sign out.
    SignOut,
    /// To take the tablet to this organisation.
    Organisation(&'static str),
}

/// The sign-in page in the system browser.
#[derive(Clone, Debug)]
pub struct OpenPage {
    pub url: Url,
    /// The process that opened it.
    pub process: u64,
}

struct DeviceCode {
    process: u64,
    approved_by: Option<Owner>,
}

#[derive(Default)]
pub struct State {
    /// The managed configuration, if the tablet has an MDM, beside tenant and account type.
    pub managed: Option<Map<String, Value>>,
    changed: Option<Box<dyn Fn() + Send + Sync>>,
    pub page: Option<OpenPage>,
    /// The newest callback that a browser has handed over as a link.
    pub link: Option<String>,
    /// The answer of the sheet that is on screen.
    sheet: Option<String>,
    /// A form is filled in, and the provider has not been sent its code.
    code_is_unspent: bool,
    device_codes: BTreeMap<String, DeviceCode>,
    /// How often a person has typed a password, here or on another device.
    pub sign_ins: usize,
    decision: Option<Decision>,
    /// The saved state as last written.
    written: Value,
    /// Owners whose session nobody can revoke any more, and why that is so.
    pub unrevocable: BTreeSet<Owner>,
    /// The refresh tokens that each process was given and has not saved.
    unsaved: BTreeMap<u64, Vec<(usize, usize)>>,
    /// One for each kill that may cost a sign-in.
    pub losses: Vec<Loss>,
}

/// See the module's documentation.
pub struct Surroundings {
    pub world: World,
    pub browser: Browser,
    pub injected: Option<InjectedFault>,
    folder: tempfile::TempDir,
    state: Mutex<State>,
}

impl Surroundings {
    pub fn new(world: World, browser: Browser, injected: Option<InjectedFault>) -> Arc<Self> {
        Arc::new(Self {
            world,
            browser,
            injected,
            folder: tempfile::tempdir().unwrap(),
            state: Mutex::default(),
        })
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The content of the saved state that the next start reads.
    pub fn saved_state(&self) -> Value {
        std::fs::read(self.folder().join("state.json"))
            .ok()
            .and_then(|content| serde_json::from_slice(&content).ok())
            .unwrap_or_default()
    }

    // The MDM

    pub fn managed_config(&self) -> Map<String, Value> {
        let Some(mut config) = self.state().managed.clone() else {
            return Map::new();
        };
        let mut world = self.world.state();
        let assignment = world.assignment.clone();
        config.insert("tenant".to_owned(), assignment.tenant.into());
        if assignment.personal {
            config.insert("account_type".to_owned(), "personal".into());
            config.insert("idle_lock_minutes".to_owned(), IDLE_LOCK_MINUTES.into());
        }
        // From now on nothing of whoever had the tablet before may be seen.
        world.read_assignment();
        config
    }

    pub fn watch(&self, changed: Box<dyn Fn() + Send + Sync>) {
        self.state().changed = Some(changed);
    }

    /// The managed configuration has changed.
    pub fn tell_of_change(&self) {
        if let Some(changed) = &self.state().changed {
            changed();
        }
    }

    // Whose tablet it is

    /// Somebody else has the tablet from now on.
    pub fn next_owner(&self) {
        let mut world = self.world.state();
        let personal = world.assignment.personal;
        world.owner += 1;
        world.owners.push(personal);
        drop(world);
        self.world.note("next owner");
    }

    /// A person has decided this. It holds once it is written down: a kill before that undoes the press of the button.
    pub fn decide(&self, decision: Decision) {
        self.state().decision = Some(decision);
    }

    pub fn on_saved_state_written(&self, content: &[u8]) {
        let saved: Value = serde_json::from_slice(content).unwrap_or_default();
        let is_written = match self.state().decision {
            None => false,
            Some(Decision::SignOut) => saved["site_uncleared"] == true,
            Some(Decision::Organisation(tenant)) => saved["unsigned"]["tenant"] == tenant,
        };
        let mut state = self.state();
        state.written = saved;
        if is_written {
            state.decision = None;
            drop(state);
            self.next_owner();
        }
    }

    /// The organisation's name that a person has accepted or typed, as last written.
    pub fn written_name(&self) -> Option<String> {
        let written = &self.state().written;
        let names = [
            &written["unsigned"]["organisation_name"],
            &written["unsigned"]["tenant"],
            &written["set_up"]["tenant"],
        ];
        names.into_iter().find_map(Value::as_str).map(str::to_owned)
    }

    /// The app is removed and installed again.
    pub fn reinstall(&self, keystore_outlives_app: bool) {
        for file in std::fs::read_dir(self.folder()).unwrap() {
            std::fs::remove_file(file.unwrap().path()).unwrap();
        }
        self.state().written = Value::Null;
        let mut world = self.world.state();
        world.cookies = Cookies::default();
        let owner = world.owner;
        if !keystore_outlives_app {
            world.disk.clear();
        }
        drop(world);
        if !keystore_outlives_app {
            self.state().unrevocable.insert(owner);
        }
        self.next_owner();
    }

    // The person who signs in

    /// The app has opened the sign-in page.
    pub fn open_page(&self, url: &Url, process: u64) {
        self.state().page = Some(OpenPage {
            url: url.clone(),
            process,
        });
    }

    /// The person fills in the form in the browser. Returns the callback.
    pub fn fill_in_form(&self) -> Option<String> {
        let page = self.state().page.take()?;
        let callback = {
            let mut world = self.world.state();
            let owner = world.owner;
            world.server.authorize(&page.url, owner)
        };
        let mut state = self.state();
        state.sign_ins += 1;
        state.code_is_unspent = true;
        if self.browser == Browser::Sheet {
            state.sheet = Some(callback.clone());
        } else {
            state.link = Some(callback.clone());
        }
        drop(state);
        self.world.note("form");
        Some(callback)
    }

    /// What the sheet hands to the app, once the person is done.
    pub fn take_answer_of_sheet(&self) -> Option<String> {
        self.state().sheet.take()
    }

    /// A code for another device.
    pub fn issue_device_code(&self, process: u64) -> Value {
        let mut state = self.state();
        let name = format!("device-{}", state.device_codes.len());
        let code = json!({"device_code": name, "user_code": name.to_uppercase(), "expires_in": 600, "interval": 5,
            "verification_uri": "https://id.example.nl/activate"});
        let approved_by = None;
        state.device_codes.insert(name, DeviceCode { process, approved_by });
        code
    }

    /// The person types the code on another device, and signs in there.
    pub fn approve_device_code(&self, user_code: &str) {
        let owner = self.world.state().owner;
        let mut state = self.state();
        if let Some(code) = state.device_codes.get_mut(&user_code.to_lowercase())
            && code.approved_by.is_none()
        {
            code.approved_by = Some(owner);
            state.sign_ins += 1;
        }
    }

    /// Nobody has approved this code yet.
    pub fn is_waiting_for_approval(&self, user_code: &str) -> bool {
        let state = self.state();
        let code = state.device_codes.get(&user_code.to_lowercase());
        code.is_some_and(|code| code.approved_by.is_none())
    }

    /// Who has approved this code. A code that was redeemed is gone.
    pub fn redeem_device_code(&self, code: &str) -> Option<Option<Owner>> {
        let mut state = self.state();
        let owner = state.device_codes.get(code)?.approved_by;
        if owner.is_some() {
            state.device_codes.remove(code);
        }
        Some(owner)
    }

    // What a process knows and the keystore does not

    pub fn on_issued(&self, process: &Process, token: Option<(usize, usize)>) {
        let Some(token) = token else { return };
        if token.1 == 0 {
            self.state().code_is_unspent = false;
        }
        if process.dead() {
            return self.lose(&[token]);
        }
        self.state().unsaved.entry(process.id).or_default().push(token);
    }

    pub fn on_saved(&self, process: &Process, token: Option<(usize, usize)>) {
        if let Some(unsaved) = self.state().unsaved.get_mut(&process.id) {
            unsaved.retain(|unsaved| Some(*unsaved) != token);
        }
    }

    fn lose(&self, tokens: &[(usize, usize)]) {
        let world = self.world.state();
        let mut state = self.state();
        for (family, place) in tokens {
            let Some(owner) = world.server.owner_of(*family) else {
                continue;
            };
            if *place == 0 {
                state.losses.push(Loss::CodeRedeemed);
                state.unrevocable.insert(owner);
            } else if world.server.leeway == 0 {
                state.losses.push(Loss::Rotated);
                state.unrevocable.insert(owner);
            }
        }
    }

    /// The process has ended. Notes what went with it.
    pub fn on_ended(&self, process: &Process) {
        let (is_personal, owner, newest, is_pending) = {
            let world = self.world.state();
            let is_personal = world.read.as_ref().is_some_and(|read| read.personal);
            let is_pending = world.disk.contains_key(&Slot::Pending);
            (is_personal, world.owner, world.server.owner(), is_pending)
        };
        let mut state = self.state();
        // A press that nothing has followed is undone.
        state.decision = None;
        let unsaved = state.unsaved.remove(&process.id).unwrap_or_default();
        let own_codes = |code: &DeviceCode| code.process == process.id;
        if state
            .device_codes
            .values()
            .any(|code| own_codes(code) && code.approved_by.is_some())
        {
            state.losses.push(Loss::DeviceCode);
        }
        state.device_codes.retain(|_, code| !own_codes(code));
        if self.browser == Browser::Sheet && state.page.as_ref().is_some_and(|page| page.process == process.id) {
            state.page = None;
        }
        state.sheet = None;
        if state.code_is_unspent && self.browser != Browser::LinkAgain {
            state.code_is_unspent = false;
            state.losses.push(Loss::Callback);
        } else if state.code_is_unspent && !is_pending {
            state.code_is_unspent = false;
            state.losses.push(Loss::CodeClaimed);
        }
        let had_session = newest == Some(owner);
        if is_personal && had_session {
            state.losses.push(Loss::Personal);
        }
        // Its token was in memory only, also if the person has signed out a moment before.
        state.unrevocable.extend(newest.filter(|_| is_personal));
        drop(state);
        if !is_personal {
            self.lose(&unsaved);
        } else if had_session {
            self.next_owner();
        }
    }

    /// The refresh token in the keystore.
    pub fn stored_token(&self) -> Option<(usize, usize)> {
        let world = self.world.state();
        index_of(world.disk.get(&Slot::Session)?.expose())
    }

    /// The refresh token of this family waits in the keystore to be revoked.
    pub fn waits_for_revocation(&self, family: usize) -> bool {
        let world = self.world.state();
        let Some(waiting) = world.disk.get(&Slot::Revocations) else {
            return false;
        };
        waiting.expose().contains(&format!("rt-{family}-"))
    }

    /// The newest session of each owner before the present one, if it lives on: those that somebody can still revoke, and how
    /// many nobody can, because their token died with a process or with the app.
    pub fn living_sessions(&self) -> (Vec<usize>, usize) {
        let world = self.world.state();
        let state = self.state();
        let newest = |owner: Owner| {
            let mut families = (0..world.server.sign_ins()).rev();
            families.find(|family| world.server.owner_of(*family) == Some(owner))
        };
        let living = (0..world.owner).filter(|owner| world.server.is_alive(*owner));
        let (lost, revocable): (Vec<_>, Vec<_>) = living.partition(|owner| state.unrevocable.contains(owner));
        (revocable.into_iter().filter_map(newest).collect(), lost.len())
    }
}
