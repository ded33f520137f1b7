//! What people must be able to do, scenario by scenario, as far as the state machine decides it.

mod driver;

use app_state::{
    Action, AppSettings, Effect, ErrorKind, Event, KeystoreResult, LoginMethod, NavigationPolicy, Phase,
    RememberedSession, Screen, SessionTransfer, SignedOutReason, StatusPage,
};
use driver::{
    GROUP, REQUEST, Tablet, astray, broken, callback, check, device_code, error, in_browser, load, not_set_up,
    remembered, retry, settings, transfer, url,
};

const LOGIN: &str = "https://login.kidskonnect.example/u/login";

fn with_login(login: LoginMethod) -> AppSettings {
    AppSettings { login, ..settings() }
}

fn personal() -> AppSettings {
    AppSettings {
        personal: true,
        ..settings()
    }
}

// S1

#[test]
fn s01_a_new_tablet_asks_for_the_organisation_and_goes_on_once_it_has_one() {
    let tablet = Tablet::new(not_set_up()).shows("not_set_up").does(&[retry(4)]);
    let typed = Action::SetTenant {
        typed: "zonnetje".to_owned(),
    };
    let tablet = tablet.press(typed).does(&[Effect::SetTenant("zonnetje".to_owned())]);
    tablet
        .after(settings_read(settings()))
        .does(&[Effect::ReadKeystore])
        .after(Event::KeystoreRead(KeystoreResult::Empty))
        .signed_out_for(SignedOutReason::Never);
}

#[test]
fn s01_a_name_that_is_refused_stays_on_screen_with_the_reason() {
    let refused = Event::TenantRejected {
        typed: "de zon".to_owned(),
        error: error(ErrorKind::TenantInvalid),
    };
    let tablet = Tablet::new(not_set_up()).after(refused);
    let expected = Screen::NotSetUp {
        suffix: ".ouderportaal.nl".to_owned(),
        typed: "de zon".to_owned(),
        kind: Some(error(ErrorKind::TenantInvalid)),
        manual: true,
    };
    assert_eq!(tablet.screen(), expected);
    // Looking for managed settings meanwhile does not take it away.
    assert_eq!(tablet.after(settings_read(not_set_up())).screen(), expected);
}

#[test]
fn s01_managed_settings_that_come_late_are_found_without_a_person() {
    let managed = AppSettings {
        manual: false,
        ..not_set_up()
    };
    let tablet = Tablet::new(managed.clone()).does(&[retry(4)]);
    let tablet = tablet
        .after(Event::RetryDue)
        .does(&[Effect::ReadSettings])
        .after(settings_read(managed))
        .does(&[retry(4)]);
    let tablet = tablet.press(Action::Retry).does(&[Effect::ReadSettings]);
    tablet.after(settings_read(settings())).does(&[Effect::ReadKeystore]);
}

#[test]
fn s01_a_note_of_another_days_session_opens_nothing_for_a_name_that_was_just_typed() {
    Tablet::new(not_set_up())
        .after(remembered(settings()))
        .does(&[Effect::ReadKeystore])
        .shows("starting");
}

// S2

#[test]
fn s02_one_tap_makes_the_request_and_opens_the_browser() {
    let tablet = Tablet::signed_out().signed_out_for(SignedOutReason::Never);
    let tablet = tablet
        .press(Action::SignIn)
        .does(&[Effect::BeginSignIn { fresh: false }])
        .shows("sign_in");
    let tablet = tablet
        .after(Event::AuthorizationRequestReady(url(REQUEST)))
        .does(&[Effect::OpenBrowser(url(REQUEST))])
        .shows("browser");
    let tablet = tablet.after(callback()).does(&[check()]).shows("finishing");
    let tablet = tablet.after(Event::SignedIn { unsaved: None });
    tablet
        .does(&[
            load(GROUP),
            Effect::ShowSite,
            Effect::RememberSession(true),
            Effect::KeepSessionAlive,
        ])
        .shows("group");
}

