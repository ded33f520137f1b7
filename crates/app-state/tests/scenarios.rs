//! The scenarios S1 to S17 but for signing in, as far as the state machine decides them.

mod driver;

use app_state::{
    Action, AppSettings, Effect, Event, KeystoreResult, NavigationPolicy, Phase, RememberedSession, Screen,
    SessionTransfer, SignedOutReason, StatusInfo, StatusPage,
};
use driver::{
    GROUP, LOGIN, REQUEST, Tablet, callback, error, invalid_settings, load_site, not_set_up, redirected_away,
    retry_seldom, session_transfer, settings, settings_read, settings_read_with_session, url,
};
use error_codes::ErrorKind;

fn personal() -> AppSettings {
    AppSettings {
        personal: true,
        ..settings()
    }
}

// S1

#[test]
fn s01_a_new_tablet_asks_for_its_organisation_and_continues_when_the_settings_name_one() {
    let tablet = Tablet::new(not_set_up())
        .expect_screen("not_set_up")
        .expect_effects(&[retry_seldom()]);
    let typed = Action::SetTenant {
        typed: "zonnetje".to_owned(),
    };
    let tablet = tablet
        .press(typed)
        .expect_effects(&[Effect::SetTenant("zonnetje".to_owned())]);
    tablet
        .after(settings_read(settings()))
        .expect_effects(&[Effect::ReadKeystore])
        .after(Event::KeystoreRead(KeystoreResult::Empty))
        .expect_sign_in_screen(SignedOutReason::Never);
}

#[test]
fn s01_a_rejected_name_stays_on_screen_with_its_error() {
    let rejected = Event::TenantRejected {
        typed: "de zon".to_owned(),
        error: error(ErrorKind::TenantInvalid),
    };
    let tablet = Tablet::new(not_set_up()).after(rejected);
    let expected = Screen::NotSetUp {
        suffix: ".ouderportaal.nl".to_owned(),
        typed: "de zon".to_owned(),
        error: Some(error(ErrorKind::TenantInvalid)),
        manual: true,
    };
    assert_eq!(tablet.screen(), expected);
    // Reading the settings again meanwhile does not remove the error.
    assert_eq!(tablet.after(settings_read(not_set_up())).screen(), expected);
}

#[test]
fn s01_a_late_managed_configuration_is_read_without_a_person() {
    let managed = AppSettings {
        manual_setup: false,
        ..not_set_up()
    };
    let tablet = Tablet::new(managed.clone()).expect_effects(&[retry_seldom()]);
    let tablet = tablet
        .after(Event::RetryDue)
        .expect_effects(&[Effect::ReadSettings])
        .after(settings_read(managed))
        .expect_effects(&[retry_seldom()]);
    let tablet = tablet.press(Action::Retry).expect_effects(&[Effect::ReadSettings]);
    tablet
        .after(settings_read(settings()))
        .expect_effects(&[Effect::ReadKeystore]);
}

#[test]
fn s01_a_remembered_session_does_not_open_the_group_view_for_a_name_that_was_just_typed() {
    Tablet::new(not_set_up())
        .after(settings_read_with_session(settings()))
        .expect_effects(&[Effect::ReadKeystore])
        .expect_screen("starting");
}

// S3, S4

#[test]
fn s03_with_a_remembered_session_the_group_view_opens_before_the_keystore_answers() {
    let tablet = Tablet::default().after(settings_read_with_session(settings()));
    let tablet = tablet
        .expect_effects(&[load_site(GROUP), Effect::ShowSite, Effect::ReadKeystore])
        .expect_screen("group");
    tablet
        .after(Event::KeystoreRead(KeystoreResult::Session))
        .expect_effects(&[Effect::KeepSessionAlive])
        .expect_screen("group");
}

#[test]
fn s03_without_a_remembered_session_the_keystore_decides() {
    let tablet = Tablet::new(settings()).after(Event::KeystoreRead(KeystoreResult::Session));
    tablet
        .expect_effects(&[
            load_site(GROUP),
            Effect::ShowSite,
            Effect::RememberSession(true),
            Effect::KeepSessionAlive,
        ])
        .expect_screen("group");
}

