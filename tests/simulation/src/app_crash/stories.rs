//! What happens on a tablet, as a list of steps. Each story is told once, and then once more for each of its points.

use super::surroundings::Browser;
use crate::calendar::{DAY, HOUR};

/// A setup card that a person scans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Card {
    pub link: &'static str,
    /// The organisation's name on the screen, once the card is accepted.
    pub shows: &'static str,
    /// The organisation to which the card takes the tablet from another one.
    pub moves_to: Option<&'static str>,
}

/// How a person gets to the group view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Way {
    pub card: Option<Card>,
    /// The name that a person types on a tablet that is not set up.
    pub typed: Option<&'static str>,
    /// Signs in with a code on another device.
    pub by_code: bool,
}

impl Way {
    /// The organisation's name on the screen, if the person asks for one.
    pub fn shows(self) -> Option<&'static str> {
        self.card.map(|card| card.shows).or(self.typed)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Somebody wants the group view, and does what the screen asks for until it is there.
    Work(Way),
    /// Somebody signs out.
    SignOut,
    /// Nobody touches the tablet until a personal session has ended.
    LeaveAlone,
    /// The MDM assigns the tablet.
    Assign { tenant: &'static str, personal: bool },
    /// Konnect ends the web session.
    EndWebSession,
    /// So many seconds pass with the screen on.
    Pass(i64),
    /// The tablet sleeps for so many seconds.
    Sleep(i64),
    /// The app is closed and opened.
    Reopen,
    /// The app is removed and installed again.
    Reinstall,
}

/// A story.
#[derive(Clone, Copy, Debug)]
pub struct Story {
    pub name: &'static str,
    pub browser: Browser,
    pub is_managed: bool,
    pub is_personal: bool,
    /// The system keeps the keystore when the app is removed.
    pub keystore_outlives_app: bool,
    /// What happened before. Nobody is killed meanwhile.
    pub before: &'static [Step],
    pub steps: &'static [Step],
    /// How often somebody has to sign in during the steps, if nobody is killed.
    pub sign_ins: usize,
}

const WORK: Step = Step::Work(Way {
    card: None,
    typed: None,
    by_code: false,
});
const WORK_BY_CODE: Step = Step::Work(Way {
    card: None,
    typed: None,
    by_code: true,
});

const fn type_and_work(typed: &'static str) -> Step {
    Step::Work(Way {
        card: None,
        typed: Some(typed),
        by_code: false,
    })
}

const fn work_by_card(card: Card) -> Step {
    Step::Work(Way {
        card: Some(card),
        typed: None,
        by_code: false,
    })
}

const FIRST_CARD: Card = Card {
    link: "nl.kidskonnect.groep:/setup#tenant=zonnetje",
    shows: "zonnetje",
    moves_to: None,
};
const OTHER_CARD: Card = Card {
    link: "nl.kidskonnect.groep:/setup#tenant=regenboog",
    shows: "regenboog",
    moves_to: Some("regenboog"),
};
const CARD_WITH_A_NAME: Card = Card {
    link: "nl.kidskonnect.groep:/setup#tenant=zonnetje&organisation_name=Het%20Zonnetje&device_label=Blauw%201",
    shows: "Het Zonnetje",
    moves_to: None,
};

const DEFAULT: Story = Story {
    name: "",
    browser: Browser::Link,
    is_managed: true,
    is_personal: false,
    keystore_outlives_app: false,
    before: &[WORK],
    steps: &[],
    sign_ins: 0,
};

/// All stories.
pub const STORIES: [Story; 22] = [
    Story {
        name: "set-up-by-card",
        is_managed: false,
        before: &[],
        steps: &[work_by_card(FIRST_CARD)],
        sign_ins: 1,
        ..DEFAULT
    },
    Story {
        name: "set-up-by-card-and-links-again",
        browser: Browser::LinkAgain,
        is_managed: false,
        before: &[],
        steps: &[work_by_card(FIRST_CARD)],
        sign_ins: 1,
        ..DEFAULT
    },
    Story {
        name: "set-up-by-card-and-a-sheet",
        browser: Browser::Sheet,
        is_managed: false,
        before: &[],
        steps: &[work_by_card(FIRST_CARD)],
        sign_ins: 1,
        ..DEFAULT
    },
    Story {
        name: "set-up-by-hand",
        is_managed: false,
        before: &[],
        steps: &[type_and_work("zonnetje")],
        sign_ins: 1,
        ..DEFAULT
    },
    Story {
        name: "set-up-by-mdm",
        before: &[],
        steps: &[WORK],
        sign_ins: 1,
        ..DEFAULT
    },
    Story {
        name: "device-code",
        before: &[],
        steps: &[WORK_BY_CODE],
        sign_ins: 1,
        ..DEFAULT
    },
    Story {
        name: "morning",
        before: &[WORK, Step::Sleep(15 * HOUR)],
        steps: &[Step::Reopen, WORK],
        ..DEFAULT
    },
    Story {
        name: "morning-after-holidays",
        before: &[WORK, Step::Sleep(40 * DAY)],
        steps: &[Step::Reopen, WORK],
        ..DEFAULT
    },
    Story {
        name: "after-sixty-days",
        before: &[WORK, Step::Sleep(61 * DAY)],
        steps: &[Step::Reopen, WORK],
        sign_ins: 1,
        ..DEFAULT
    },
    Story {
        name: "end-of-the-web-session",
        steps: &[Step::EndWebSession, WORK],
        ..DEFAULT
    },
    Story {
        name: "daily-refresh",
        steps: &[Step::Pass(27 * HOUR), Step::EndWebSession, WORK],
        ..DEFAULT
    },
    Story {
        name: "sign-out",
        steps: &[Step::SignOut, Step::Pass(60), WORK],
        sign_ins: 1,
        ..DEFAULT
    },
    Story {
        name: "sign-out-of-a-personal-account",
        is_personal: true,
        steps: &[Step::SignOut, Step::Pass(60), WORK],
        sign_ins: 1,
        ..DEFAULT
    },
    Story {
        name: "account-type",
        steps: &[
            Step::Assign {
                tenant: "zonnetje",
                personal: true,
            },
            WORK,
            Step::Assign {
                tenant: "zonnetje",
                personal: false,
            },
            WORK,
        ],
        sign_ins: 2,
        ..DEFAULT
    },
    Story {
        name: "organisation-by-mdm",
        steps: &[
            Step::Assign {
                tenant: "regenboog",
                personal: false,
            },
            WORK,
        ],
        sign_ins: 1,
        ..DEFAULT
    },
    Story {
        name: "organisation-by-card",
        is_managed: false,
        before: &[work_by_card(FIRST_CARD)],
        steps: &[work_by_card(OTHER_CARD)],
        sign_ins: 1,
        ..DEFAULT
    },
    Story {
        name: "organisation-by-hand",
        is_managed: false,
        before: &[type_and_work("zonnetje")],
        steps: &[Step::SignOut, type_and_work("regenboog")],
        sign_ins: 1,
        ..DEFAULT
    },
    Story {
        name: "card-with-a-name",
        is_managed: false,
        before: &[work_by_card(FIRST_CARD)],
        steps: &[work_by_card(CARD_WITH_A_NAME)],
        ..DEFAULT
    },
    Story {
        name: "card-with-a-name-and-links-again",
        browser: Browser::LinkAgain,
        is_managed: false,
        before: &[work_by_card(FIRST_CARD)],
        steps: &[work_by_card(CARD_WITH_A_NAME)],
        ..DEFAULT
    },
    Story {
        name: "personal-account-left-alone",
        is_personal: true,
        steps: &[Step::LeaveAlone, WORK],
        sign_ins: 1,
        ..DEFAULT
    },
    Story {
        name: "app-removed",
        steps: &[Step::Reinstall, WORK],
        sign_ins: 1,
        ..DEFAULT
    },
    Story {
        name: "app-removed-and-keystore-kept",
        keystore_outlives_app: true,
        steps: &[Step::Reinstall, WORK],
        sign_ins: 1,
        ..DEFAULT
    },
];