#[test]
fn s02_a_second_tap_on_the_button_begins_nothing_twice() {
    Tablet::signed_out()
        .press(Action::SignIn)
        .after(Event::UserAction(Action::SignIn))
        .does(&[]);
}

#[test]
fn s02_a_cancel_goes_back_to_the_button_and_keeps_the_reason() {
    let tablet = Tablet::in_group()
        .after(Event::SessionEnded(SignedOutReason::Expired))
        .press(Action::SignIn);
    let tablet = tablet
        .press(Action::Cancel)
        .does(&[Effect::CancelSignIn])
        .signed_out_for(SignedOutReason::Expired);
    // What was under way and answers all the same changes nothing any more.
    let tablet = tablet.after(Event::AuthorizationRequestReady(url(REQUEST))).does(&[]);
    tablet
        .after(Event::SignInFailed(error(ErrorKind::NoNetwork)))
        .does(&[])
        .signed_out_for(SignedOutReason::Expired);
}

#[test]
fn s02_the_browser_opens_again_for_the_same_sign_in() {
    in_browser()
        .press(Action::OpenBrowserAgain)
        .does(&[Effect::OpenBrowser(url(REQUEST))])
        .shows("browser");
}

#[test]
fn s02_a_foreign_callback_during_the_browsers_sign_in_changes_nothing() {
    let before = in_browser();
    let stage = before.state.stage.clone();
    let tablet = before
        .after(callback())
        .shows("finishing")
        .after(Event::CallbackIgnored)
        .shows("browser");
    assert_eq!(tablet.state.stage, stage);
}

#[test]
fn s02_a_foreign_callback_does_not_swallow_the_request_that_was_being_made() {
    let tablet = Tablet::signed_out().press(Action::SignIn).after(callback());
    let tablet = tablet
        .after(Event::AuthorizationRequestReady(url(REQUEST)))
        .does(&[Effect::OpenBrowser(url(REQUEST))]);
    tablet.after(Event::CallbackIgnored).shows("browser");
}

#[test]
fn s02_a_callback_that_comes_twice_signs_in_once() {
    let tablet = in_browser().after(callback()).after(callback()).does(&[check()]);
    let tablet = tablet
        .after(Event::CallbackIgnored)
        .shows("finishing")
        .after(Event::SignedIn { unsaved: None })
        .shows("group");
    tablet.after(callback()).does(&[]).shows("group");
}

#[test]
fn s02_what_happens_behind_a_callback_that_is_checked_ends_only_a_page_that_died() {
    let browser = || {
        Tablet::signed_out_with(with_login(LoginMethod::Browser))
            .press(Action::SignIn)
            .after(Event::AuthorizationRequestReady(url(REQUEST)))
            .after(callback())
    };
    browser()
        .after(Event::BrowserFailed(error(ErrorKind::NoBrowser)))
        .does(&[])
        .shows("finishing");
    browser()
        .after(Event::SiteFailed(error(ErrorKind::SiteCrashed)))
        .does(&[])
        .shows("finishing");
    let here = || {
        Tablet::signed_out_with(with_login(LoginMethod::InApp))
            .press(Action::SignIn)
            .after(Event::AuthorizationRequestReady(url(REQUEST)))
            .after(callback())
    };
    here()
        .after(Event::SiteFailed(error(ErrorKind::NoNetwork)))
        .does(&[])
        .shows("finishing");
    here()
        .after(Event::SiteFailed(error(ErrorKind::SiteCrashed)))
        .does(&[Effect::CloseSite])
        .shows("finishing");
}

#[test]
fn s02_a_link_elsewhere_on_the_sign_in_page_is_no_guest_network() {
    let here = Tablet::signed_out_with(with_login(LoginMethod::InApp))
        .press(Action::SignIn)
        .after(Event::AuthorizationRequestReady(url(REQUEST)));
    here.after(Event::SiteLoaded(url(LOGIN)))
        .after(astray("https://example.org/"))
        .does(&[])
        .shows("in_app");
}

