//! S15 and related: errors, and how the group view returns after them.

mod driver;

use app_state::{
    Action, AppSettings, Effect, Event, KeystoreResult, NavigationPolicy, RetryPace, Screen, SessionTransfer,
    SignedOutReason,
};
use driver::{
    GROUP, REQUEST, Tablet, callback, error, invalid_settings, load_site, redirected_away, retry_later, retry_seldom,
    session_transfer, settings, settings_read, settings_read_with_session, site_failed, url,
};
use error_codes::ErrorKind;
use settings::LoginMethod;

// S15

#[test]
fn s15_without_network_an_error_screen_says_so_and_the_group_view_returns_by_itself() {
    let tablet = Tablet::default()
        .after(settings_read_with_session(settings()))
        .after(Event::KeystoreRead(KeystoreResult::Session));
    let tablet = tablet
        .after(site_failed(ErrorKind::SiteUnreachable))
        .expect_effects(&[Effect::HideSite, retry_later(RetryPace::Network, 0)]);
    let tablet = tablet.expect_error_screen(ErrorKind::SiteUnreachable, &[Action::Retry, Action::ShowStatus]);
    let tablet = tablet
        .after(Event::RetryDue)
        .expect_effects(&[load_site(GROUP)])
        .after(site_failed(ErrorKind::SiteUnreachable));
    let tablet = tablet
        .expect_effects(&[Effect::HideSite, retry_later(RetryPace::Network, 1)])
        .after(Event::RetryDue)
        .after(Event::SiteLoaded(url(GROUP)));
    tablet.expect_effects(&[Effect::ShowSite]).expect_screen("group");
}

#[test]
fn s15_a_resume_retries_at_once() {
    let tablet = Tablet::in_group()
        .after(site_failed(ErrorKind::NoNetwork))
        .after(Event::RetryDue);
    // The timer does not restart a slow load. A person, or a network that returned, does.
    let tablet = tablet.after(Event::RetryDue).expect_effects(&[]);
    tablet
        .after(Event::Resumed)
        .expect_effects(&[Effect::ReadSettings, load_site(GROUP), Effect::KeepSessionAlive]);
}

#[test]
fn s15_an_identity_provider_that_is_down_covers_the_group_view_only_when_the_site_needs_it() {
    let tablet = Tablet::in_group()
        .after(Event::NavigationIntercepted(url(REQUEST)))
        .after(Event::SessionTransferDeferred(error(ErrorKind::ServerDown)));
    let tablet = tablet
        .expect_effects(&[Effect::HideSite, retry_later(RetryPace::Server, 0)])
        .expect_error_screen(ErrorKind::ServerDown, &[Action::Retry, Action::ShowStatus]);
    // The page behind the error screen finishes loading and asks again. Neither removes the error screen, because the page
    // still waits for a sign-in.
    let tablet = tablet
        .after(Event::SiteLoaded(url(GROUP)))
        .expect_effects(&[])
        .after(Event::NavigationIntercepted(url(REQUEST)))
        .expect_effects(&[])
        .expect_screen("trouble");
    let tablet = tablet
        .after(Event::RetryDue)
        .expect_effects(&[load_site(GROUP)])
        .after(Event::NavigationIntercepted(url(REQUEST)));
    let tablet = tablet
        .expect_effects(&[Effect::RequestSessionTransfer(url(REQUEST))])
        .after(Event::SessionTransferReady(url(REQUEST)))
        .expect_effects(&[load_site(REQUEST)]);
    tablet
        .after(Event::SiteLoaded(url(GROUP)))
        .expect_effects(&[Effect::StartLoopGuard, Effect::ShowSite])
        .expect_screen("group");
}

#[test]
fn s15_a_session_transfer_error_that_no_retry_can_solve_does_not_cover_the_site() {
    let tablet = Tablet::in_group()
        .after(Event::NavigationIntercepted(url(REQUEST)))
        .after(Event::SessionTransferDeferred(error(ErrorKind::SignInRejected)));
    tablet.expect_effects(&[load_site(REQUEST)]).expect_screen("group");
}

