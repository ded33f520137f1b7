//! S15 and its kin: what goes wrong, and how the group view comes back.

mod driver;

use app_state::{
    Action, AppSettings, Effect, ErrorKind, Event, KeystoreResult, LoginMethod, NavigationPolicy, Screen,
    SessionTransfer, SignedOutReason,
};
use driver::{
    GROUP, REQUEST, Tablet, astray, broken, callback, elsewhere, error, in_browser, load, not_set_up, remembered,
    retry, settings, transfer, url,
};

// S15

#[test]
fn s15_without_network_a_screen_says_so_and_the_group_view_returns_by_itself() {
    let tablet = Tablet::default()
        .after(remembered(settings()))
        .after(Event::KeystoreRead(KeystoreResult::Session));
    let tablet = tablet
        .after(Event::SiteFailed(error(ErrorKind::SiteUnreachable)))
        .does(&[Effect::HideSite, retry(0)]);
    let tablet = tablet.troubled(ErrorKind::SiteUnreachable, &[Action::Retry, Action::ShowStatus]);
    let tablet = tablet
        .after(Event::RetryDue)
        .does(&[load(GROUP)])
        .after(Event::SiteFailed(error(ErrorKind::SiteUnreachable)));
    let tablet = tablet
        .does(&[Effect::HideSite, retry(1)])
        .after(Event::RetryDue)
        .after(Event::SiteLoaded(url(GROUP)));
    tablet.does(&[Effect::ShowSite]).shows("group");
}

#[test]
fn s15_coming_back_to_the_app_tries_at_once() {
    let tablet = Tablet::in_group()
        .after(Event::SiteFailed(error(ErrorKind::NoNetwork)))
        .after(Event::RetryDue);
    // A slow load is left alone by the timer; a person, or the network that came back, need not wait for it.
    let tablet = tablet.after(Event::RetryDue).does(&[]);
    tablet
        .after(Event::Resumed)
        .does(&[Effect::ReadSettings, load(GROUP), Effect::KeepSessionAlive]);
}

#[test]
fn s15_an_identity_server_that_is_down_covers_the_view_only_when_the_site_needs_it() {
    let tablet = Tablet::in_group()
        .after(Event::NavigationIntercepted(url(REQUEST)))
        .after(Event::SessionTransferDeferred(error(ErrorKind::ServerDown)));
    let tablet = tablet
        .does(&[Effect::HideSite, retry(0)])
        .troubled(ErrorKind::ServerDown, &[Action::Retry, Action::ShowStatus]);
    // The page that asked ends its load, and asks again: neither brings it back, for it waits for a sign-in.
    let tablet = tablet
        .after(Event::SiteLoaded(url(GROUP)))
        .does(&[])
        .after(Event::NavigationIntercepted(url(REQUEST)))
        .does(&[])
        .shows("trouble");
    let tablet = tablet
        .after(Event::RetryDue)
        .does(&[load(GROUP)])
        .after(Event::NavigationIntercepted(url(REQUEST)));
    let tablet = tablet
        .does(&[Effect::RequestSessionTransfer(url(REQUEST))])
        .after(Event::SessionTransferReady(url(REQUEST)))
        .does(&[load(REQUEST)]);
    tablet
        .after(Event::SiteLoaded(url(GROUP)))
        .does(&[Effect::StartLoopGuard, Effect::ShowSite])
        .shows("group");
}

#[test]
fn s15_a_hand_off_that_no_retry_helps_does_not_stand_between_staff_and_the_site() {
    let tablet = Tablet::in_group()
        .after(Event::NavigationIntercepted(url(REQUEST)))
        .after(Event::SessionTransferDeferred(error(ErrorKind::SignInRejected)));
    tablet.does(&[load(REQUEST)]).shows("group");
}

