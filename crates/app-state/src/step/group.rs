//! With a session: the group view, the hand-off to it, and its troubles.

use url::Url;

use crate::event::{Effect, Event, Place};
use crate::state::{HandOff, Signed, Site, Stage, State};
use crate::{Fault, Problem};

impl State {
    pub(super) fn group_event(&mut self, event: Event) -> Vec<Effect> {
        let personal = self.ground.personal;
        let (Stage::Signed(signed), Some(place)) = (&mut self.stage, &self.ground.place) else {
            return vec![];
        };
        match event {
            Event::Held(url) => signed.held(url),
            Event::HandOffReady(_) | Event::HandOffMissing | Event::HandOffKept(_) => signed.handed(event),
            Event::Saved => {
                let Some(unsaved) = signed.unsaved.take() else {
                    return vec![];
                };
                let mut effects = vec![Effect::Note(!personal)];
                if !unsaved.read {
                    effects.extend(signed.show());
                }
                effects
            }
            Event::SiteLoaded(url) => signed.page(&url, place),
            // Once, without a word: the web view dies when the tablet is short of memory.
            Event::SiteFailed(fault)
                if fault.problem == Problem::SiteCrashed && !signed.crashed && signed.trouble.is_none() =>
            {
                signed.crashed = true;
                signed.site = Site::Loading;
                let mut effects = vec![Effect::LoadSite(place.group.clone())];
                effects.extend(signed.show());
                effects
            }
            Event::SiteFailed(fault) => signed.fail(fault),
            Event::SiteLedAstray { fault, link: false, .. } if signed.site != Site::Loaded => signed.fail(fault),
            // As a link that opens a new window does.
            Event::SiteLedAstray { to, .. } if to.scheme() == "https" => vec![Effect::OpenOutside(to)],
            Event::Facts(facts) => {
                if let Some(cover) = &mut signed.status {
                    cover.facts = Some(facts);
                }
                vec![]
            }
            Event::Settled => {
                // A page that loops, or dies again and again, has started another timer meanwhile.
                let last = signed.settling == 1;
                signed.settling = signed.settling.saturating_sub(1);
                if last {
                    signed.crashed = false;
                    if signed.hand_off == HandOff::Spent {
                        signed.hand_off = HandOff::Ready;
                    }
                }
                vec![]
            }
            _ => vec![],
        }
    }

    /// Tries again what the trouble stopped. By itself, the app lets a load that is under way end; a person need not.
    pub(super) fn try_again(&mut self, at_once: bool) -> Vec<Effect> {
        let (Stage::Signed(signed), Some(place)) = (&mut self.stage, &self.ground.place) else {
            return vec![];
        };
        let mut effects = vec![];
        if let Some(unsaved) = &signed.unsaved {
            effects.push(Effect::Save);
            if unsaved.fault.problem.remedy().retries {
                signed.attempts = signed.attempts.saturating_add(1);
                effects.push(Effect::RetryLater {
                    attempt: signed.attempts,
                });
            }
        }
        if !signed.known {
            effects.push(Effect::ReadKeystore);
        }
        if signed.trouble.is_some() && (at_once || signed.site != Site::Loading) {
            effects.push(signed.load_group(place));
        }
        effects
    }
}

impl Signed {
    /// Loads the group view anew: a navigation chain of its own, so that a hand-off is open to it.
    pub(super) fn load_group(&mut self, place: &Place) -> Effect {
        if matches!(self.hand_off, HandOff::Spent | HandOff::Kept) {
            self.hand_off = HandOff::Ready;
        }
        self.site = Site::Loading;
        Effect::LoadSite(place.group.clone())
    }

    fn held(&mut self, url: Url) -> Vec<Effect> {
        match &mut self.hand_off {
            HandOff::Ready => {
                self.hand_off = HandOff::Minting {
                    asked: url.clone(),
                    newest: url.clone(),
                };
                vec![Effect::HandOff(url)]
            }
            // A second one on top of the first: the newest navigation is the one the person waits for.
            HandOff::Minting { newest, .. } => {
                *newest = url;
                vec![]
            }
            // The page behind the trouble goes on asking; the retry that is due asks for all.
            HandOff::Kept => vec![],
            HandOff::Spent | HandOff::Missing => vec![Effect::LoadSite(url)],
        }
    }

    fn handed(&mut self, event: Event) -> Vec<Effect> {
        let HandOff::Minting { asked, newest } = &self.hand_off else {
            if event == Event::HandOffMissing {
                self.hand_off = HandOff::Missing;
            }
            return vec![];
        };
        let (then, url) = match event {
            // A token in a cookie goes for every navigation, one in the address only for its own.
            Event::HandOffReady(url) => (HandOff::Spent, if url == *asked { newest.clone() } else { url }),
            // The site's own sign-in page shows; whoever signs in there is signed in for the site.
            Event::HandOffMissing => (HandOff::Missing, newest.clone()),
            Event::HandOffKept(fault) if fault.problem.remedy().retries => {
                self.hand_off = HandOff::Kept;
                return self.fail(fault);
            }
            // No retry would help: neither may it stand between staff and the site.
            _ => (HandOff::Spent, newest.clone()),
        };
        self.hand_off = then;
        self.site = Site::Loading;
        vec![Effect::LoadSite(url)]
    }

    /// Covers the group view; what is typed there stays as it is.
    fn fail(&mut self, fault: Fault) -> Vec<Effect> {
        let retries = fault.problem.remedy().retries;
        self.site = Site::Failed;
        self.trouble = Some(fault);
        let attempt = self.attempts;
        self.attempts = self.attempts.saturating_add(1);
        let mut effects = vec![Effect::HideSite];
        if retries {
            effects.push(Effect::RetryLater { attempt });
        }
        effects
    }

    fn show(&self) -> Vec<Effect> {
        if self.status.is_none() && self.covered().is_none() {
            vec![Effect::ShowSite]
        } else {
            vec![]
        }
    }

    fn page(&mut self, url: &Url, place: &Place) -> Vec<Effect> {
        // The page that asked for a hand-off may end its load after that failed: it is on its way out.
        if self.hand_off == HandOff::Kept {
            return vec![];
        }
        let mut effects = vec![];
        self.site = Site::Loaded;
        if url.origin() == place.group.origin() && (self.crashed || self.hand_off == HandOff::Spent) {
            self.settling = self.settling.saturating_add(1);
            effects.push(Effect::Settle);
        }
        self.attempts = 0;
        if self.trouble.take().is_some() {
            effects.extend(self.show());
        }
        effects
    }
}