#[test]
fn s15_a_captive_portal_is_told_apart_from_a_link_to_an_untrusted_host() {
    let portal = || redirected_away("http://wifi.example/");
    Tablet::in_group()
        .after(portal())
        .expect_effects(&[])
        .expect_screen("group");
    let link = || Event::RedirectedAway {
        error: error(ErrorKind::CaptivePortal),
        to: url("https://example.org/"),
        by_link: true,
    };
    let opens = [Effect::OpenExternally(url("https://example.org/"))];
    Tablet::in_group()
        .after(link())
        .expect_effects(&opens)
        .expect_screen("group");
    // The same while the group view reloads after a crash.
    Tablet::in_group()
        .after(site_failed(ErrorKind::SiteCrashed))
        .after(link())
        .expect_effects(&opens)
        .expect_screen("group");
    let start = Tablet::default()
        .after(settings_read_with_session(settings()))
        .after(Event::KeystoreRead(KeystoreResult::Session));
    let tablet = start
        .after(portal())
        .expect_effects(&[Effect::HideSite, retry_later(RetryPace::Network, 0)])
        .expect_screen("trouble");
    tablet
        .after(Event::RetryDue)
        .after(Event::SiteLoaded(url(GROUP)))
        .expect_effects(&[Effect::ShowSite])
        .expect_screen("group");
    // The same during a later reload of the group view.
    let tablet = Tablet::in_group()
        .after(site_failed(ErrorKind::SiteCrashed))
        .expect_effects(&[load_site(GROUP), Effect::ShowSite]);
    tablet
        .after(portal())
        .expect_error_screen(ErrorKind::CaptivePortal, &[Action::Retry, Action::ShowStatus]);
}

#[test]
fn s15_a_loaded_group_view_in_whose_place_a_stranger_came_is_covered_and_loads_again() {
    let stranger = || site_failed(ErrorKind::CaptivePortal);
    let covered = Tablet::in_group()
        .after(stranger())
        .expect_effects(&[Effect::HideSite, retry_later(RetryPace::Network, 0)]);
    covered
        .after(Event::RetryDue)
        .expect_effects(&[load_site(GROUP)])
        .after(Event::SiteLoaded(url(GROUP)))
        .expect_effects(&[Effect::ShowSite])
        .expect_screen("group");
}

#[test]
fn s15_a_captive_portal_during_a_sign_in_inside_the_app_shows_an_error_screen() {
    let tablet = Tablet::signed_out_with(AppSettings {
        login_method: LoginMethod::InApp,
        ..settings()
    })
    .press(Action::SignIn)
    .after(Event::AuthorizationRequestReady(url(REQUEST)));
    let tablet = tablet.after(redirected_away("https://wifi.example/"));
    tablet
        .expect_effects(&[Effect::CancelSignIn, Effect::CloseSite])
        .expect_error_screen(ErrorKind::CaptivePortal, &[Action::Retry, Action::Cancel]);
}

#[test]
fn s15_the_status_page_stays_open_while_the_site_fails_and_loads_behind_it() {
    let tablet = Tablet::in_group()
        .press(Action::ShowStatus)
        .after(site_failed(ErrorKind::NoNetwork))
        .expect_screen("status");
    let tablet = tablet
        .after(Event::RetryDue)
        .after(Event::SiteLoaded(url(GROUP)))
        .expect_effects(&[])
        .expect_screen("status");
    tablet
        .press(Action::OpenGroup)
        .expect_effects(&[Effect::ShowSite])
        .expect_screen("group");
}

#[test]
fn a_crashed_web_view_is_reloaded_once_without_an_error_screen() {
    let crash = || site_failed(ErrorKind::SiteCrashed);
    let tablet = Tablet::in_group()
        .after(crash())
        .expect_effects(&[load_site(GROUP), Effect::ShowSite])
        .expect_screen("group");
    let tablet = tablet
        .after(Event::SiteLoaded(url(GROUP)))
        .expect_effects(&[Effect::StartLoopGuard]);
    let again = Tablet {
        state: tablet.state.clone(),
        effects: vec![],
    };
    again
        .after(crash())
        .expect_effects(&[Effect::HideSite, retry_later(RetryPace::Network, 0)])
        .expect_screen("trouble");
    tablet
        .after(Event::LoopGuardElapsed)
        .after(crash())
        .expect_effects(&[load_site(GROUP), Effect::ShowSite])
        .expect_screen("group");
}

// The keystore

#[test]
fn a_locked_keystore_signs_nobody_out_and_is_read_again() {
    let tablet = Tablet::default()
        .after(settings_read_with_session(settings()))
        .after(Event::KeystoreRead(KeystoreResult::Unreadable(error(
            ErrorKind::KeystoreLocked,
        ))));
    let tablet = tablet
        .expect_effects(&[retry_seldom()])
        .expect_screen("group")
        .after(Event::RetryDue)
        .expect_effects(&[Effect::ReadKeystore]);
    tablet
        .after(Event::KeystoreRead(KeystoreResult::Session))
        .expect_effects(&[Effect::KeepSessionAlive])
        .expect_screen("group");
}

