//! The promises of the state machine, held over any sequence of events.

mod driver;

use std::time::Duration;

use app_state::{
    Action, AppError, AppSettings, Effect, Event, KeystoreResult, NavigationPolicy, Phase, RememberedSession, Screen,
    SessionTransfer, SetupOffer, SignedOutReason, State, StatusInfo,
};
use driver::{
    CALLBACK, GROUP, REQUEST, Tablet, buttons_on_screen, device_code, invalid_settings, not_set_up, other_organisation,
    settings, settings_read, setup_offer, url,
};
use error_codes::{ErrorCode, ErrorKind};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use settings::LoginMethod;

fn any_error() -> impl Strategy<Value = AppError> {
    select(ErrorKind::ON_TABLET).prop_map(|kind| AppError::new(kind, ErrorCode::Timeout))
}

fn any_remembered_session() -> impl Strategy<Value = RememberedSession> {
    prop_oneof![
        Just(RememberedSession::None),
        Just(RememberedSession::ThisOrganisation),
        Just(RememberedSession::OtherOrganisation)
    ]
}

fn any_settings() -> impl Strategy<Value = AppSettings> {
    let login_method = select(
        &[
            LoginMethod::Auto,
            LoginMethod::Browser,
            LoginMethod::InApp,
            LoginMethod::DeviceCode,
        ][..],
    );
    let organisation = prop_oneof![6 => Just(settings()), 2 => Just(other_organisation()), 1 => Just(not_set_up()), 2 => Just(invalid_settings())];
    // The application layer never sends an error together with an organisation. The state machine does not rely on that.
    let error = prop_oneof![9 => Just(None), 1 => any_error().prop_map(Some)];
    (
        organisation,
        error,
        login_method,
        any::<[bool; 2]>(),
        prop::bool::weighted(0.15),
    )
        .prop_map(
            |(settings, error, login_method, [manual_setup, sign_out_allowed], personal)| AppSettings {
                error: settings.error.or(error),
                login_method,
                manual_setup,
                sign_out_allowed,
                personal,
                ..settings
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

fn any_reason() -> impl Strategy<Value = SignedOutReason> {
    select(vec![SignedOutReason::Expired, SignedOutReason::Ended])
}

/// Every variant of [`Event`]. `the_generator_produces_every_event` fails if one is missing.
fn any_event() -> impl Strategy<Value = Event> {
    let keystore_result = prop_oneof![
        Just(KeystoreResult::Session),
        Just(KeystoreResult::Empty),
        any_error().prop_map(KeystoreResult::Unreadable)
    ];
    let info = StatusInfo {
        personal: false,
        days_left: Some(60),
        environment: None,
        version: "0".to_owned(),
        ..StatusInfo::default()
    };
    prop_oneof![
        3 => (any_settings(), any_remembered_session()).prop_map(|(settings, remembered)| Event::Settings { settings: Box::new(settings), remembered }),
        1 => any_error().prop_map(|error| Event::TenantRejected { typed: "x y".to_owned(), error }),
        1 => any::<bool>().prop_map(|moves| Event::SetupLinkOffered(SetupOffer { moves, ..setup_offer() })),
        1 => any_error().prop_map(Event::SetupLinkRefused),
        3 => keystore_result.prop_map(Event::KeystoreRead),
        8 => any_action().prop_map(Event::UserAction),
        3 => Just(Event::AuthorizationRequestReady(url(REQUEST))),
        2 => Just(Event::DeviceCodeReady(device_code())),
        2 => any_error().prop_map(Event::SignInFailed),
        2 => Just(Event::CallbackIgnored),
        2 => Just(Event::Callback(format!("{CALLBACK}?code=1&state=1"))),
        3 => prop_oneof![3 => Just(None), 1 => any_error().prop_map(Some)].prop_map(|unsaved| Event::SignedIn { unsaved }),
        1 => any_error().prop_map(Event::BrowserFailed),
        2 => any_page().prop_map(Event::SessionTransferReady),
        1 => Just(Event::SessionTransferUnsupported),
        1 => any_error().prop_map(Event::SessionUnsaved),
        1 => Just(Event::BrowserClosed),
        1 => Just(Event::SignInPageUntouched),
        2 => any_error().prop_map(Event::SessionTransferDeferred),
        1 => any_reason().prop_map(Event::SessionEnded),
        1 => Just(Event::SessionSaved),
        4 => Just(Event::NavigationIntercepted(url(REQUEST))),
        4 => any_page().prop_map(Event::SiteLoaded),
        2 => (any_error(), select(vec![None, Some(Duration::ZERO), Some(Duration::from_mins(2))]))
            .prop_map(|(error, retry_after)| Event::SiteFailed { error, retry_after }),
        1 => Just(Event::SiteWaitElapsed),
        1 => select(vec![None, Some(ErrorCode::PersonNeeded)]).prop_map(Event::SessionAtRisk),
        1 => (any_error(), any::<bool>()).prop_map(|(error, by_link)| Event::RedirectedAway { error, to: url("https://wifi.example/"), by_link }),
        1 => Just(Event::StatusInfoRead(info)),
        2 => Just(Event::Resumed),
        3 => Just(Event::RetryDue),
        2 => Just(Event::LoopGuardElapsed),
        1 => Just(Event::IdleTimeout),
    ]
}

/// A state to start from. Most sequences from the default state never reach a session.
fn any_start() -> impl Strategy<Value = State> {
    prop_oneof![
        Just(State::default()),
        any_settings().prop_map(|settings| State::default().step(settings_read(settings)).0),
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

/// The effect makes progress. Effects that only tidy up, or that change what covers the screen, do not.
fn makes_progress(effect: &Effect) -> bool {
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

/// The smallest number of taps on buttons on screen, at most `most`, after which a wanted effect comes.
fn taps_to(state: &State, wanted: &dyn Fn(&Effect) -> bool, most: usize) -> Option<usize> {
    let mut front = vec![state.clone()];
    for tap in 1..=most {
        let mut next = vec![];
        for state in front {
            for action in buttons_on_screen(&state) {
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
    let buttons = buttons_on_screen(state);
    if state.offer.is_some() {
        prop_assert_eq!(&buttons, &[Action::UseLink, Action::Cancel]);
        prop_assert!(!effects.contains(&Effect::ShowSite), "the site covers a question");
        for action in buttons {
            prop_assert_eq!(state.clone().step(Event::UserAction(action)).0.offer, None);
        }
        return Ok(());
    }
    if let Phase::Starting { .. } = state.phase {
        // The application layer reads the settings at start. The state machine reads the keystore after that.
        let reading = effects.contains(&Effect::ReadKeystore);
        prop_assert!(
            reading || (matches!(before.phase, Phase::Starting { .. }) && before.settings == state.settings),
            "neither settings nor keystore are being read: {effects:?}"
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
        taps_to(state, &makes_progress, 2).is_some(),
        "two taps lead nowhere from {:?}",
        state.view().screen
    );
    if matches!(state.phase, Phase::SignedOut { .. }) {
        let begins = |effect: &Effect| matches!(effect, Effect::BeginSignIn { .. } | Effect::BeginDeviceFlow);
        prop_assert!(taps_to(state, &begins, 2).is_some(), "S14: two taps begin a sign-in");
    }
    if let Screen::Trouble { retries: true, .. } = state.view().screen
        && before.view() != state.view()
        && matches!(
            before.phase,
            Phase::Starting { .. } | Phase::SigningIn { .. } | Phase::SignedOut { .. }
        )
    {
        prop_assert!(
            effects.iter().any(|effect| matches!(effect, Effect::RetryLater { .. })),
            "a retry is announced but not scheduled"
        );
    }
    Ok(())
}

fn has_a_session(state: &State) -> bool {
    matches!(
        state.phase,
        Phase::SignedIn(_) | Phase::Blocked { session: Some(_), .. }
    )
}

/// The saved state names a session that does not belong to these settings. A personal account leaves none.
fn is_of_old_settings(settings: &AppSettings, remembered: RememberedSession) -> bool {
    match remembered {
        RememberedSession::OtherOrganisation => true,
        RememberedSession::ThisOrganisation => settings.personal,
        RememberedSession::None => false,
    }
}

/// The event may end a session.
fn is_definitive(before: &State, event: &Event) -> bool {
    match event {
        Event::SessionEnded(_) | Event::UserAction(Action::SignOut) => true,
        Event::IdleTimeout => before.settings.personal,
        Event::KeystoreRead(KeystoreResult::Empty) => {
            matches!(&before.phase, Phase::SignedIn(session) if !session.confirmed)
        }
        Event::Settings { settings, remembered } => {
            let same = before
                .settings
                .organisation
                .as_ref()
                .zip(settings.organisation.as_ref())
                .is_some_and(|(a, b)| a.is_same(b));
            // After a start with an invalid setting, the app knows the remembered session, but not its account type.
            let only_remembered =
                before.settings.organisation.is_none() && (settings.personal || settings.organisation.is_none());
            // Only the saved state knew of the session, and now says that it belongs to another organisation or account.
            let of_other_organisation = is_of_old_settings(settings, *remembered)
                && matches!(&before.phase, Phase::Blocked { session: Some(session), .. } if !session.confirmed);
            settings.error.is_none()
                && (of_other_organisation
                    || (!same || before.settings.personal != settings.personal)
                        && (before.settings.organisation.is_some() || only_remembered))
        }
        _ => false,
    }
}

proptest! {
    #![proptest_config(fuzz_support::proptest_config())]

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
    fn an_error_screen_always_has_buttons_and_only_one_that_leaves_work_possible_can_be_dismissed(start in any_start(), events in vec(any_event(), 0..40)) {
        let mut state = start;
        for event in events {
            state = state.step(event).0;
            if let Screen::Trouble { error, buttons, signed_in, .. } = state.view().screen {
                prop_assert!(!buttons.is_empty());
                let stays = matches!(&state.phase, Phase::SignedIn(session) if session.unsaved.is_none() && session.at_risk.is_none());
                prop_assert_eq!(signed_in, stays);
                let dismissible = buttons.contains(&Action::OpenGroup);
                prop_assert!(!dismissible || matches!(error.kind, ErrorKind::KeystoreAbsent | ErrorKind::KeystoreLocked | ErrorKind::KeystoreFailed | ErrorKind::SessionAtRisk));
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
            prop_assert!(!ends || is_definitive(&before, &event), "{event:?} ended the session in {:?}", before.phase);
            let signs_out = effects.contains(&Effect::SignOut);
            let of_other_organisation = matches!(before.phase, Phase::Starting { .. }) && matches!(&event, Event::Settings { settings, remembered } if is_of_old_settings(settings, *remembered));
            prop_assert!(!signs_out || ends || of_other_organisation, "{event:?} signed out");
            state = after;
        }
    }

    #[test]
    fn one_navigation_chain_gets_at_most_one_session_transfer(events in vec(any_event(), 0..60)) {
        let mut state = Tablet::in_group().state;
        let mut requested = 0;
        for event in events {
            let elapsed = event == Event::LoopGuardElapsed;
            let deferred = matches!(event, Event::SessionTransferDeferred(_));
            let (after, effects) = state.step(event);
            let fresh = effects.iter().any(|effect| matches!(effect, Effect::LoadSite(to) if to.path() == "/groep"));
            if deferred || fresh || (elapsed && matches!(&after.phase, Phase::SignedIn(session) if session.loop_guards == 0)) {
                requested = 0;
            }
            requested += effects.iter().filter(|effect| matches!(effect, Effect::RequestSessionTransfer(_))).count();
            prop_assert!(requested <= 1);
            state = after;
        }
    }

    #[test]
    fn a_page_that_redirects_in_a_loop_gets_one_session_transfer_however_long_it_loops(pauses in vec(0_u32..30, 1..200)) {
        // Timers of 30 seconds, on the test's own clock in seconds.
        let (mut state, mut now, mut timers, mut requested) = (Tablet::in_group().state, 0, std::collections::VecDeque::new(), 0);
        for pause in pauses {
            now += pause;
            while timers.front().is_some_and(|due| *due <= now) {
                timers.pop_front();
                state = state.step(Event::LoopGuardElapsed).0;
            }
            // The site redirects to the identity provider, which redirects back to a page that does the same again.
            if let NavigationPolicy::Group { intercept_authorization: true, .. } = state.navigation_policy() {
                let (intercepted, effects) = state.step(Event::NavigationIntercepted(url(REQUEST)));
                requested += effects.iter().filter(|effect| matches!(effect, Effect::RequestSessionTransfer(_))).count();
                state = intercepted.step(Event::SessionTransferReady(url(REQUEST))).0;
            }
            let (loaded, effects) = state.step(Event::SiteLoaded(url(GROUP)));
            timers.extend(effects.iter().filter(|effect| **effect == Effect::StartLoopGuard).map(|_| now + 30));
            state = loaded;
        }
        prop_assert_eq!(requested, 1);
    }

    #[test]
    fn the_site_view_is_closed_unless_signed_in_or_signing_in_inside_the_app(start in any_start(), events in vec(any_event(), 0..40)) {
        let mut state = start;
        for event in events {
            state = state.step(event).0;
            let open = matches!(state.phase, Phase::SignedIn(_)) || matches!(&state.phase, Phase::SigningIn { step, .. } if format!("{step:?}").contains("InApp"));
            prop_assert_eq!(state.navigation_policy() != NavigationPolicy::Closed, open);
        }
    }

    #[test]
    fn a_deferred_session_transfer_is_always_covered_by_an_error(start in any_start(), events in vec(any_event(), 0..40)) {
        let mut state = start;
        for event in events {
            state = state.step(event).0;
            if let Phase::SignedIn(session) = &state.phase {
                prop_assert!(session.transfer != SessionTransfer::Deferred || session.error.is_some());
            }
        }
    }

    /// S15: after any errors, once everything works again, the group view returns without a person, or the screen asks
    /// something that only a person can answer.
    #[test]
    fn once_everything_works_the_group_view_returns_by_itself(start in any_start(), events in vec(any_event(), 0..40)) {
        let mut state = start;
        for event in events {
            state = state.step(event).0;
        }
        if !matches!(state.phase, Phase::SignedIn(_)) {
            return Ok(());
        }
        // An earlier answer of the site may have asked to wait.
        let mut pending = vec![Event::SiteWaitElapsed, Event::SessionAtRisk(None), Event::Resumed];
        for _ in 0..20 {
            let Some(event) = pending.pop() else { break };
            let (after, effects) = state.step(event);
            state = after;
            for effect in effects {
                match effect {
                    Effect::LoadSite(to) => pending.push(Event::SiteLoaded(to)),
                    Effect::SaveSession => pending.push(Event::SessionSaved),
                    Effect::ReadKeystore => pending.push(Event::KeystoreRead(KeystoreResult::Session)),
                    Effect::RetryLater { .. } => pending.insert(0, Event::RetryDue),
                    Effect::WaitForSite { .. } => pending.insert(0, Event::SiteWaitElapsed),
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
fn the_generator_produces_every_event() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..5_000 {
        let event = any_event().new_tree(&mut runner).unwrap().current();
        // A new variant does not compile until it is in this match, and then fails until `any_event` has it.
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
            Event::SiteFailed { .. } => 18,
            Event::RedirectedAway { .. } => 19,
            Event::StatusInfoRead(_) => 20,
            Event::Resumed => 21,
            Event::RetryDue => 22,
            Event::LoopGuardElapsed => 23,
            Event::SetupLinkOffered(_) => 24,
            Event::SetupLinkRefused(_) => 25,
            Event::IdleTimeout => 26,
            Event::SessionUnsaved(_) => 27,
            Event::BrowserClosed => 28,
            Event::SignInPageUntouched => 29,
            Event::SiteWaitElapsed => 30,
            Event::SessionAtRisk(_) => 31,
        });
    }
    assert_eq!(seen.len(), 32);
}