#[test]
fn s02_two_foreign_callbacks_are_over_when_both_were_looked_at() {
    let tablet = in_browser()
        .after(callback())
        .after(callback())
        .after(Event::CallbackIgnored)
        .shows("finishing");
    tablet.after(Event::CallbackIgnored).shows("browser");
}

#[test]
fn s02_a_sign_in_that_failed_is_forgotten_already_and_takes_its_page_away() {
    let failed = || Event::SignInFailed(error(ErrorKind::SignInRejected));
    in_browser().after(failed()).does(&[]).shows("trouble");
    let here = Tablet::signed_out_with(with_login(LoginMethod::InApp))
        .press(Action::SignIn)
        .after(Event::AuthorizationRequestReady(url(REQUEST)));
    here.after(failed()).does(&[Effect::CloseSite]).shows("trouble");
}

#[test]
fn s02_a_callback_after_the_app_was_killed_is_checked_once_the_keystore_is_read() {
    let tablet = Tablet::default()
        .after(callback())
        .after(settings_read(settings()))
        .does(&[Effect::ReadKeystore])
        .shows("starting");
    let tablet = tablet
        .after(Event::KeystoreRead(KeystoreResult::Empty))
        .does(&[check()])
        .shows("finishing");
    tablet.after(Event::SignedIn { unsaved: None }).shows("group");
}

#[test]
fn s02_a_stray_callback_at_the_button_ends_at_the_button() {
    Tablet::signed_out()
        .after(callback())
        .shows("finishing")
        .after(Event::CallbackIgnored)
        .does(&[])
        .signed_out_for(SignedOutReason::Never);
}

#[test]
fn s02_a_check_that_never_ends_can_be_left_and_a_late_yes_still_counts() {
    let tablet = in_browser()
        .after(callback())
        .press(Action::Cancel)
        .does(&[Effect::CancelSignIn])
        .shows("sign_in");
    tablet.after(Event::SignedIn { unsaved: None }).shows("group");
}

#[test]
fn s02_another_organisation_can_be_chosen_and_stops_the_sign_in() {
    let tablet = Tablet::signed_out()
        .press(Action::ChangeOrganisation)
        .does(&[Effect::ForgetTenant]);
    let tablet = tablet.after(settings_read(not_set_up()));
    tablet
        .does(&[Effect::CancelSignIn, Effect::CloseSite, retry(4)])
        .shows("not_set_up");
    let tablet = Tablet::signed_out()
        .press(Action::SignIn)
        .after(Event::UserAction(Action::ChangeOrganisation));
    tablet
        .does(&[Effect::CancelSignIn, Effect::ForgetTenant])
        .after(settings_read(settings()))
        .signed_out_for(SignedOutReason::Never);
}

// S3, S4

#[test]
fn s03_the_group_view_opens_at_once_and_the_keystore_is_read_beside_it() {
    let tablet = Tablet::default().after(remembered(settings()));
    let tablet = tablet
        .does(&[load(GROUP), Effect::ShowSite, Effect::ReadKeystore])
        .shows("group");
    tablet
        .after(Event::KeystoreRead(KeystoreResult::Session))
        .does(&[Effect::KeepSessionAlive])
        .shows("group");
}

#[test]
fn s03_without_the_note_the_keystore_decides() {
    let tablet = Tablet::new(settings()).after(Event::KeystoreRead(KeystoreResult::Session));
    tablet
        .does(&[
            load(GROUP),
            Effect::ShowSite,
            Effect::RememberSession(true),
            Effect::KeepSessionAlive,
        ])
        .shows("group");
}

#[test]
fn s03_a_note_without_a_session_is_definitive() {
    let tablet = Tablet::default()
        .after(remembered(settings()))
        .after(Event::KeystoreRead(KeystoreResult::Empty));
    tablet
        .does(&[Effect::CloseSite, Effect::ClearSite, Effect::RememberSession(false)])
        .signed_out_for(SignedOutReason::Ended);
}

