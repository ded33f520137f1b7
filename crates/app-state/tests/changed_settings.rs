//! Settings that are invalid, removed or of another organisation, and what the correction brings back.
#![allow(clippy::unwrap_used, reason = "test code only")]

mod driver;

use app_state::{
    Action, AppSettings, Effect, Event, KeystoreResult, NavigationPolicy, RetryPace, Screen, SessionTransfer,
    SignedOutReason,
};
use driver::{
    GROUP, REQUEST, Tablet, callback, error, invalid_settings, load_site, not_set_up, other_organisation, retry_later,
    retry_seldom, session_transfer, settings, settings_read, settings_read_with_session, site_failed, url,
};
use error_codes::{ErrorCode, ErrorKind};
use settings::{Language, LoginMethod};

// Settings that change

#[test]
fn another_organisation_in_the_settings_ends_the_session_with_a_reason() {
    let tablet = Tablet::in_group().after(settings_read(other_organisation()));
    let expected = [
        Effect::SignOut,
        Effect::CloseSite,
        Effect::RememberSession(false),
        Effect::ClearSite,
        Effect::CancelSignIn,
    ];
    tablet
        .expect_effects(&expected)
        .expect_sign_in_screen(SignedOutReason::Changed);
}

#[test]
fn settings_of_the_same_organisation_change_nothing() {
    let renamed = {
        let mut settings = AppSettings {
            language: Language::En,
            login_method: LoginMethod::InApp,
            ..settings()
        };
        settings.organisation.as_mut().unwrap().name = "Kinderopvang Zonnetje".to_owned();
        settings
    };
    let tablet = Tablet::in_group().after(settings_read(renamed)).expect_effects(&[]);
    assert_eq!(
        tablet.screen(),
        Screen::Group {
            organisation: "Kinderopvang Zonnetje".to_owned()
        }
    );
}

#[test]
fn settings_that_are_removed_end_the_session() {
    let tablet = Tablet::in_group()
        .after(settings_read(not_set_up()))
        .expect_screen("not_set_up");
    assert!(tablet.effects.contains(&Effect::SignOut) && tablet.effects.contains(&retry_seldom()));
}

#[test]
fn an_invalid_security_setting_blocks_the_group_view_and_a_correction_brings_it_back_unchanged() {
    let before = Tablet::in_group();
    let phase = before.state.phase.clone();
    let tablet = before
        .after(settings_read(invalid_settings()))
        .expect_effects(&[Effect::HideSite, retry_later(RetryPace::Tablet, 0)])
        .expect_error_screen(ErrorKind::SettingsInvalid, &[Action::Retry]);
    assert_eq!(tablet.state.navigation_policy(), NavigationPolicy::Closed);
    // Reading the same invalid setting again and again does not end the session.
    let tablet = tablet
        .after(Event::RetryDue)
        .expect_effects(&[Effect::ReadSettings])
        .after(settings_read(invalid_settings()))
        .expect_effects(&[retry_seldom()]);
    let tablet = tablet
        .after(settings_read(settings()))
        .expect_effects(&[Effect::ShowSite]);
    assert_eq!(
        tablet.state.phase, phase,
        "the page must not reload, so that what somebody typed into it stays"
    );
}

#[test]
fn a_correction_of_an_invalid_security_setting_at_start_signs_nobody_out() {
    let tablet = Tablet::default()
        .after(settings_read_with_session(invalid_settings()))
        .expect_screen("trouble")
        .after(settings_read_with_session(settings()));
    let tablet = tablet
        .expect_effects(&[load_site(GROUP), Effect::ShowSite, Effect::ReadKeystore])
        .expect_screen("group");
    tablet
        .after(Event::KeystoreRead(KeystoreResult::Session))
        .expect_screen("group");
}

#[test]
fn an_invalid_setting_that_is_corrected_to_another_organisation_ends_the_session() {
    let tablet = Tablet::in_group()
        .after(settings_read(invalid_settings()))
        .after(settings_read(invalid_settings()))
        .after(settings_read(other_organisation()));
    assert!(tablet.effects.contains(&Effect::SignOut) && tablet.effects.contains(&Effect::ClearSite));
    tablet.expect_sign_in_screen(SignedOutReason::Changed);
}

#[test]
fn a_session_that_ends_behind_an_invalid_setting_is_gone_after_the_correction() {
    let tablet = Tablet::in_group()
        .after(settings_read(invalid_settings()))
        .after(Event::SessionEnded(SignedOutReason::Ended));
    let tablet = tablet
        .expect_effects(&[Effect::CloseSite, Effect::RememberSession(false), Effect::ClearSite])
        .expect_screen("trouble");
    tablet
        .after(settings_read(settings()))
        .expect_effects(&[Effect::ReadKeystore])
        .after(Event::KeystoreRead(KeystoreResult::Empty))
        .expect_screen("sign_in");
}

#[test]
fn a_session_transfer_that_an_invalid_setting_interrupted_starts_again() {
    let tablet = Tablet::in_group()
        .after(Event::NavigationIntercepted(url(REQUEST)))
        .after(settings_read(invalid_settings()))
        .after(Event::SessionTransferReady(url(REQUEST)));
    let tablet = tablet
        .expect_effects(&[])
        .after(settings_read(settings()))
        .expect_effects(&[load_site(GROUP), Effect::ShowSite]);
    assert_eq!(session_transfer(&tablet), SessionTransfer::Ready);
}