#[test]
fn an_unreadable_keystore_at_the_first_start_offers_retry_and_sign_in() {
    let start = |kind| Tablet::new(settings()).after(Event::KeystoreRead(KeystoreResult::Unreadable(error(kind))));
    let locked = start(ErrorKind::KeystoreLocked).expect_error_screen(
        ErrorKind::KeystoreLocked,
        &[Action::Retry, Action::SignIn, Action::Cancel],
    );
    locked
        .press(Action::Retry)
        .expect_effects(&[Effect::ReadKeystore])
        .after(Event::KeystoreRead(KeystoreResult::Session))
        .expect_screen("group");
    let absent = start(ErrorKind::KeystoreAbsent)
        .expect_error_screen(ErrorKind::KeystoreAbsent, &[Action::SignIn, Action::Cancel]);
    absent
        .press(Action::SignIn)
        .expect_effects(&[Effect::BeginSignIn { fresh: false }]);
}

#[test]
fn an_unsaved_session_shows_its_error_once_and_is_saved_later() {
    let unsaved = || {
        Tablet::in_browser().after(callback()).after(Event::SignedIn {
            unsaved: Some(error(ErrorKind::KeystoreFailed)),
        })
    };
    let tablet = unsaved().expect_effects(&[
        load_site(GROUP),
        Effect::HideSite,
        retry_later(RetryPace::Tablet, 0),
        Effect::KeepSessionAlive,
    ]);
    let tablet = tablet.expect_error_screen(
        ErrorKind::KeystoreFailed,
        &[Action::OpenGroup, Action::Retry, Action::ShowStatus],
    );
    let tablet = tablet
        .after(Event::RetryDue)
        .expect_effects(&[Effect::SaveSession, retry_later(RetryPace::Tablet, 1)]);
    tablet
        .after(Event::SessionSaved)
        .expect_effects(&[Effect::RememberSession(true), Effect::ShowSite])
        .expect_screen("group");

    let tablet = unsaved()
        .press(Action::OpenGroup)
        .expect_effects(&[Effect::ShowSite])
        .expect_screen("group");
    tablet
        .after(Event::RetryDue)
        .expect_effects(&[Effect::SaveSession, retry_later(RetryPace::Tablet, 1)])
        .after(Event::SessionSaved)
        .expect_effects(&[Effect::RememberSession(true)])
        .expect_screen("group");
}

#[test]
fn a_keystore_that_never_saves_does_not_stop_the_group_view_from_returning() {
    let tablet = Tablet::in_browser()
        .after(callback())
        .after(Event::SignedIn {
            unsaved: Some(error(ErrorKind::KeystoreFailed)),
        })
        .press(Action::OpenGroup);
    let tablet = tablet
        .after(site_failed(ErrorKind::SiteUnreachable))
        .after(Event::RetryDue);
    let tablet = tablet
        .expect_effects(&[Effect::SaveSession, retry_later(RetryPace::Tablet, 2), load_site(GROUP)])
        .after(Event::SiteLoaded(url(GROUP)));
    tablet.expect_effects(&[Effect::ShowSite]).expect_screen("group");
}

#[test]
fn a_tablet_without_a_keystore_does_not_retry_saving() {
    let tablet = Tablet::in_browser().after(callback()).after(Event::SignedIn {
        unsaved: Some(error(ErrorKind::KeystoreAbsent)),
    });
    let tablet = tablet
        .expect_effects(&[load_site(GROUP), Effect::HideSite, Effect::KeepSessionAlive])
        .expect_error_screen(ErrorKind::KeystoreAbsent, &[Action::OpenGroup, Action::ShowStatus]);
    tablet
        .press(Action::OpenGroup)
        .expect_effects(&[Effect::ShowSite])
        .expect_screen("group");
}

#[test]
fn a_keystore_that_locks_during_a_session_transfer_can_be_dismissed_for_the_sites_own_sign_in_page() {
    let tablet = Tablet::in_group()
        .after(Event::NavigationIntercepted(url(REQUEST)))
        .after(Event::SessionTransferDeferred(error(ErrorKind::KeystoreLocked)));
    let tablet = tablet.expect_error_screen(
        ErrorKind::KeystoreLocked,
        &[Action::Retry, Action::OpenGroup, Action::ShowStatus],
    );
    let tablet = tablet
        .press(Action::OpenGroup)
        .expect_effects(&[load_site(GROUP), Effect::ShowSite])
        .expect_screen("group");
    assert!(matches!(
        tablet.state.navigation_policy(),
        NavigationPolicy::Group {
            intercept_authorization: false,
            ..
        }
    ));
}