#[test]
fn s03_the_sites_sign_in_is_answered_by_one_hand_off() {
    let tablet = Tablet::in_group()
        .after(Event::NavigationIntercepted(url(REQUEST)))
        .does(&[Effect::RequestSessionTransfer(url(REQUEST))]);
    let tablet = tablet
        .after(Event::SessionTransferReady(url(REQUEST)))
        .does(&[load(REQUEST)]);
    assert!(
        matches!(tablet.state.policy(), NavigationPolicy::Group { transfer: false, .. }),
        "the same navigation passes"
    );
    let tablet = tablet
        .after(Event::SiteLoaded(url(GROUP)))
        .does(&[Effect::StartLoopGuard]);
    assert_eq!(transfer(&tablet), SessionTransfer::Used);
    assert_eq!(transfer(&tablet.after(Event::LoopGuardElapsed)), SessionTransfer::Ready);
}

#[test]
fn s03_a_second_sign_in_of_the_site_while_the_token_comes_gets_the_token() {
    let newer = format!("{REQUEST}2");
    let tablet = Tablet::in_group()
        .after(Event::NavigationIntercepted(url(REQUEST)))
        .after(Event::NavigationIntercepted(url(&newer)))
        .does(&[]);
    tablet
        .after(Event::SessionTransferReady(url(REQUEST)))
        .does(&[load(&newer)]);
    // A token in the address goes for that address only.
    let with_token = format!("{REQUEST}&session_transfer_token=x");
    let tablet = Tablet::in_group()
        .after(Event::NavigationIntercepted(url(REQUEST)))
        .after(Event::NavigationIntercepted(url(&newer)));
    tablet
        .after(Event::SessionTransferReady(url(&with_token)))
        .does(&[load(&with_token)]);
}

#[test]
fn s03_where_there_is_no_hand_off_the_sites_own_sign_in_shows_for_the_rest_of_the_run() {
    let tablet = Tablet::in_group()
        .after(Event::NavigationIntercepted(url(REQUEST)))
        .after(Event::SessionTransferUnsupported)
        .does(&[load(REQUEST)]);
    let tablet = tablet
        .after(Event::SiteLoaded(url(LOGIN)))
        .after(Event::SiteLoaded(url(GROUP)))
        .after(Event::LoopGuardElapsed);
    assert_eq!(transfer(&tablet), SessionTransfer::Unsupported);
    assert!(matches!(
        tablet.state.policy(),
        NavigationPolicy::Group { transfer: false, .. }
    ));
}

#[test]
fn s04_a_tablet_that_is_never_put_away_uses_its_session_from_the_sign_in_on() {
    let tablet = in_browser().after(callback()).after(Event::SignedIn { unsaved: None });
    assert!(tablet.effects.contains(&Effect::KeepSessionAlive));
}

#[test]
fn s04_coming_back_to_the_app_uses_the_session_and_reads_the_settings() {
    Tablet::in_group()
        .after(Event::Resumed)
        .does(&[Effect::ReadSettings, Effect::KeepSessionAlive])
        .shows("group");
}

// S5, S14

#[test]
fn s05_after_sixty_days_the_sign_in_says_why_and_the_settings_stay() {
    let tablet = Tablet::in_group()
        .after(Event::NavigationIntercepted(url(REQUEST)))
        .after(Event::SessionEnded(SignedOutReason::Expired));
    let tablet = tablet
        .does(&[Effect::CloseSite, Effect::ClearSite, Effect::RememberSession(false)])
        .signed_out_for(SignedOutReason::Expired);
    assert_eq!(tablet.state.settings, settings());
    assert_eq!(tablet.state.policy(), NavigationPolicy::Closed);
}

#[test]
fn s14_a_group_account_that_was_signed_out_is_one_tap_from_the_form() {
    let tablet = Tablet::in_group()
        .after(Event::SessionEnded(SignedOutReason::Ended))
        .signed_out_for(SignedOutReason::Ended);
    tablet
        .press(Action::SignIn)
        .does(&[Effect::BeginSignIn { fresh: false }]);
}