#[test]
fn a_session_that_the_keystore_refused_is_saved_while_a_setting_is_invalid_however_long_it_stays_so() {
    let refused = || Event::SessionUnsaved(error(ErrorKind::KeystoreFailed));
    let blocked = |tablet: Tablet| tablet.after(settings_read(invalid_settings()));
    // Refused before the setting became invalid, and after.
    for tablet in [
        blocked(Tablet::in_group().after(refused())),
        blocked(Tablet::in_group()).after(refused()),
    ] {
        assert!(
            tablet
                .effects
                .iter()
                .any(|effect| matches!(effect, Effect::SaveSession | Effect::RetryLater { .. })),
            "{:?}",
            tablet.effects
        );
        // Whatever makes the settings be read again: a retry, somebody who opens the tablet or presses a button.
        for event in [Event::RetryDue, Event::Resumed, Event::UserAction(Action::Retry)] {
            let tablet = tablet.clone().after(event).expect_effects(&[Effect::ReadSettings]);
            let tablet = tablet.after(settings_read(invalid_settings()));
            assert!(tablet.effects.contains(&Effect::SaveSession), "{:?}", tablet.effects);
        }
        let tablet = tablet.after(Event::SessionSaved);
        let tablet = tablet.expect_effects(&[Effect::RememberSession(true)]);
        let tablet = tablet.after(settings_read(invalid_settings()));
        assert!(!tablet.effects.contains(&Effect::SaveSession), "{:?}", tablet.effects);
        let tablet = tablet.after(Event::SessionSaved).expect_effects(&[]);
        tablet.after(settings_read(settings())).expect_screen("group");
    }
}

#[test]
fn what_stops_the_renewal_of_the_session_is_shown_when_the_setting_is_corrected() {
    let risk = Event::SessionAtRisk(Some(ErrorCode::PersonNeeded));
    let tablet = Tablet::in_group().after(settings_read(invalid_settings())).after(risk);
    let tablet = tablet.expect_effects(&[]).after(settings_read(settings()));
    tablet
        .expect_effects(&[Effect::HideSite])
        .expect_error_screen(ErrorKind::SessionAtRisk, &[Action::OpenGroup, Action::ShowStatus]);
}

#[test]
fn an_invalid_setting_cancels_a_sign_in() {
    let tablet = Tablet::in_browser()
        .after(settings_read(invalid_settings()))
        .expect_effects(&[
            Effect::CancelSignIn,
            Effect::CloseSite,
            retry_later(RetryPace::Tablet, 0),
        ])
        .expect_screen("trouble");
    tablet
        .after(callback())
        .expect_effects(&[])
        .after(settings_read(settings()))
        .expect_effects(&[Effect::ReadKeystore]);
}

#[test]
fn settings_of_another_organisation_cancel_a_sign_in() {
    let tablet = Tablet::in_browser().after(settings_read(other_organisation()));
    tablet
        .expect_effects(&[Effect::CancelSignIn, Effect::CloseSite, Effect::ReadKeystore])
        .expect_screen("starting");
}

#[test]
fn a_site_that_failed_behind_an_invalid_setting_is_reloaded_after_the_correction() {
    let behind = || Tablet::in_group().after(settings_read(invalid_settings()));
    behind()
        .after(settings_read(settings()))
        .expect_effects(&[Effect::ShowSite])
        .expect_screen("group");
    let tablet = behind()
        .after(site_failed(ErrorKind::SiteUnreachable))
        .expect_effects(&[])
        .expect_screen("trouble");
    tablet
        .after(settings_read(settings()))
        .expect_effects(&[load_site(GROUP), Effect::ShowSite]);
}

#[test]
fn an_invalid_setting_at_a_start_without_a_session_opens_nothing_after_the_correction() {
    Tablet::default()
        .after(settings_read(invalid_settings()))
        .expect_screen("trouble")
        .after(settings_read(settings()))
        .expect_effects(&[Effect::ReadKeystore])
        .expect_screen("starting");
}

#[test]
fn an_invalid_setting_keeps_a_confirmed_personal_session_but_not_a_remembered_one() {
    let personal = || AppSettings {
        personal: true,
        ..settings()
    };
    let tablet = Tablet::signed_out_with(personal())
        .press(Action::SignIn)
        .after(Event::AuthorizationRequestReady(url(REQUEST)))
        .after(callback());
    let tablet = tablet
        .after(Event::SignedIn { unsaved: None })
        .after(Event::SiteLoaded(url(GROUP)))
        .expect_screen("group");
    tablet
        .after(settings_read(invalid_settings()))
        .after(settings_read_with_session(personal()))
        .expect_screen("group");
    let start = Tablet::default()
        .after(settings_read_with_session(personal()))
        .after(settings_read_with_session(invalid_settings()));
    start
        .after(settings_read_with_session(settings()))
        .expect_effects(&[Effect::ReadKeystore])
        .expect_screen("starting");
}

#[test]
fn a_running_loop_guard_starts_again_after_an_invalid_setting_was_corrected() {
    let tablet = Tablet::in_group()
        .after(site_failed(ErrorKind::SiteCrashed))
        .after(Event::SiteLoaded(url(GROUP)))
        .expect_effects(&[Effect::StartLoopGuard]);
    let tablet = tablet
        .after(settings_read(invalid_settings()))
        .after(Event::LoopGuardElapsed)
        .after(settings_read(settings()));
    tablet.expect_effects(&[Effect::ShowSite, Effect::StartLoopGuard]);
    Tablet::in_group()
        .after(settings_read(invalid_settings()))
        .after(settings_read(settings()))
        .expect_effects(&[Effect::ShowSite]);
}
