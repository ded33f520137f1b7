//! The promises of the state machine, over any sequence of events.

mod tablet;

use app_state::{
    Action, Decision, Effect, Event, Facts, Fault, Found, Ground, HandOff, LoginMethod, Navigation, Noted, Offer,
    Policy, Problem, Refusal, Screen, SignedOutWhy, Stage, State,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tablet::{
    CALLBACK, GROUP, REQUEST, Tablet, broken, device_code, elsewhere, ground, not_set_up, offer, pressable, settings,
    url,
};

fn any_fault() -> impl Strategy<Value = Fault> {
    select(&Problem::ALL[..]).prop_map(|problem| Fault::new(problem, "E000"))
}

fn any_noted() -> impl Strategy<Value = Noted> {
    prop_oneof![Just(Noted::Nothing), Just(Noted::Here), Just(Noted::Elsewhere)]
}

fn any_ground() -> impl Strategy<Value = Ground> {
    let login = select(
        &[
            LoginMethod::Auto,
            LoginMethod::Browser,
            LoginMethod::InApp,
            LoginMethod::DeviceCode,
        ][..],
    );
    let place = prop_oneof![6 => Just(ground()), 2 => Just(elsewhere()), 1 => Just(not_set_up()), 2 => Just(broken())];
    // A fault with a place is nothing that the shell sends; the state machine does not depend on that.
    let fault = prop_oneof![9 => Just(None), 1 => any_fault().prop_map(Some)];
    (place, fault, login, any::<[bool; 2]>(), prop::bool::weighted(0.15)).prop_map(
        |(ground, fault, login, [manual, sign_out], personal)| Ground {
            fault: ground.fault.clone().or(fault),
            login,
            manual,
            sign_out,
            personal,
            ..ground
        },
    )
}

fn any_action() -> impl Strategy<Value = Action> {
    select(vec![
        Action::SetTenant {
            typed: "zonnetje".to_owned(),
        },
        Action::ChangeOrganisation,
        Action::SignIn,
        Action::SignInHere,
        Action::SignInWithCode,
        Action::OpenBrowserAgain,
        Action::Cancel,
        Action::Retry,
        Action::OpenGroup,
        Action::ShowStatus,
        Action::AskSignOut,
        Action::SignOut,
        Action::UseLink,
    ])
}

fn any_page() -> impl Strategy<Value = url::Url> {
    select(vec![
        GROUP,
        "https://zonnetje.ouderportaal.nl/callback?code=1",
        REQUEST,
        "https://login.kidskonnect.example/u/login",
    ])
    .prop_map(url)
}

fn any_why() -> impl Strategy<Value = SignedOutWhy> {
    select(vec![SignedOutWhy::Expired, SignedOutWhy::Ended])
}

/// Every variant of [`Event`]: a new one that is missing here is missed by `every_event_is_tried`.
fn any_event() -> impl Strategy<Value = Event> {
    let found = prop_oneof![
        Just(Found::Session),
        Just(Found::Nothing),
        any_fault().prop_map(Found::Unreadable)
    ];
    let facts = Facts {
        personal: false,
        days_left: Some(60),
        environment: None,
        version: "0".to_owned(),
        ..Facts::default()
    };
    prop_oneof![
        3 => (any_ground(), any_noted()).prop_map(|(ground, noted)| Event::Settings { ground: Box::new(ground), noted }),
        1 => any_fault().prop_map(|fault| Event::TenantRefused { typed: "x y".to_owned(), fault }),
        1 => any::<bool>().prop_map(|moves| Event::LinkOffered(Offer { moves, ..offer() })),
        1 => any_fault().prop_map(Event::LinkRefused),
        3 => found.prop_map(Event::Keystore),
        8 => any_action().prop_map(Event::Person),
        3 => Just(Event::AuthorizeReady(url(REQUEST))),
        2 => Just(Event::CodeReady(device_code())),
        2 => any_fault().prop_map(Event::SignInFailed),
        2 => Just(Event::CallbackIgnored),
        2 => Just(Event::Callback(format!("{CALLBACK}?code=1&state=1"))),
        3 => prop_oneof![3 => Just(None), 1 => any_fault().prop_map(Some)].prop_map(|unsaved| Event::SignedIn { unsaved }),
        1 => any_fault().prop_map(Event::BrowserFailed),
        2 => any_page().prop_map(Event::HandOffReady),
        1 => Just(Event::HandOffMissing),
        2 => any_fault().prop_map(Event::HandOffKept),
        1 => any_why().prop_map(Event::SessionOver),
        1 => Just(Event::Saved),
        4 => Just(Event::Held(url(REQUEST))),
        4 => any_page().prop_map(Event::SiteLoaded),
        2 => any_fault().prop_map(Event::SiteFailed),
        1 => (any_fault(), any::<bool>()).prop_map(|(fault, link)| Event::SiteLedAstray { fault, to: url("https://wifi.example/"), link }),
        1 => Just(Event::Facts(facts)),
        2 => Just(Event::Resumed),
        3 => Just(Event::RetryDue),
        2 => Just(Event::Settled),
        1 => Just(Event::Idle),
    ]
}

/// A start that gets somewhere: most sequences from nothing do not.
fn any_start() -> impl Strategy<Value = State> {
    prop_oneof![
        Just(State::default()),
        any_ground().prop_map(|ground| State::default().step(settings(ground)).0),
        Just(Tablet::signed_out().state),
        Just(
            Tablet::signed_out()
                .press(Action::SignIn)
                .after(Event::AuthorizeReady(url(REQUEST)))
                .state
        ),
        Just(Tablet::in_group().state),
    ]
}

/// Something that gets on: not another page of the same riddle.
fn gets_on(effect: &Effect) -> bool {
    !matches!(
        effect,
        Effect::HideSite
            | Effect::CloseSite
            | Effect::ClearSite
            | Effect::ReadFacts
            | Effect::Note(_)
            | Effect::CancelSignIn
            | Effect::Settle
            | Effect::KeepAlive
            | Effect::OpenOutside(_)
    )
}

/// Somebody who presses what is on screen gets on within so many taps.
fn taps(state: &State, wanted: &dyn Fn(&Effect) -> bool, most: usize) -> Option<usize> {
    let mut front = vec![state.clone()];
    for tap in 1..=most {
        let mut next = vec![];
        for state in front {
            for action in pressable(&state) {
                let (after, effects) = state.clone().step(Event::Person(action));
                if effects.iter().any(wanted) {
                    return Some(tap);
                }
                next.push(after);
            }
        }
        front = next;
    }
    None
}

fn has_a_way_forward(state: &State, before: &State, effects: &[Effect]) -> Result<(), TestCaseError> {
    let buttons = pressable(state);
    if state.offer.is_some() {
        prop_assert_eq!(&buttons, &[Action::UseLink, Action::Cancel]);
        prop_assert!(!effects.contains(&Effect::ShowSite), "the site covers a question");
        for action in buttons {
            prop_assert_eq!(state.clone().step(Event::Person(action)).0.offer, None);
        }
        return Ok(());
    }
    if let Stage::Starting { .. } = state.stage {
        // The settings are read at the start of the app; after them, the keystore.
        let reading = effects.contains(&Effect::ReadKeystore);
        prop_assert!(
            reading || (matches!(before.stage, Stage::Starting { .. }) && before.ground == state.ground),
            "nothing is read: {effects:?}"
        );
        return Ok(());
    }
    prop_assert!(!buttons.is_empty(), "no button");
    for action in &buttons {
        prop_assert!(state.offers(action), "{action:?} is on screen but not on offer");
        let (after, effects) = state.clone().step(Event::Person(action.clone()));
        prop_assert!(after != *state || !effects.is_empty(), "{action:?} does nothing");
    }
    prop_assert!(
        taps(state, &gets_on, 2).is_some(),
        "two taps lead nowhere from {:?}",
        state.shown().screen
    );
    if matches!(state.stage, Stage::SignedOut { .. }) {
        let form = |effect: &Effect| matches!(effect, Effect::BeginSignIn { .. } | Effect::BeginCode);
        prop_assert!(taps(state, &form, 2).is_some(), "S14: two taps to the form");
    }
    if let Screen::Trouble { retries: true, .. } = state.shown().screen
        && before.shown() != state.shown()
        && matches!(
            before.stage,
            Stage::Starting { .. } | Stage::SigningIn { .. } | Stage::SignedOut { .. }
        )
    {
        prop_assert!(
            effects.iter().any(|effect| matches!(effect, Effect::RetryLater { .. })),
            "a retry is promised but not due"
        );
    }
    Ok(())
}

fn has_a_session(state: &State) -> bool {
    matches!(state.stage, Stage::Signed(_) | Stage::Blocked { session: Some(_), .. })
}

/// What may end a session.
fn is_definitive(before: &State, event: &Event) -> bool {
    match event {
        Event::SessionOver(_) | Event::Person(Action::SignOut) => true,
        Event::Idle => before.ground.personal,
        Event::Keystore(Found::Nothing) => matches!(&before.stage, Stage::Signed(signed) if !signed.known),
        Event::Settings { ground, noted } => {
            let same = before
                .ground
                .place
                .as_ref()
                .zip(ground.place.as_ref())
                .is_some_and(|(a, b)| a.same(b));
            // A start with a fault knows only what was noted, and nothing of whose account it is.
            let guessed = before.ground.place.is_none() && (ground.personal || ground.place.is_none());
            // Only the app's own note knew of the session, and it says now that it is of another place.
            let elsewhere = *noted == Noted::Elsewhere
                && matches!(&before.stage, Stage::Blocked { session: Some(session), .. } if !session.known);
            ground.fault.is_none()
                && (elsewhere
                    || (!same || before.ground.personal != ground.personal)
                        && (before.ground.place.is_some() || guessed))
        }
        _ => false,
    }
}

proptest! {
    #![proptest_config(fuzz_support::properties())]

    #[test]
    fn every_screen_has_a_way_forward(start in any_start(), events in vec(any_event(), 0..40)) {
        let mut state = start;
        for event in events {
            let before = state.clone();
            let (after, effects) = state.step(event);
            has_a_way_forward(&after, &before, &effects)?;
            state = after;
        }
    }

    #[test]
    fn a_trouble_always_has_buttons_and_is_waved_away_only_where_work_goes_on(start in any_start(), events in vec(any_event(), 0..40)) {
        let mut state = start;
        for event in events {
            state = state.step(event).0;
            if let Screen::Trouble { fault, buttons, signed_in, .. } = state.shown().screen {
                prop_assert!(!buttons.is_empty());
                prop_assert_eq!(signed_in, matches!(&state.stage, Stage::Signed(signed) if signed.unsaved.is_none()));
                let waved = buttons.contains(&Action::OpenGroup);
                prop_assert!(!waved || matches!(fault.problem, Problem::KeystoreAbsent | Problem::KeystoreLocked | Problem::KeystoreFailed));
            }
        }
    }

    #[test]
    fn a_session_ends_only_by_a_definitive_answer_changed_settings_or_a_person(start in any_start(), events in vec(any_event(), 0..40)) {
        let mut state = start;
        for event in events {
            let before = state.clone();
            let (after, effects) = state.step(event.clone());
            let ends = has_a_session(&before) && !has_a_session(&after);
            prop_assert!(!ends || is_definitive(&before, &event), "{event:?} ended the session in {:?}", before.stage);
            let forgets = effects.contains(&Effect::SignOut);
            let left_behind = matches!(before.stage, Stage::Starting { .. }) && matches!(&event, Event::Settings { noted: Noted::Elsewhere, .. });
            prop_assert!(!forgets || ends || left_behind, "{event:?} forgot the session");
            state = after;
        }
    }

    #[test]
    fn one_navigation_chain_has_at_most_one_hand_off(events in vec(any_event(), 0..60)) {
        let mut state = Tablet::in_group().state;
        let mut chain = 0;
        for event in events {
            let settled = event == Event::Settled;
            let kept = matches!(event, Event::HandOffKept(_));
            let (after, effects) = state.step(event);
            let fresh = effects.iter().any(|effect| matches!(effect, Effect::LoadSite(to) if to.path() == "/groep"));
            if kept || fresh || (settled && matches!(&after.stage, Stage::Signed(signed) if signed.settling == 0)) {
                chain = 0;
            }
            chain += effects.iter().filter(|effect| matches!(effect, Effect::HandOff(_))).count();
            prop_assert!(chain <= 1);
            state = after;
        }
    }

    #[test]
    fn a_page_that_loops_gets_one_hand_off_however_long_it_loops(pauses in vec(0_u32..30, 1..200)) {
        // Timers of half a minute, in seconds of the test's own clock.
        let (mut state, mut now, mut timers, mut minted) = (Tablet::in_group().state, 0, std::collections::VecDeque::new(), 0);
        for pause in pauses {
            now += pause;
            while timers.front().is_some_and(|due| *due <= now) {
                timers.pop_front();
                state = state.step(Event::Settled).0;
            }
            // Konnect sends the web view to the identity server, which sends it back to a page that does so again.
            if let Policy::Group { hand_off: true, .. } = state.policy() {
                let (held, effects) = state.step(Event::Held(url(REQUEST)));
                minted += effects.iter().filter(|effect| matches!(effect, Effect::HandOff(_))).count();
                state = held.step(Event::HandOffReady(url(REQUEST))).0;
            }
            let (loaded, effects) = state.step(Event::SiteLoaded(url(GROUP)));
            timers.extend(effects.iter().filter(|effect| **effect == Effect::Settle).map(|_| now + 30));
            state = loaded;
        }
        prop_assert_eq!(minted, 1);
    }

    #[test]
    fn the_site_view_is_closed_unless_signed_in_or_signing_in_inside_the_app(start in any_start(), events in vec(any_event(), 0..40)) {
        let mut state = start;
        for event in events {
            state = state.step(event).0;
            let policy = state.policy();
            let open = matches!(state.stage, Stage::Signed(_)) || matches!(&state.stage, Stage::SigningIn { way, .. } if format!("{way:?}").contains("InApp"));
            prop_assert_eq!(policy != Policy::Closed, open);
            if !open {
                let decision = policy.decide(&Navigation { url: url(GROUP), popup: false });
                prop_assert_eq!(decision, Decision::Refuse(Refusal::Closed));
            }
        }
    }

    #[test]
    fn a_hand_off_that_waits_for_its_retry_is_always_behind_a_trouble(start in any_start(), events in vec(any_event(), 0..40)) {
        let mut state = start;
        for event in events {
            state = state.step(event).0;
            if let Stage::Signed(signed) = &state.stage {
                prop_assert!(signed.hand_off != HandOff::Kept || signed.trouble.is_some());
            }
        }
    }

    /// S15: whatever went wrong, once everything works again the group view is back with nobody's help, or a person is
    /// asked something that only a person can answer.
    #[test]
    fn once_everything_works_the_group_view_returns_by_itself(start in any_start(), events in vec(any_event(), 0..40)) {
        let mut state = start;
        for event in events {
            state = state.step(event).0;
        }
        if !matches!(state.stage, Stage::Signed(_)) {
            return Ok(());
        }
        let mut waiting = vec![Event::Resumed];
        for _ in 0..20 {
            let Some(event) = waiting.pop() else { break };
            let (after, effects) = state.step(event);
            state = after;
            for effect in effects {
                match effect {
                    Effect::LoadSite(to) => waiting.push(Event::SiteLoaded(to)),
                    Effect::Save => waiting.push(Event::Saved),
                    Effect::ReadKeystore => waiting.push(Event::Keystore(Found::Session)),
                    Effect::RetryLater { .. } => waiting.insert(0, Event::RetryDue),
                    _ => {}
                }
            }
        }
        let screen = state.shown().screen;
        let open = matches!(screen, Screen::Group { .. } | Screen::Status { .. } | Screen::SetUpLink { .. });
        prop_assert!(open, "{screen:?}");
    }
}

#[test]
fn every_event_is_tried() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..5_000 {
        let event = any_event().new_tree(&mut runner).unwrap().current();
        // A new variant does not compile here until it is in `any_event` too.
        seen.insert(match event {
            Event::Settings { .. } => 0,
            Event::TenantRefused { .. } => 1,
            Event::Keystore(_) => 2,
            Event::Person(_) => 3,
            Event::AuthorizeReady(_) => 4,
            Event::CodeReady(_) => 5,
            Event::SignInFailed(_) => 6,
            Event::CallbackIgnored => 7,
            Event::Callback(_) => 8,
            Event::SignedIn { .. } => 9,
            Event::BrowserFailed(_) => 10,
            Event::HandOffReady(_) => 11,
            Event::HandOffMissing => 12,
            Event::HandOffKept(_) => 13,
            Event::SessionOver(_) => 14,
            Event::Saved => 15,
            Event::Held(_) => 16,
            Event::SiteLoaded(_) => 17,
            Event::SiteFailed(_) => 18,
            Event::SiteLedAstray { .. } => 19,
            Event::Facts(_) => 20,
            Event::Resumed => 21,
            Event::RetryDue => 22,
            Event::Settled => 23,
            Event::LinkOffered(_) => 24,
            Event::LinkRefused(_) => 25,
            Event::Idle => 26,
        });
    }
    assert_eq!(seen.len(), 27);
}