#[test]
fn s03_an_empty_keystore_ends_a_remembered_session() {
    let tablet = Tablet::default()
        .after(settings_read_with_session(settings()))
        .after(Event::KeystoreRead(KeystoreResult::Empty));
    tablet
        .expect_effects(&[Effect::CloseSite, Effect::RememberSession(false), Effect::ClearSite])
        .expect_sign_in_screen(SignedOutReason::Ended);
}

#[test]
fn s03_the_sites_authorization_request_gets_one_session_transfer() {
    let tablet = Tablet::in_group()
        .after(Event::NavigationIntercepted(url(REQUEST)))
        .expect_effects(&[Effect::RequestSessionTransfer(url(REQUEST))]);
    let tablet = tablet
        .after(Event::SessionTransferReady(url(REQUEST)))
        .expect_effects(&[load_site(REQUEST)]);
    assert!(
        matches!(
            tablet.state.navigation_policy(),
            NavigationPolicy::Group {
                intercept_authorization: false,
                ..
            }
        ),
        "the navigation with the token must pass"
    );
    let tablet = tablet
        .after(Event::SiteLoaded(url(GROUP)))
        .expect_effects(&[Effect::StartLoopGuard]);
    assert_eq!(session_transfer(&tablet), SessionTransfer::Used);
    assert_eq!(
        session_transfer(&tablet.after(Event::LoopGuardElapsed)),
        SessionTransfer::Ready
    );
}

#[test]
fn s03_a_second_authorization_request_while_the_token_is_requested_gets_the_token() {
    let newer = format!("{REQUEST}2");
    let tablet = Tablet::in_group()
        .after(Event::NavigationIntercepted(url(REQUEST)))
        .after(Event::NavigationIntercepted(url(&newer)))
        .expect_effects(&[]);
    tablet
        .after(Event::SessionTransferReady(url(REQUEST)))
        .expect_effects(&[load_site(&newer)]);
    // A token in the query belongs to the URL that it was added to.
    let with_token = format!("{REQUEST}&session_transfer_token=x");
    let tablet = Tablet::in_group()
        .after(Event::NavigationIntercepted(url(REQUEST)))
        .after(Event::NavigationIntercepted(url(&newer)));
    tablet
        .after(Event::SessionTransferReady(url(&with_token)))
        .expect_effects(&[load_site(&with_token)]);
}

#[test]
fn s03_without_session_transfer_the_site_shows_its_own_sign_in_page_and_the_next_request_may_try_again() {
    let tablet = Tablet::in_group()
        .after(Event::NavigationIntercepted(url(REQUEST)))
        .after(Event::SessionTransferUnsupported)
        .expect_effects(&[load_site(REQUEST)]);
    assert_eq!(session_transfer(&tablet), SessionTransfer::Used);
    let tablet = tablet
        .after(Event::SiteLoaded(url(LOGIN)))
        .after(Event::SiteLoaded(url(GROUP)))
        .after(Event::LoopGuardElapsed);
    assert_eq!(session_transfer(&tablet), SessionTransfer::Ready);
}

#[test]
fn s04_a_sign_in_starts_keeping_the_session_alive_because_a_tablet_on_a_wall_never_resumes() {
    let tablet = Tablet::in_browser()
        .after(callback())
        .after(Event::SignedIn { unsaved: None });
    assert!(tablet.effects.contains(&Effect::KeepSessionAlive));
}

#[test]
fn s04_a_resume_reads_the_settings_and_keeps_the_session_alive() {
    Tablet::in_group()
        .after(Event::Resumed)
        .expect_effects(&[Effect::ReadSettings, Effect::KeepSessionAlive])
        .expect_screen("group");
}

// S5, S14

