//! The promises of the state machine, over any sequence of events.

mod driver;

use app_state::{
    Action, AppError, AppSettings, Decision, Effect, ErrorKind, Event, KeystoreResult, LoginMethod, Navigation,
    NavigationPolicy, Phase, Refusal, RememberedSession, Screen, SessionTransfer, SetupOffer, SignedOutReason, State,
    StatusInfo,
};
use driver::{
    CALLBACK, GROUP, REQUEST, Tablet, broken, device_code, elsewhere, not_set_up, offer, pressable, settings, url,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

fn any_fault() -> impl Strategy<Value = AppError> {
    select(&ErrorKind::ALL[..]).prop_map(|problem| AppError::new(problem, "E000"))
}

fn any_noted() -> impl Strategy<Value = RememberedSession> {
    prop_oneof![
        Just(RememberedSession::None),
        Just(RememberedSession::ThisOrganisation),
        Just(RememberedSession::OtherOrganisation)
    ]
}

fn any_ground() -> impl Strategy<Value = AppSettings> {
    let login = select(
        &[
            LoginMethod::Auto,
            LoginMethod::Browser,
            LoginMethod::InApp,
            LoginMethod::DeviceCode,
        ][..],
    );
    let organisation =
        prop_oneof![6 => Just(settings()), 2 => Just(elsewhere()), 1 => Just(not_set_up()), 2 => Just(broken())];
    // A fault with a place is nothing that the shell sends; the state machine does not depend on that.
    let error = prop_oneof![9 => Just(None), 1 => any_fault().prop_map(Some)];
    (
        organisation,
        error,
        login,
        any::<[bool; 2]>(),
        prop::bool::weighted(0.15),
    )
        .prop_map(|(settings, error, login, [manual, sign_out], personal)| AppSettings {
            error: settings.error.clone().or(error),
            login,
            manual,
            sign_out,
            personal,
            ..settings
        })
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

fn any_why() -> impl Strategy<Value = SignedOutReason> {
    select(vec![SignedOutReason::Expired, SignedOutReason::Ended])
}

/// Every variant of [`Event`]: a new one that is missing here is missed by `every_event_is_tried`.
fn any_event() -> impl Strategy<Value = Event> {
    let found = prop_oneof![
        Just(KeystoreResult::Session),
        Just(KeystoreResult::Empty),
        any_fault().prop_map(KeystoreResult::Unreadable)
    ];
    let facts = StatusInfo {
        personal: false,
        days_left: Some(60),
        environment: None,
        version: "0".to_owned(),
        ..StatusInfo::default()
    };
    prop_oneof![
        3 => (any_ground(), any_noted()).prop_map(|(settings, remembered)| Event::Settings { settings: Box::new(settings), remembered }),
        1 => any_fault().prop_map(|error| Event::TenantRejected { typed: "x y".to_owned(), error }),
        1 => any::<bool>().prop_map(|moves| Event::SetupLinkOffered(SetupOffer { moves, ..offer() })),
        1 => any_fault().prop_map(Event::SetupLinkRefused),
        3 => found.prop_map(Event::KeystoreRead),
        8 => any_action().prop_map(Event::UserAction),
        3 => Just(Event::AuthorizationRequestReady(url(REQUEST))),
        2 => Just(Event::DeviceCodeReady(device_code())),
        2 => any_fault().prop_map(Event::SignInFailed),
        2 => Just(Event::CallbackIgnored),
        2 => Just(Event::Callback(format!("{CALLBACK}?code=1&state=1"))),
        3 => prop_oneof![3 => Just(None), 1 => any_fault().prop_map(Some)].prop_map(|unsaved| Event::SignedIn { unsaved }),
        1 => any_fault().prop_map(Event::BrowserFailed),
        2 => any_page().prop_map(Event::SessionTransferReady),
        1 => Just(Event::SessionTransferUnsupported),
        2 => any_fault().prop_map(Event::SessionTransferDeferred),
        1 => any_why().prop_map(Event::SessionEnded),
        1 => Just(Event::SessionSaved),
        4 => Just(Event::NavigationIntercepted(url(REQUEST))),
        4 => any_page().prop_map(Event::SiteLoaded),
        2 => any_fault().prop_map(Event::SiteFailed),
        1 => (any_fault(), any::<bool>()).prop_map(|(error, link)| Event::RedirectedAway { error, to: url("https://wifi.example/"), link }),
        1 => Just(Event::StatusInfoRead(facts)),
        2 => Just(Event::Resumed),
        3 => Just(Event::RetryDue),
        2 => Just(Event::LoopGuardElapsed),
        1 => Just(Event::IdleTimeout),
    ]
}

/// A start that gets somewhere: most sequences from nothing do not.
fn any_start() -> impl Strategy<Value = State> {
    prop_oneof![
        Just(State::default()),
        any_ground().prop_map(|settings| State::default().step(settings_read(settings)).0),
        Just(Tablet::signed_out().state),
        Just(
            Tablet::signed_out()
                .press(Action::SignIn)
                .after(Event::AuthorizationRequestReady(url(REQUEST)))
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
            | Effect::ReadStatusInfo
            | Effect::RememberSession(_)
            | Effect::CancelSignIn
            | Effect::StartLoopGuard
            | Effect::KeepSessionAlive
            | Effect::OpenExternally(_)
    )
}

/// Somebody who presses what is on screen gets on within so many taps.
fn taps(state: &State, wanted: &dyn Fn(&Effect) -> bool, most: usize) -> Option<usize> {
    let mut front = vec![state.clone()];
    for tap in 1..=most {
        let mut next = vec![];
        for state in front {
            for action in pressable(&state) {
                let (after, effects) = state.clone().step(Event::UserAction(action));
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
            prop_assert_eq!(state.clone().step(Event::UserAction(action)).0.offer, None);
        }
        return Ok(());
    }
    if let Phase::Starting { .. } = state.stage {
        // The settings are read at the start of the app; after them, the keystore.
        let reading = effects.contains(&Effect::ReadKeystore);
        prop_assert!(
            reading || (matches!(before.stage, Phase::Starting { .. }) && before.settings == state.settings),
            "nothing is read: {effects:?}"
        );
        return Ok(());
    }
    prop_assert!(!buttons.is_empty(), "no button");
    for action in &buttons {
        prop_assert!(state.offers(action), "{action:?} is on screen but not on offer");
        let (after, effects) = state.clone().step(Event::UserAction(action.clone()));
        prop_assert!(after != *state || !effects.is_empty(), "{action:?} does nothing");
    }
    prop_assert!(
        taps(state, &gets_on, 2).is_some(),
        "two taps lead nowhere from {:?}",
        state.view().screen
    );
    if matches!(state.stage, Phase::SignedOut { .. }) {
        let form = |effect: &Effect| matches!(effect, Effect::BeginSignIn { .. } | Effect::BeginDeviceFlow);
        prop_assert!(taps(state, &form, 2).is_some(), "S14: two taps to the form");
    }
    if let Screen::Trouble { retries: true, .. } = state.view().screen
        && before.view() != state.view()
        && matches!(
            before.stage,
            Phase::Starting { .. } | Phase::SigningIn { .. } | Phase::SignedOut { .. }
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
    matches!(
        state.stage,
        Phase::SignedIn(_) | Phase::Blocked { session: Some(_), .. }
    )
}

/// What may end a session.
fn is_definitive(before: &State, event: &Event) -> bool {
    match event {
        Event::SessionEnded(_) | Event::UserAction(Action::SignOut) => true,
        Event::IdleTimeout => before.settings.personal,
        Event::KeystoreRead(KeystoreResult::Empty) => {
            matches!(&before.stage, Phase::SignedIn(signed) if !signed.confirmed)
        }
        Event::Settings { settings, remembered } => {
            let same = before
                .settings
                .organisation
                .as_ref()
                .zip(settings.organisation.as_ref())
                .is_some_and(|(a, b)| a.same(b));
            // A start with a fault knows only what was noted, and nothing of whose account it is.
            let guessed =
                before.settings.organisation.is_none() && (settings.personal || settings.organisation.is_none());
            // Only the app's own note knew of the session, and it says now that it is of another place.
            let elsewhere = *remembered == RememberedSession::OtherOrganisation
                && matches!(&before.stage, Phase::Blocked { session: Some(session), .. } if !session.confirmed);
            settings.error.is_none()
                && (elsewhere
                    || (!same || before.settings.personal != settings.personal)
                        && (before.settings.organisation.is_some() || guessed))
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
            if let Screen::Trouble { error, buttons, signed_in, .. } = state.view().screen {
                prop_assert!(!buttons.is_empty());
                prop_assert_eq!(signed_in, matches!(&state.stage, Phase::SignedIn(signed) if signed.unsaved.is_none()));
                let waved = buttons.contains(&Action::OpenGroup);
                prop_assert!(!waved || matches!(error.kind, ErrorKind::KeystoreAbsent | ErrorKind::KeystoreLocked | ErrorKind::KeystoreFailed));
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
            let left_behind = matches!(before.stage, Phase::Starting { .. }) && matches!(&event, Event::Settings { remembered: RememberedSession::OtherOrganisation, .. });
            prop_assert!(!forgets || ends || left_behind, "{event:?} forgot the session");
            state = after;
        }
    }

    #[test]
    fn one_navigation_chain_has_at_most_one_hand_off(events in vec(any_event(), 0..60)) {
        let mut state = Tablet::in_group().state;
        let mut chain = 0;
        for event in events {
            let settled = event == Event::LoopGuardElapsed;
            let kept = matches!(event, Event::SessionTransferDeferred(_));
            let (after, effects) = state.step(event);
            let fresh = effects.iter().any(|effect| matches!(effect, Effect::LoadSite(to) if to.path() == "/groep"));
            if kept || fresh || (settled && matches!(&after.stage, Phase::SignedIn(signed) if signed.loop_guards == 0)) {
                chain = 0;
            }
            chain += effects.iter().filter(|effect| matches!(effect, Effect::RequestSessionTransfer(_))).count();
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
                state = state.step(Event::LoopGuardElapsed).0;
            }
            // Konnect sends the web view to the identity server, which sends it back to a page that does so again.
            if let NavigationPolicy::Group { transfer: true, .. } = state.policy() {
                let (held, effects) = state.step(Event::NavigationIntercepted(url(REQUEST)));
                minted += effects.iter().filter(|effect| matches!(effect, Effect::RequestSessionTransfer(_))).count();
                state = held.step(Event::SessionTransferReady(url(REQUEST))).0;
            }
            let (loaded, effects) = state.step(Event::SiteLoaded(url(GROUP)));
            timers.extend(effects.iter().filter(|effect| **effect == Effect::StartLoopGuard).map(|_| now + 30));
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
            let open = matches!(state.stage, Phase::SignedIn(_)) || matches!(&state.stage, Phase::SigningIn { step, .. } if format!("{step:?}").contains("InApp"));
            prop_assert_eq!(policy != NavigationPolicy::Closed, open);
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
            if let Phase::SignedIn(signed) = &state.stage {
                prop_assert!(signed.transfer != SessionTransfer::Deferred || signed.trouble.is_some());
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
        if !matches!(state.stage, Phase::SignedIn(_)) {
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
                    Effect::SaveSession => waiting.push(Event::SessionSaved),
                    Effect::ReadKeystore => waiting.push(Event::KeystoreRead(KeystoreResult::Session)),
                    Effect::RetryLater { .. } => waiting.insert(0, Event::RetryDue),
                    _ => {}
                }
            }
        }
        let screen = state.view().screen;
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
            Event::TenantRejected { .. } => 1,
            Event::KeystoreRead(_) => 2,
            Event::UserAction(_) => 3,
            Event::AuthorizationRequestReady(_) => 4,
            Event::DeviceCodeReady(_) => 5,
            Event::SignInFailed(_) => 6,
            Event::CallbackIgnored => 7,
            Event::Callback(_) => 8,
            Event::SignedIn { .. } => 9,
            Event::BrowserFailed(_) => 10,
            Event::SessionTransferReady(_) => 11,
            Event::SessionTransferUnsupported => 12,
            Event::SessionTransferDeferred(_) => 13,
            Event::SessionEnded(_) => 14,
            Event::SessionSaved => 15,
            Event::NavigationIntercepted(_) => 16,
            Event::SiteLoaded(_) => 17,
            Event::SiteFailed(_) => 18,
            Event::RedirectedAway { .. } => 19,
            Event::StatusInfoRead(_) => 20,
            Event::Resumed => 21,
            Event::RetryDue => 22,
            Event::LoopGuardElapsed => 23,
            Event::SetupLinkOffered(_) => 24,
            Event::SetupLinkRefused(_) => 25,
            Event::IdleTimeout => 26,
        });
    }
    assert_eq!(seen.len(), 27);
}