#[test]
fn s15_a_guest_networks_page_is_told_apart_from_a_link_that_leads_elsewhere() {
    let portal = || astray("http://wifi.example/");
    Tablet::in_group().after(portal()).does(&[]).shows("group");
    let link = || Event::RedirectedAway {
        error: error(ErrorKind::CaptivePortal),
        to: url("https://example.org/"),
        link: true,
    };
    let opens = [Effect::OpenExternally(url("https://example.org/"))];
    Tablet::in_group().after(link()).does(&opens).shows("group");
    // Also while the view is on its way elsewhere.
    Tablet::in_group()
        .after(Event::SiteFailed(error(ErrorKind::SiteCrashed)))
        .after(link())
        .does(&opens)
        .shows("group");
    let start = Tablet::default()
        .after(remembered(settings()))
        .after(Event::KeystoreRead(KeystoreResult::Session));
    let tablet = start
        .after(portal())
        .does(&[Effect::HideSite, retry(0)])
        .shows("trouble");
    tablet
        .after(Event::RetryDue)
        .after(Event::SiteLoaded(url(GROUP)))
        .does(&[Effect::ShowSite])
        .shows("group");
    // Also when the view is loaded again later.
    let tablet = Tablet::in_group()
        .after(Event::SiteFailed(error(ErrorKind::SiteCrashed)))
        .does(&[load(GROUP), Effect::ShowSite]);
    tablet
        .after(portal())
        .troubled(ErrorKind::CaptivePortal, &[Action::Retry, Action::ShowStatus]);
}

#[test]
fn s15_a_guest_networks_page_during_a_sign_in_inside_the_app_is_said_too() {
    let tablet = Tablet::signed_out_with(AppSettings {
        login: LoginMethod::InApp,
        ..settings()
    })
    .press(Action::SignIn)
    .after(Event::AuthorizationRequestReady(url(REQUEST)));
    let tablet = tablet.after(astray("https://wifi.example/"));
    tablet
        .does(&[Effect::CancelSignIn, Effect::CloseSite])
        .troubled(ErrorKind::CaptivePortal, &[Action::Retry, Action::Cancel]);
}

#[test]
fn s15_the_status_page_stays_open_over_what_comes_and_goes_behind_it() {
    let tablet = Tablet::in_group()
        .press(Action::ShowStatus)
        .after(Event::SiteFailed(error(ErrorKind::NoNetwork)))
        .shows("status");
    let tablet = tablet
        .after(Event::RetryDue)
        .after(Event::SiteLoaded(url(GROUP)))
        .does(&[])
        .shows("status");
    tablet.press(Action::OpenGroup).does(&[Effect::ShowSite]).shows("group");
}

#[test]
fn a_web_view_that_dies_is_loaded_again_without_a_word_but_not_for_ever() {
    let crash = || Event::SiteFailed(error(ErrorKind::SiteCrashed));
    let tablet = Tablet::in_group()
        .after(crash())
        .does(&[load(GROUP), Effect::ShowSite])
        .shows("group");
    let tablet = tablet
        .after(Event::SiteLoaded(url(GROUP)))
        .does(&[Effect::StartLoopGuard]);
    let again = Tablet {
        state: tablet.state.clone(),
        effects: vec![],
    };
    again
        .after(crash())
        .does(&[Effect::HideSite, retry(0)])
        .shows("trouble");
    tablet
        .after(Event::LoopGuardElapsed)
        .after(crash())
        .does(&[load(GROUP), Effect::ShowSite])
        .shows("group");
}

// The keystore

#[test]
fn a_locked_keystore_signs_nobody_out_and_is_read_again() {
    let tablet = Tablet::default()
        .after(remembered(settings()))
        .after(Event::KeystoreRead(KeystoreResult::Unreadable(error(
            ErrorKind::KeystoreLocked,
        ))));
    let tablet = tablet
        .does(&[retry(4)])
        .shows("group")
        .after(Event::RetryDue)
        .does(&[Effect::ReadKeystore]);
    tablet
        .after(Event::KeystoreRead(KeystoreResult::Session))
        .does(&[Effect::KeepSessionAlive])
        .shows("group");
}