#[test]
fn s05_after_sixty_idle_days_the_sign_in_screen_gives_the_reason_and_the_settings_stay() {
    let tablet = Tablet::in_group()
        .after(Event::NavigationIntercepted(url(REQUEST)))
        .after(Event::SessionEnded(SignedOutReason::Expired));
    let tablet = tablet
        .expect_effects(&[Effect::CloseSite, Effect::RememberSession(false), Effect::ClearSite])
        .expect_sign_in_screen(SignedOutReason::Expired);
    assert_eq!(tablet.state.settings, settings());
    assert_eq!(tablet.state.navigation_policy(), NavigationPolicy::Closed);
}

#[test]
fn signing_out_needs_a_confirmation_revokes_the_session_and_clears_the_site() {
    let tablet = Tablet::in_group()
        .press(Action::ShowStatus)
        .expect_effects(&[Effect::HideSite, Effect::ReadStatusInfo])
        .expect_screen("status");
    let tablet = tablet
        .after(Event::UserAction(Action::SignOut))
        .expect_effects(&[])
        .press(Action::AskSignOut);
    let tablet = tablet
        .press(Action::Cancel)
        .press(Action::AskSignOut)
        .press(Action::SignOut);
    let tablet = tablet.expect_effects(&[
        Effect::SignOut,
        Effect::CloseSite,
        Effect::RememberSession(false),
        Effect::ClearSite,
    ]);
    tablet.expect_sign_in_screen(SignedOutReason::Person);
}

#[test]
fn nobody_can_sign_out_if_the_settings_do_not_allow_it() {
    let forbidden = AppSettings {
        sign_out_allowed: false,
        ..settings()
    };
    let tablet = Tablet::in_group()
        .press(Action::ShowStatus)
        .press(Action::AskSignOut)
        .after(settings_read(forbidden))
        .expect_effects(&[]);
    assert!(matches!(
        tablet.screen(),
        Screen::Status {
            may_sign_out: false,
            asking: false,
            ..
        }
    ));
    tablet
        .after(Event::UserAction(Action::SignOut))
        .expect_effects(&[])
        .expect_screen("status");
}

// S6

#[test]
fn s06_a_personal_account_leaves_no_remembered_session_and_no_cookies_for_the_next_start() {
    let tablet = Tablet::new(personal())
        .after(Event::KeystoreRead(KeystoreResult::Empty))
        .expect_effects(&[Effect::ClearSite]);
    let tablet = tablet
        .expect_sign_in_screen(SignedOutReason::Personal)
        .press(Action::SignIn)
        .after(Event::AuthorizationRequestReady(url(REQUEST)))
        .after(callback());
    tablet
        .after(Event::SignedIn {
            unsaved: Some(error(ErrorKind::KeystoreAbsent)),
        })
        .expect_effects(&[
            load_site(GROUP),
            Effect::ShowSite,
            Effect::RememberSession(false),
            Effect::KeepSessionAlive,
        ]);
}

#[test]
fn s06_a_group_accounts_session_from_before_ends_when_the_account_has_become_personal() {
    let starts = Tablet::default();
    let blocked = Tablet::default().after(settings_read_with_session(invalid_settings()));
    for tablet in [starts, blocked] {
        let tablet = tablet
            .after(settings_read_with_session(personal()))
            .expect_effects(&[Effect::ReadKeystore]);
        tablet
            .after(Event::KeystoreRead(KeystoreResult::Empty))
            .expect_effects(&[Effect::RememberSession(false), Effect::ClearSite])
            .expect_sign_in_screen(SignedOutReason::Changed);
    }
}

#[test]
fn s06_a_start_without_a_session_deletes_what_a_personal_account_left_in_the_web_view() {
    let tablet = Tablet::default().after(settings_read(settings()));
    tablet
        .after(Event::KeystoreRead(KeystoreResult::Empty))
        .expect_effects(&[Effect::ClearSite])
        .expect_sign_in_screen(SignedOutReason::Never);
    let tablet = Tablet::default().after(settings_read(settings()));
    tablet
        .after(Event::KeystoreRead(KeystoreResult::Unreadable(error(
            ErrorKind::KeystoreLocked,
        ))))
        .expect_effects(&[]);
}