#[test]
fn the_end_of_a_session_changes_nothing_if_there_is_no_session() {
    let over = || Event::SessionEnded(SignedOutReason::Ended);
    Tablet::signed_out()
        .after(settings_read(invalid_settings()))
        .after(over())
        .expect_effects(&[])
        .expect_screen("trouble");
    Tablet::signed_out().after(over()).expect_effects(&[]);
}

#[test]
fn a_resume_before_the_settings_are_read_has_no_effects() {
    Tablet::default().after(Event::Resumed).expect_effects(&[]);
}

#[test]
fn an_error_screen_announces_automatic_retries_but_never_for_a_sign_in() {
    let retries = |tablet: Tablet| matches!(tablet.screen(), Screen::Trouble { retries: true, .. });
    assert!(retries(Tablet::in_group().after(site_failed(ErrorKind::NoNetwork))));
    assert!(!retries(
        Tablet::signed_out()
            .press(Action::SignIn)
            .after(Event::SignInFailed(error(ErrorKind::NoNetwork)))
            .expect_screen("trouble")
    ));
}

#[test]
fn an_expired_code_offers_both_sign_in_methods_unless_the_settings_choose_codes() {
    let expired = |login_method| {
        let tablet = Tablet::signed_out_with(AppSettings {
            login_method,
            ..settings()
        })
        .press(Action::SignIn);
        tablet.after(Event::SignInFailed(error(ErrorKind::CodeExpired)))
    };
    expired(LoginMethod::Auto).expect_error_screen(
        ErrorKind::CodeExpired,
        &[Action::SignInWithCode, Action::SignIn, Action::Cancel],
    );
    expired(LoginMethod::DeviceCode)
        .expect_error_screen(ErrorKind::CodeExpired, &[Action::SignInWithCode, Action::Cancel]);
}

#[test]
fn signing_out_is_offered_only_on_the_status_page_and_only_if_the_settings_allow_it() {
    let offers = |tablet: &Tablet, action| tablet.state.offers(&action);
    let forbidden = || {
        Tablet::in_group().after(settings_read(AppSettings {
            sign_out_allowed: false,
            ..settings()
        }))
    };
    assert!(
        !offers(&Tablet::in_group(), Action::AskSignOut),
        "not offered over the group view"
    );
    assert!(
        !offers(&forbidden().press(Action::ShowStatus), Action::AskSignOut),
        "not offered if the settings forbid it"
    );
    let tablet = Tablet::in_group().press(Action::ShowStatus);
    assert!(
        !offers(&tablet, Action::SignOut),
        "not offered before the question is on screen"
    );
    let again = tablet
        .after(Event::UserAction(Action::ShowStatus))
        .expect_effects(&[Effect::HideSite, Effect::ReadStatusInfo]);
    assert!(
        !offers(&again, Action::SignOut),
        "not offered after the status page was opened a second time"
    );
    assert!(offers(&again.press(Action::AskSignOut), Action::SignOut));
}

#[test]
fn a_resume_keeps_a_session_from_the_keystore_alive() {
    let tablet = Tablet::new(settings())
        .after(Event::KeystoreRead(KeystoreResult::Session))
        .after(Event::Resumed);
    assert!(
        tablet.effects.contains(&Effect::KeepSessionAlive),
        "{:?}",
        tablet.effects
    );
}

#[test]
fn a_personal_account_needs_no_keystore() {
    let tablet = Tablet::new(AppSettings {
        personal: true,
        ..settings()
    })
    .after(Event::KeystoreRead(KeystoreResult::Unreadable(error(
        ErrorKind::KeystoreLocked,
    ))));
    tablet
        .expect_effects(&[Effect::ClearSite])
        .expect_sign_in_screen(SignedOutReason::Personal);
}

#[test]
fn an_answer_about_a_session_transfer_that_nobody_waits_for_changes_nothing() {
    let mut tablet = Tablet::in_group();
    for answer in [
        Event::SessionTransferReady(url(REQUEST)),
        Event::SessionTransferUnsupported,
    ] {
        tablet = tablet.after(answer).expect_effects(&[]);
        assert_eq!(session_transfer(&tablet), SessionTransfer::Ready);
    }
}

#[test]
fn a_loaded_site_does_not_remove_an_unacknowledged_keystore_error() {
    let unsaved = Tablet::in_browser().after(callback()).after(Event::SignedIn {
        unsaved: Some(error(ErrorKind::KeystoreFailed)),
    });
    let tablet = unsaved
        .after(site_failed(ErrorKind::SiteUnreachable))
        .after(Event::SiteLoaded(url(GROUP)))
        .expect_effects(&[]);
    tablet.expect_error_screen(
        ErrorKind::KeystoreFailed,
        &[Action::OpenGroup, Action::Retry, Action::ShowStatus],
    );
}