#[test]
fn a_keystore_that_cannot_be_read_at_the_first_start_can_be_tried_again_or_passed() {
    let start =
        |problem| Tablet::new(settings()).after(Event::KeystoreRead(KeystoreResult::Unreadable(error(problem))));
    let locked = start(ErrorKind::KeystoreLocked).troubled(
        ErrorKind::KeystoreLocked,
        &[Action::Retry, Action::SignIn, Action::Cancel],
    );
    locked
        .press(Action::Retry)
        .does(&[Effect::ReadKeystore])
        .after(Event::KeystoreRead(KeystoreResult::Session))
        .shows("group");
    let absent =
        start(ErrorKind::KeystoreAbsent).troubled(ErrorKind::KeystoreAbsent, &[Action::SignIn, Action::Cancel]);
    absent
        .press(Action::SignIn)
        .does(&[Effect::BeginSignIn { fresh: false }]);
}

#[test]
fn a_session_that_could_not_be_saved_is_told_once_and_saved_later() {
    let unsaved = || {
        in_browser().after(callback()).after(Event::SignedIn {
            unsaved: Some(error(ErrorKind::KeystoreFailed)),
        })
    };
    let tablet = unsaved().does(&[load(GROUP), Effect::HideSite, retry(0), Effect::KeepSessionAlive]);
    let tablet = tablet.troubled(
        ErrorKind::KeystoreFailed,
        &[Action::OpenGroup, Action::Retry, Action::ShowStatus],
    );
    let tablet = tablet.after(Event::RetryDue).does(&[Effect::SaveSession, retry(1)]);
    tablet
        .after(Event::SessionSaved)
        .does(&[Effect::RememberSession(true), Effect::ShowSite])
        .shows("group");

    let tablet = unsaved()
        .press(Action::OpenGroup)
        .does(&[Effect::ShowSite])
        .shows("group");
    tablet
        .after(Event::RetryDue)
        .does(&[Effect::SaveSession, retry(1)])
        .after(Event::SessionSaved)
        .does(&[Effect::RememberSession(true)])
        .shows("group");
}

#[test]
fn a_keystore_that_never_saves_does_not_keep_the_group_view_from_returning() {
    let tablet = in_browser()
        .after(callback())
        .after(Event::SignedIn {
            unsaved: Some(error(ErrorKind::KeystoreFailed)),
        })
        .press(Action::OpenGroup);
    let tablet = tablet
        .after(Event::SiteFailed(error(ErrorKind::SiteUnreachable)))
        .after(Event::RetryDue);
    let tablet = tablet
        .does(&[Effect::SaveSession, retry(2), load(GROUP)])
        .after(Event::SiteLoaded(url(GROUP)));
    tablet.does(&[Effect::ShowSite]).shows("group");
}

#[test]
fn a_tablet_without_a_keystore_is_not_asked_again_and_again() {
    let tablet = in_browser().after(callback()).after(Event::SignedIn {
        unsaved: Some(error(ErrorKind::KeystoreAbsent)),
    });
    let tablet = tablet
        .does(&[load(GROUP), Effect::HideSite, Effect::KeepSessionAlive])
        .troubled(ErrorKind::KeystoreAbsent, &[Action::OpenGroup, Action::ShowStatus]);
    tablet.press(Action::OpenGroup).does(&[Effect::ShowSite]).shows("group");
}