// S7 to S12 happen in the site view. The tests of the navigation policy say what it may load; here, none of it changes
// the session.

#[test]
fn s07_to_s12_page_loads_and_refused_links_do_not_change_the_session() {
    let tablet = Tablet::in_group();
    let phase = tablet.state.phase.clone();
    let profile = url("https://profiel.kidskonnect.example/");
    let tablet = tablet.after(Event::SiteLoaded(profile)).expect_effects(&[]);
    let tablet = tablet
        .after(redirected_away("https://example.org/"))
        .expect_effects(&[Effect::OpenExternally(url("https://example.org/"))])
        .after(redirected_away("http://example.org/"))
        .expect_effects(&[]);
    assert_eq!(
        tablet.state.phase, phase,
        "a refused link must leave the session as it is"
    );
}

#[test]
fn status_information_that_arrives_after_the_status_page_closed_is_dropped() {
    let info = StatusInfo {
        personal: false,
        days_left: Some(59),
        environment: None,
        version: "1".to_owned(),
        ..StatusInfo::default()
    };
    let tablet = Tablet::in_group()
        .press(Action::ShowStatus)
        .after(Event::StatusInfoRead(info.clone()));
    assert!(
        matches!(&tablet.state.phase, Phase::SignedIn(session) if session.status == Some(StatusPage { info: Some(info.clone()), confirming_sign_out: false }))
    );
    tablet
        .press(Action::OpenGroup)
        .after(Event::StatusInfoRead(info))
        .expect_effects(&[])
        .expect_screen("group");
}

#[test]
fn an_organisation_that_changed_while_the_app_was_closed_ends_the_session_with_a_reason() {
    let other_organisation = || Event::Settings {
        settings: Box::new(settings()),
        remembered: RememberedSession::OtherOrganisation,
    };
    // The same after an invalid setting in between.
    let blocked = Tablet::default().after(settings_read_with_session(invalid_settings()));
    for starts in [Tablet::default(), blocked] {
        let starts = starts
            .after(other_organisation())
            .expect_effects(&[Effect::ReadKeystore]);
        for read in [KeystoreResult::OtherOrganisation, KeystoreResult::Empty] {
            let tablet = starts
                .clone()
                .after(Event::KeystoreRead(read))
                .expect_effects(&[Effect::RememberSession(false), Effect::ClearSite])
                .expect_sign_in_screen(SignedOutReason::Changed);
            // The browser may still have a session of the previous account.
            tablet
                .press(Action::SignIn)
                .expect_effects(&[Effect::BeginSignIn { fresh: true }]);
        }
        let locked = error(ErrorKind::KeystoreLocked);
        starts
            .after(Event::KeystoreRead(KeystoreResult::Unreadable(locked)))
            .expect_effects(&[Effect::RememberSession(false), Effect::ClearSite])
            .expect_error_screen(
                ErrorKind::KeystoreLocked,
                &[Action::Retry, Action::SignIn, Action::Cancel],
            );
    }
}

#[test]
fn a_session_in_the_keystore_counts_more_than_the_saved_state_and_opens_on_a_clean_web_view() {
    Tablet::default()
        .after(Event::Settings {
            settings: Box::new(settings()),
            remembered: RememberedSession::OtherOrganisation,
        })
        .after(Event::KeystoreRead(KeystoreResult::Session))
        .expect_effects(&[
            Effect::ClearSite,
            load_site(GROUP),
            Effect::ShowSite,
            Effect::RememberSession(true),
            Effect::KeepSessionAlive,
        ]);
}

#[test]
fn a_group_view_that_opened_before_the_keystore_answered_closes_if_the_session_is_of_another_owner() {
    let tablet = Tablet::default()
        .after(settings_read_with_session(settings()))
        .expect_screen("group")
        .after(Event::KeystoreRead(KeystoreResult::OtherOrganisation));
    tablet
        .expect_effects(&[
            Effect::SignOut,
            Effect::CloseSite,
            Effect::RememberSession(false),
            Effect::ClearSite,
        ])
        .expect_sign_in_screen(SignedOutReason::Changed);
}