#[test]
fn s14_also_after_a_sign_in_that_went_wrong() {
    for problem in ErrorKind::ALL {
        let tablet = in_browser().after(Event::SignInFailed(error(problem))).shows("trouble");
        let begins = |action: &Action| {
            let effects = tablet.state.clone().step(Event::UserAction(action.clone())).1;
            effects
                .iter()
                .any(|effect| matches!(effect, Effect::BeginSignIn { .. } | Effect::BeginDeviceFlow))
        };
        let buttons = driver::pressable(&tablet.state);
        // A name that was typed wrong is no end of a sign-in; from there too, it is two taps.
        let typed = matches!(
            problem,
            ErrorKind::TenantEmpty | ErrorKind::TenantInvalid | ErrorKind::TenantForeign | ErrorKind::TenantEmail
        );
        assert!(buttons.iter().any(begins) || typed, "{kind:?}: {buttons:?}");
        tablet
            .press(Action::Cancel)
            .press(Action::SignIn)
            .does(&[Effect::BeginSignIn { fresh: false }]);
    }
}

#[test]
fn signing_out_is_asked_twice_told_to_the_server_and_leaves_nothing() {
    let tablet = Tablet::in_group()
        .press(Action::ShowStatus)
        .does(&[Effect::HideSite, Effect::ReadStatusInfo])
        .shows("status");
    let tablet = tablet
        .after(Event::UserAction(Action::SignOut))
        .does(&[])
        .press(Action::AskSignOut);
    let tablet = tablet
        .press(Action::Cancel)
        .press(Action::AskSignOut)
        .press(Action::SignOut);
    let tablet = tablet.does(&[
        Effect::SignOut,
        Effect::CloseSite,
        Effect::ClearSite,
        Effect::RememberSession(false),
    ]);
    tablet.signed_out_for(SignedOutReason::Person);
}

#[test]
fn where_signing_out_is_not_allowed_nobody_signs_out() {
    let kept = AppSettings {
        sign_out: false,
        ..settings()
    };
    let tablet = Tablet::in_group()
        .press(Action::ShowStatus)
        .press(Action::AskSignOut)
        .after(settings_read(kept))
        .does(&[]);
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
        .does(&[])
        .shows("status");
}

// S6

#[test]
fn s06_a_personal_account_leaves_no_note_and_no_cookies_for_the_next_start() {
    let tablet = Tablet::new(personal())
        .after(Event::KeystoreRead(KeystoreResult::Empty))
        .does(&[Effect::ClearSite]);
    let tablet = tablet
        .signed_out_for(SignedOutReason::Personal)
        .press(Action::SignIn)
        .after(Event::AuthorizationRequestReady(url(REQUEST)))
        .after(callback());
    tablet
        .after(Event::SignedIn {
            unsaved: Some(error(ErrorKind::KeystoreAbsent)),
        })
        .does(&[
            load(GROUP),
            Effect::ShowSite,
            Effect::RememberSession(false),
            Effect::KeepSessionAlive,
        ]);
}

#[test]
fn s06_a_note_of_a_group_account_opens_nothing_for_a_personal_one() {
    let tablet = Tablet::default()
        .after(remembered(personal()))
        .does(&[Effect::ReadKeystore]);
    tablet
        .after(Event::KeystoreRead(KeystoreResult::Session))
        .does(&[Effect::ClearSite])
        .shows("sign_in");
    let tablet = Tablet::default()
        .after(remembered(broken()))
        .after(remembered(personal()))
        .does(&[Effect::ReadKeystore]);
    tablet.shows("starting");
}

// S7 to S12 happen in the site view: what it may open then is in `policy.rs`. Here: nothing of it disturbs the session.

#[test]
fn s07_to_s12_pages_that_come_and_go_change_nothing() {
    let tablet = Tablet::in_group();
    let stage = tablet.state.stage.clone();
    let profile = url("https://profiel.kidskonnect.example/");
    let tablet = tablet.after(Event::SiteLoaded(profile)).does(&[]);
    let tablet = tablet
        .after(astray("https://example.org/"))
        .does(&[Effect::OpenExternally(url("https://example.org/"))])
        .after(astray("http://example.org/"))
        .does(&[]);
    assert_eq!(
        tablet.state.stage, stage,
        "a link that leads elsewhere leaves the site as it is"
    );
}