#[test]
fn a_keystore_that_locks_during_a_hand_off_can_be_waved_away_for_the_sites_own_sign_in() {
    let tablet = Tablet::in_group()
        .after(Event::NavigationIntercepted(url(REQUEST)))
        .after(Event::SessionTransferDeferred(error(ErrorKind::KeystoreLocked)));
    let tablet = tablet.troubled(
        ErrorKind::KeystoreLocked,
        &[Action::Retry, Action::OpenGroup, Action::ShowStatus],
    );
    let tablet = tablet
        .press(Action::OpenGroup)
        .does(&[load(GROUP), Effect::ShowSite])
        .shows("group");
    assert!(matches!(
        tablet.state.policy(),
        NavigationPolicy::Group { transfer: false, .. }
    ));
}

// Settings that change

#[test]
fn another_organisation_in_the_settings_ends_the_session_with_a_reason() {
    let tablet = Tablet::in_group().after(settings_read(elsewhere()));
    let expected = [
        Effect::SignOut,
        Effect::CloseSite,
        Effect::ClearSite,
        Effect::RememberSession(false),
        Effect::CancelSignIn,
    ];
    tablet.does(&expected).signed_out_for(SignedOutReason::Changed);
}

#[test]
fn settings_that_say_the_same_change_nothing() {
    let renamed = {
        let mut settings = AppSettings {
            language: Some(app_state::Language::En),
            login: LoginMethod::InApp,
            ..settings()
        };
        settings.organisation.as_mut().unwrap().organisation = "Kinderopvang Zonnetje".to_owned();
        settings
    };
    let tablet = Tablet::in_group().after(settings_read(renamed)).does(&[]);
    assert_eq!(
        tablet.screen(),
        Screen::Group {
            organisation: "Kinderopvang Zonnetje".to_owned()
        }
    );
}

#[test]
fn settings_that_are_taken_away_end_the_session() {
    let tablet = Tablet::in_group()
        .after(settings_read(not_set_up()))
        .shows("not_set_up");
    assert!(tablet.effects.contains(&Effect::SignOut) && tablet.effects.contains(&retry(4)));
}

#[test]
fn a_wrong_security_setting_blocks_the_view_and_putting_it_right_brings_it_back_as_it_was() {
    let before = Tablet::in_group();
    let stage = before.state.stage.clone();
    let tablet = before
        .after(settings_read(broken()))
        .does(&[Effect::HideSite, retry(0)])
        .troubled(ErrorKind::SettingsInvalid, &[Action::Retry]);
    assert_eq!(tablet.state.policy(), NavigationPolicy::Closed);
    // Read again and again meanwhile, with nothing better: the session is not forgotten.
    let tablet = tablet
        .after(Event::RetryDue)
        .does(&[Effect::ReadSettings])
        .after(settings_read(broken()))
        .does(&[retry(4)]);
    let tablet = tablet.after(settings_read(settings())).does(&[Effect::ShowSite]);
    assert_eq!(
        tablet.state.stage, stage,
        "the page is not loaded again: what was typed is still there"
    );
}

#[test]
fn a_wrong_security_setting_at_the_start_does_not_sign_out_when_it_is_put_right() {
    let tablet = Tablet::default()
        .after(remembered(broken()))
        .shows("trouble")
        .after(remembered(settings()));
    let tablet = tablet
        .does(&[load(GROUP), Effect::ShowSite, Effect::ReadKeystore])
        .shows("group");
    tablet
        .after(Event::KeystoreRead(KeystoreResult::Session))
        .shows("group");
}

#[test]
fn a_wrong_setting_that_turns_into_another_organisation_ends_the_session() {
    let tablet = Tablet::in_group()
        .after(settings_read(broken()))
        .after(settings_read(broken()))
        .after(settings_read(elsewhere()));
    assert!(tablet.effects.contains(&Effect::SignOut) && tablet.effects.contains(&Effect::ClearSite));
    tablet.signed_out_for(SignedOutReason::Changed);
}

#[test]
fn a_session_that_ends_behind_a_wrong_setting_is_gone_when_it_is_put_right() {
    let tablet = Tablet::in_group()
        .after(settings_read(broken()))
        .after(Event::SessionEnded(SignedOutReason::Ended));
    let tablet = tablet
        .does(&[Effect::CloseSite, Effect::ClearSite, Effect::RememberSession(false)])
        .shows("trouble");
    tablet
        .after(settings_read(settings()))
        .does(&[Effect::ReadKeystore])
        .after(Event::KeystoreRead(KeystoreResult::Empty))
        .shows("sign_in");
}

#[test]
fn a_hand_off_that_a_wrong_setting_cut_short_begins_anew() {
    let tablet = Tablet::in_group()
        .after(Event::NavigationIntercepted(url(REQUEST)))
        .after(settings_read(broken()))
        .after(Event::SessionTransferReady(url(REQUEST)));
    let tablet = tablet
        .does(&[])
        .after(settings_read(settings()))
        .does(&[load(GROUP), Effect::ShowSite]);
    assert_eq!(transfer(&tablet), SessionTransfer::Ready);
}

#[test]
fn a_wrong_setting_during_a_sign_in_stops_it() {
    let tablet = in_browser()
        .after(settings_read(broken()))
        .does(&[Effect::CancelSignIn, Effect::CloseSite, retry(0)])
        .shows("trouble");
    tablet
        .after(callback())
        .does(&[])
        .after(settings_read(settings()))
        .does(&[Effect::ReadKeystore]);
}

#[test]
fn settings_that_change_during_a_sign_in_stop_it() {
    let tablet = in_browser().after(settings_read(elsewhere()));
    tablet
        .does(&[Effect::CancelSignIn, Effect::CloseSite, Effect::ReadKeystore])
        .shows("starting");
}

#[test]
fn a_site_that_failed_behind_a_wrong_setting_is_loaded_anew_when_that_is_put_right() {
    let behind = || Tablet::in_group().after(settings_read(broken()));
    behind()
        .after(settings_read(settings()))
        .does(&[Effect::ShowSite])
        .shows("group");
    let tablet = behind()
        .after(Event::SiteFailed(error(ErrorKind::SiteUnreachable)))
        .does(&[])
        .shows("trouble");
    tablet
        .after(settings_read(settings()))
        .does(&[load(GROUP), Effect::ShowSite]);
}

#[test]
fn the_end_of_a_session_is_nothing_new_where_there_is_none() {
    let over = || Event::SessionEnded(SignedOutReason::Ended);
    Tablet::signed_out()
        .after(settings_read(broken()))
        .after(over())
        .does(&[])
        .shows("trouble");
    Tablet::signed_out().after(over()).does(&[]);
}

#[test]
fn coming_to_the_front_before_anything_is_known_asks_for_nothing() {
    Tablet::default().after(Event::Resumed).does(&[]);
}

#[test]
fn what_tries_again_by_itself_says_so_and_a_sign_in_never_does() {
    let retries = |tablet: Tablet| matches!(tablet.screen(), Screen::Trouble { retries: true, .. });
    assert!(retries(
        Tablet::in_group().after(Event::SiteFailed(error(ErrorKind::NoNetwork)))
    ));
    assert!(!retries(
        Tablet::signed_out()
            .press(Action::SignIn)
            .after(Event::SignInFailed(error(ErrorKind::NoNetwork)))
            .shows("trouble")
    ));
}

#[test]
fn a_code_that_ran_out_leaves_both_ways_to_sign_in_unless_codes_are_the_only_one() {
    let expired = |login| {
        let tablet = Tablet::signed_out_with(AppSettings { login, ..settings() }).press(Action::SignIn);
        tablet.after(Event::SignInFailed(error(ErrorKind::CodeExpired)))
    };
    expired(LoginMethod::Auto).troubled(
        ErrorKind::CodeExpired,
        &[Action::SignInWithCode, Action::SignIn, Action::Cancel],
    );
    expired(LoginMethod::DeviceCode).troubled(ErrorKind::CodeExpired, &[Action::SignInWithCode, Action::Cancel]);
}