#[test]
fn s12_back_from_the_browser_with_nothing_done_the_sign_in_still_waits() {
    in_browser()
        .after(Event::Resumed)
        .does(&[Effect::ReadSettings])
        .after(settings_read(settings()))
        .does(&[])
        .shows("browser");
}

// S18

#[test]
fn s18_without_a_browser_the_same_request_goes_on_inside_the_app() {
    let tablet = in_browser()
        .after(Event::BrowserFailed(error(ErrorKind::NoBrowser)))
        .does(&[load(REQUEST), Effect::ShowSite])
        .shows("in_app");
    assert!(matches!(tablet.state.policy(), NavigationPolicy::SignIn { .. }));
    let tablet = tablet.after(Event::SiteLoaded(url(LOGIN))).after(callback());
    assert!(
        matches!(tablet.state.policy(), NavigationPolicy::SignIn { .. }),
        "until the callback was checked"
    );
    tablet.after(Event::SignedIn { unsaved: None }).does(&[
        load(GROUP),
        Effect::ShowSite,
        Effect::RememberSession(true),
        Effect::KeepSessionAlive,
    ]);
}

#[test]
fn s18_a_browser_that_stays_away_without_a_word_is_passed_by_a_person() {
    let tablet = in_browser();
    assert!(matches!(
        tablet.screen(),
        Screen::Browser {
            here: true,
            with_code: true,
            ..
        }
    ));
    in_browser()
        .press(Action::SignInHere)
        .does(&[load(REQUEST), Effect::ShowSite])
        .shows("in_app");
    tablet
        .press(Action::SignInWithCode)
        .does(&[Effect::CancelSignIn, Effect::BeginDeviceFlow])
        .shows("sign_in");
}

#[test]
fn s18_where_the_settings_insist_on_the_browser_there_is_the_other_device() {
    let tablet = Tablet::signed_out_with(with_login(LoginMethod::Browser))
        .press(Action::SignIn)
        .after(Event::AuthorizationRequestReady(url(REQUEST)));
    assert!(matches!(tablet.screen(), Screen::Browser { here: false, .. }));
    let tablet = tablet
        .after(Event::BrowserFailed(error(ErrorKind::NoBrowser)))
        .does(&[Effect::CancelSignIn]);
    let tablet = tablet.troubled(ErrorKind::NoBrowser, &[Action::SignInWithCode, Action::Cancel]);
    tablet.press(Action::SignInWithCode).does(&[Effect::BeginDeviceFlow]);
}

#[test]
fn s18_a_code_on_another_device_signs_in_this_one() {
    let tablet = Tablet::signed_out_with(with_login(LoginMethod::DeviceCode));
    assert!(
        matches!(tablet.screen(), Screen::SignIn { with_code: false, .. }),
        "the large button gives the code"
    );
    let tablet = tablet
        .press(Action::SignIn)
        .does(&[Effect::BeginDeviceFlow])
        .after(Event::DeviceCodeReady(device_code()))
        .shows("code");
    tablet.after(Event::SignedIn { unsaved: None }).does(&[
        load(GROUP),
        Effect::ShowSite,
        Effect::RememberSession(true),
        Effect::KeepSessionAlive,
    ]);
}

#[test]
fn s18_a_code_that_ran_out_is_renewed_with_one_tap() {
    let tablet = Tablet::signed_out_with(with_login(LoginMethod::DeviceCode))
        .press(Action::SignIn)
        .after(Event::DeviceCodeReady(device_code()));
    let tablet = tablet.after(Event::SignInFailed(error(ErrorKind::CodeExpired)));
    tablet
        .troubled(ErrorKind::CodeExpired, &[Action::SignInWithCode, Action::Cancel])
        .press(Action::SignInWithCode)
        .does(&[Effect::BeginDeviceFlow]);
}