#[test]
fn signing_out_is_offered_on_the_status_page_and_where_the_settings_allow_it() {
    let offers = |tablet: &Tablet, action| tablet.state.offers(&action);
    let kept = || {
        Tablet::in_group().after(settings_read(AppSettings {
            sign_out: false,
            ..settings()
        }))
    };
    assert!(
        !offers(&Tablet::in_group(), Action::AskSignOut),
        "not over the group view"
    );
    assert!(
        !offers(&kept().press(Action::ShowStatus), Action::AskSignOut),
        "not where it is forbidden"
    );
    let tablet = Tablet::in_group().press(Action::ShowStatus);
    assert!(!offers(&tablet, Action::SignOut), "not before it was asked");
    let again = tablet
        .after(Event::UserAction(Action::ShowStatus))
        .does(&[Effect::HideSite, Effect::ReadStatusInfo]);
    assert!(
        !offers(&again, Action::SignOut),
        "not when the status page is asked for twice"
    );
    assert!(offers(&again.press(Action::AskSignOut), Action::SignOut));
}

#[test]
fn a_wrong_setting_at_a_start_with_no_session_opens_nothing_when_it_is_put_right() {
    Tablet::default()
        .after(settings_read(broken()))
        .shows("trouble")
        .after(settings_read(settings()))
        .does(&[Effect::ReadKeystore])
        .shows("starting");
}

#[test]
fn a_wrong_setting_keeps_a_personal_session_that_is_there_and_none_that_was_only_noted() {
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
        .shows("group");
    tablet
        .after(settings_read(broken()))
        .after(remembered(personal()))
        .shows("group");
    let start = Tablet::default()
        .after(remembered(personal()))
        .after(remembered(broken()));
    start
        .after(remembered(settings()))
        .does(&[Effect::ReadKeystore])
        .shows("starting");
}

#[test]
fn a_page_that_was_given_time_to_settle_is_given_it_anew_after_a_wrong_setting() {
    let tablet = Tablet::in_group()
        .after(Event::SiteFailed(error(ErrorKind::SiteCrashed)))
        .after(Event::SiteLoaded(url(GROUP)))
        .does(&[Effect::StartLoopGuard]);
    let tablet = tablet
        .after(settings_read(broken()))
        .after(Event::LoopGuardElapsed)
        .after(settings_read(settings()));
    tablet.does(&[Effect::ShowSite, Effect::StartLoopGuard]);
    Tablet::in_group()
        .after(settings_read(broken()))
        .after(settings_read(settings()))
        .does(&[Effect::ShowSite]);
}

#[test]
fn a_session_of_the_keystore_is_used_from_the_first_day_on() {
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
        .does(&[Effect::ClearSite])
        .signed_out_for(SignedOutReason::Personal);
}

#[test]
fn a_hand_off_that_comes_when_nobody_waits_for_it_changes_nothing_and_that_there_are_none_is_remembered() {
    let late = Tablet::in_group()
        .after(Event::SessionTransferReady(url(REQUEST)))
        .does(&[]);
    assert_eq!(transfer(&late), SessionTransfer::Ready);
    assert_eq!(
        transfer(&late.after(Event::SessionTransferUnsupported).does(&[])),
        SessionTransfer::Unsupported
    );
}

#[test]
fn a_site_that_is_back_does_not_cover_what_nobody_has_read_about_the_keystore() {
    let unsaved = in_browser().after(callback()).after(Event::SignedIn {
        unsaved: Some(error(ErrorKind::KeystoreFailed)),
    });
    let tablet = unsaved
        .after(Event::SiteFailed(error(ErrorKind::SiteUnreachable)))
        .after(Event::SiteLoaded(url(GROUP)))
        .does(&[]);
    tablet.troubled(
        ErrorKind::KeystoreFailed,
        &[Action::OpenGroup, Action::Retry, Action::ShowStatus],
    );
}