#[test]
fn s18_where_the_server_gives_no_codes_the_app_signs_in_itself() {
    let tablet = Tablet::signed_out_with(with_login(LoginMethod::DeviceCode)).press(Action::SignIn);
    let tablet = tablet.after(Event::SignInFailed(error(ErrorKind::CodeUnavailable)));
    let tablet = tablet
        .troubled(ErrorKind::CodeUnavailable, &[Action::SignInHere, Action::Cancel])
        .press(Action::SignInHere);
    tablet
        .does(&[Effect::BeginSignIn { fresh: false }])
        .after(Event::AuthorizationRequestReady(url(REQUEST)))
        .shows("in_app");
}

#[test]
fn s18_a_sign_in_inside_the_app_that_fails_or_is_left_closes_its_page() {
    let inside = || {
        Tablet::signed_out_with(with_login(LoginMethod::InApp))
            .press(Action::SignIn)
            .after(Event::AuthorizationRequestReady(url(REQUEST)))
    };
    inside()
        .press(Action::Cancel)
        .does(&[Effect::CancelSignIn, Effect::CloseSite])
        .signed_out_for(SignedOutReason::Never);
    let tablet = inside()
        .after(Event::SiteFailed(error(ErrorKind::SiteUnreachable)))
        .does(&[Effect::CancelSignIn, Effect::CloseSite]);
    tablet.troubled(ErrorKind::SiteUnreachable, &[Action::Retry, Action::Cancel]);
    let tablet = inside()
        .after(callback())
        .after(Event::SiteFailed(error(ErrorKind::SiteCrashed)))
        .does(&[Effect::CloseSite])
        .shows("finishing");
    assert_eq!(tablet.state.policy(), NavigationPolicy::Closed);
    tablet
        .after(Event::CallbackIgnored)
        .signed_out_for(SignedOutReason::Never);
}

#[test]
fn a_session_from_a_callback_stops_the_code_that_nobody_needs_any_more() {
    let tablet = in_browser()
        .press(Action::SignInWithCode)
        .after(Event::DeviceCodeReady(device_code()))
        .after(callback());
    let tablet = tablet.after(Event::SignedIn { unsaved: None });
    tablet.does(&[
        Effect::CancelSignIn,
        load(GROUP),
        Effect::ShowSite,
        Effect::RememberSession(true),
        Effect::KeepSessionAlive,
    ]);
}

#[test]
fn facts_that_come_after_the_status_page_was_closed_are_dropped() {
    let facts = app_state::StatusInfo {
        personal: false,
        days_left: Some(59),
        environment: None,
        version: "1".to_owned(),
        ..app_state::StatusInfo::default()
    };
    let tablet = Tablet::in_group()
        .press(Action::ShowStatus)
        .after(Event::StatusInfoRead(facts.clone()));
    assert!(
        matches!(&tablet.state.stage, Phase::SignedIn(signed) if signed.status == Some(StatusPage { facts: Some(facts.clone()), asking: false }))
    );
    tablet
        .press(Action::OpenGroup)
        .after(Event::StatusInfoRead(facts))
        .does(&[])
        .shows("group");
}

#[test]
fn an_organisation_that_changed_while_the_app_was_closed_ends_the_session_with_a_word() {
    let elsewhere = || Event::Settings {
        settings: Box::new(settings()),
        remembered: RememberedSession::OtherOrganisation,
    };
    let ends = [
        Effect::SignOut,
        Effect::CloseSite,
        Effect::ClearSite,
        Effect::RememberSession(false),
        Effect::CancelSignIn,
    ];
    let tablet = Tablet::default().after(elsewhere()).does(&ends).shows("sign_in");
    // The browser may still know the account of before.
    tablet
        .press(Action::SignIn)
        .does(&[Effect::BeginSignIn { fresh: true }]);
    // Also when a wrong setting came in between.
    Tablet::default()
        .after(remembered(broken()))
        .after(elsewhere())
        .does(&ends)
        .shows("sign_in");
}
