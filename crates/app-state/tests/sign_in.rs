//! Signing in: the scenarios S2, S12, S14 and S18, as far as the state machine decides them.
#![allow(clippy::unwrap_used, reason = "test code only")]

mod driver;

use app_state::{Action, AppSettings, Effect, Event, KeystoreResult, NavigationPolicy, Screen, SignedOutReason};
use driver::{
    GROUP, LOGIN, REQUEST, Tablet, buttons_on_screen, callback, complete_sign_in, device_code, error, load_site,
    not_set_up, redirected_away, retry_seldom, settings, settings_read, site_failed, url,
};
use error_codes::ErrorKind;
use settings::LoginMethod;

fn with_login_method(login_method: LoginMethod) -> AppSettings {
    AppSettings {
        login_method,
        ..settings()
    }
}

// S2

#[test]
fn s02_one_tap_builds_the_authorization_request_and_opens_the_browser() {
    let tablet = Tablet::signed_out().expect_sign_in_screen(SignedOutReason::Never);
    let tablet = tablet
        .press(Action::SignIn)
        .expect_effects(&[Effect::BeginSignIn { fresh: false }])
        .expect_screen("sign_in");
    let tablet = tablet
        .after(Event::AuthorizationRequestReady(url(REQUEST)))
        .expect_effects(&[Effect::OpenBrowser(url(REQUEST))])
        .expect_screen("browser");
    let tablet = tablet
        .after(callback())
        .expect_effects(&[complete_sign_in()])
        .expect_screen("finishing");
    let tablet = tablet.after(Event::SignedIn { unsaved: None });
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
fn s02_a_second_tap_on_the_button_does_not_begin_a_second_sign_in() {
    Tablet::signed_out()
        .press(Action::SignIn)
        .after(Event::UserAction(Action::SignIn))
        .expect_effects(&[]);
}

#[test]
fn s02_cancelling_returns_to_the_sign_in_screen_and_keeps_the_reason() {
    let tablet = Tablet::in_group()
        .after(Event::SessionEnded(SignedOutReason::Expired))
        .press(Action::SignIn);
    let tablet = tablet
        .press(Action::Cancel)
        .expect_effects(&[Effect::CancelSignIn])
        .expect_sign_in_screen(SignedOutReason::Expired);
    // The cancelled request may still answer. Its answers change nothing.
    let tablet = tablet
        .after(Event::AuthorizationRequestReady(url(REQUEST)))
        .expect_effects(&[]);
    tablet
        .after(Event::SignInFailed(error(ErrorKind::NoNetwork)))
        .expect_effects(&[])
        .expect_sign_in_screen(SignedOutReason::Expired);
}

#[test]
fn s02_the_browser_opens_again_with_the_same_authorization_request() {
    Tablet::in_browser()
        .press(Action::OpenBrowserAgain)
        .expect_effects(&[Effect::OpenBrowser(url(REQUEST))])
        .expect_screen("browser");
}

#[test]
fn s02_a_foreign_callback_during_a_sign_in_in_the_browser_changes_nothing() {
    let before = Tablet::in_browser();
    let phase = before.state.phase.clone();
    let tablet = before
        .after(callback())
        .expect_screen("finishing")
        .after(Event::CallbackIgnored)
        .expect_screen("browser");
    assert_eq!(tablet.state.phase, phase);
}

#[test]
fn s02_a_foreign_callback_does_not_discard_the_authorization_request_being_built() {
    let tablet = Tablet::signed_out().press(Action::SignIn).after(callback());
    let tablet = tablet
        .after(Event::AuthorizationRequestReady(url(REQUEST)))
        .expect_effects(&[Effect::OpenBrowser(url(REQUEST))]);
    tablet.after(Event::CallbackIgnored).expect_screen("browser");
}

#[test]
fn s02_a_callback_that_arrives_twice_signs_in_once() {
    let tablet = Tablet::in_browser()
        .after(callback())
        .after(callback())
        .expect_effects(&[complete_sign_in()]);
    let tablet = tablet
        .after(Event::CallbackIgnored)
        .expect_screen("finishing")
        .after(Event::SignedIn { unsaved: None })
        .expect_screen("group");
    tablet.after(callback()).expect_effects(&[]).expect_screen("group");
}

#[test]
fn s02_while_a_callback_is_checked_only_a_page_that_is_gone_closes_the_sign_in() {
    let browser = || {
        Tablet::signed_out_with(with_login_method(LoginMethod::Browser))
            .press(Action::SignIn)
            .after(Event::AuthorizationRequestReady(url(REQUEST)))
            .after(callback())
    };
    browser()
        .after(Event::BrowserFailed(error(ErrorKind::NoBrowser)))
        .expect_effects(&[])
        .expect_screen("finishing");
    browser()
        .after(site_failed(ErrorKind::SiteCrashed))
        .expect_effects(&[])
        .expect_screen("finishing");
    let in_app = || {
        Tablet::signed_out_with(with_login_method(LoginMethod::InApp))
            .press(Action::SignIn)
            .after(Event::AuthorizationRequestReady(url(REQUEST)))
            .after(callback())
    };
    in_app()
        .after(site_failed(ErrorKind::NoNetwork))
        .expect_effects(&[])
        .expect_screen("finishing");
    for gone in [ErrorKind::SiteCrashed, ErrorKind::CaptivePortal] {
        in_app()
            .after(site_failed(gone))
            .expect_effects(&[Effect::CloseSite])
            .expect_screen("finishing");
    }
}

#[test]
fn s02_a_link_on_a_loaded_sign_in_page_is_not_taken_for_a_captive_portal() {
    let in_app = Tablet::signed_out_with(with_login_method(LoginMethod::InApp))
        .press(Action::SignIn)
        .after(Event::AuthorizationRequestReady(url(REQUEST)));
    in_app
        .after(Event::SiteLoaded(url(LOGIN)))
        .after(redirected_away("https://example.org/"))
        .expect_effects(&[])
        .expect_screen("in_app");
}

#[test]
fn s02_the_sign_in_resumes_when_both_of_two_foreign_callbacks_were_checked() {
    let tablet = Tablet::in_browser()
        .after(callback())
        .after(callback())
        .after(Event::CallbackIgnored)
        .expect_screen("finishing");
    tablet.after(Event::CallbackIgnored).expect_screen("browser");
}

#[test]
fn s02_a_failed_sign_in_needs_no_cancel_and_closes_its_page() {
    let failed = || Event::SignInFailed(error(ErrorKind::SignInRejected));
    Tablet::in_browser()
        .after(failed())
        .expect_effects(&[])
        .expect_screen("trouble");
    let in_app = Tablet::signed_out_with(with_login_method(LoginMethod::InApp))
        .press(Action::SignIn)
        .after(Event::AuthorizationRequestReady(url(REQUEST)));
    in_app
        .after(failed())
        .expect_effects(&[Effect::CloseSite])
        .expect_screen("trouble");
}

#[test]
fn s02_a_callback_that_starts_the_app_is_checked_after_the_keystore_was_read() {
    let tablet = Tablet::default()
        .after(callback())
        .after(settings_read(settings()))
        .expect_effects(&[Effect::ReadKeystore])
        .expect_screen("starting");
    let tablet = tablet
        .after(Event::KeystoreRead(KeystoreResult::Empty))
        .expect_effects(&[Effect::ClearSite, complete_sign_in()])
        .expect_screen("finishing");
    tablet.after(Event::SignedIn { unsaved: None }).expect_screen("group");
}

#[test]
fn s02_a_foreign_callback_on_the_sign_in_screen_returns_to_the_sign_in_screen() {
    Tablet::signed_out()
        .after(callback())
        .expect_screen("finishing")
        .after(Event::CallbackIgnored)
        .expect_effects(&[])
        .expect_sign_in_screen(SignedOutReason::Never);
}

#[test]
fn s02_a_callback_check_can_be_cancelled_and_a_late_success_still_signs_in() {
    let tablet = Tablet::in_browser()
        .after(callback())
        .press(Action::Cancel)
        .expect_effects(&[Effect::CancelSignIn])
        .expect_screen("sign_in");
    tablet.after(Event::SignedIn { unsaved: None }).expect_screen("group");
}

#[test]
fn s02_choosing_another_organisation_cancels_the_sign_in() {
    let tablet = Tablet::signed_out()
        .press(Action::ChangeOrganisation)
        .expect_effects(&[Effect::ForgetTenant]);
    let tablet = tablet.after(settings_read(not_set_up()));
    tablet
        .expect_effects(&[Effect::CancelSignIn, Effect::CloseSite, retry_seldom()])
        .expect_screen("not_set_up");
    let tablet = Tablet::signed_out()
        .press(Action::SignIn)
        .after(Event::UserAction(Action::ChangeOrganisation));
    tablet
        .expect_effects(&[Effect::CancelSignIn, Effect::ForgetTenant])
        .after(settings_read(settings()))
        .expect_sign_in_screen(SignedOutReason::Never);
}

#[test]
fn s14_one_tap_begins_a_sign_in_after_a_group_accounts_session_ended() {
    let tablet = Tablet::in_group()
        .after(Event::SessionEnded(SignedOutReason::Ended))
        .expect_sign_in_screen(SignedOutReason::Ended);
    tablet
        .press(Action::SignIn)
        .expect_effects(&[Effect::BeginSignIn { fresh: false }]);
}

#[test]
fn s14_after_a_sign_in_failed_with_any_error_a_sign_in_is_at_most_two_taps_away() {
    for &kind in ErrorKind::ON_TABLET {
        let tablet = Tablet::in_browser()
            .after(Event::SignInFailed(error(kind)))
            .expect_screen("trouble");
        let begins = |action: &Action| {
            let effects = tablet.state.clone().step(Event::UserAction(action.clone())).1;
            effects
                .iter()
                .any(|effect| matches!(effect, Effect::BeginSignIn { .. } | Effect::BeginDeviceFlow))
        };
        let buttons = buttons_on_screen(&tablet.state);
        // A rejected name never ends a sign-in, so its buttons need not begin one.
        let about_name = matches!(
            kind,
            ErrorKind::TenantEmpty | ErrorKind::TenantInvalid | ErrorKind::TenantForeign | ErrorKind::TenantEmail
        );
        assert!(buttons.iter().any(begins) || about_name, "{kind:?}: {buttons:?}");
        tablet
            .press(Action::Cancel)
            .press(Action::SignIn)
            .expect_effects(&[Effect::BeginSignIn { fresh: false }]);
    }
}

#[test]
fn s12_after_a_resume_without_a_callback_the_sign_in_still_waits() {
    Tablet::in_browser()
        .after(Event::Resumed)
        .expect_effects(&[Effect::ReadSettings])
        .after(settings_read(settings()))
        .expect_effects(&[])
        .expect_screen("browser");
}

// S18

#[test]
fn s18_without_a_browser_the_same_authorization_request_continues_inside_the_app() {
    let tablet = Tablet::in_browser()
        .after(Event::BrowserFailed(error(ErrorKind::NoBrowser)))
        .expect_effects(&[load_site(REQUEST), Effect::ShowSite])
        .expect_screen("in_app");
    assert!(matches!(
        tablet.state.navigation_policy(),
        NavigationPolicy::SignIn { .. }
    ));
    let tablet = tablet.after(Event::SiteLoaded(url(LOGIN))).after(callback());
    assert!(
        matches!(tablet.state.navigation_policy(), NavigationPolicy::SignIn { .. }),
        "the sign-in page stays allowed until the callback was checked"
    );
    tablet.after(Event::SignedIn { unsaved: None }).expect_effects(&[
        load_site(GROUP),
        Effect::ShowSite,
        Effect::RememberSession(true),
        Effect::KeepSessionAlive,
    ]);
}

#[test]
fn s18_a_person_can_leave_a_browser_that_did_not_start_and_reported_no_error() {
    let tablet = Tablet::in_browser();
    assert!(matches!(
        tablet.screen(),
        Screen::Browser {
            here: true,
            with_code: true,
            ..
        }
    ));
    Tablet::in_browser()
        .press(Action::SignInHere)
        .expect_effects(&[load_site(REQUEST), Effect::ShowSite])
        .expect_screen("in_app");
    tablet
        .press(Action::SignInWithCode)
        .expect_effects(&[Effect::CancelSignIn, Effect::BeginDeviceFlow])
        .expect_screen("sign_in");
}

#[test]
fn s18_if_the_settings_require_the_browser_and_it_fails_a_device_code_remains() {
    let tablet = Tablet::signed_out_with(with_login_method(LoginMethod::Browser))
        .press(Action::SignIn)
        .after(Event::AuthorizationRequestReady(url(REQUEST)));
    assert!(matches!(tablet.screen(), Screen::Browser { here: false, .. }));
    let tablet = tablet
        .after(Event::BrowserFailed(error(ErrorKind::NoBrowser)))
        .expect_effects(&[Effect::CancelSignIn]);
    let tablet = tablet.expect_error_screen(ErrorKind::NoBrowser, &[Action::SignInWithCode, Action::Cancel]);
    tablet
        .press(Action::SignInWithCode)
        .expect_effects(&[Effect::BeginDeviceFlow]);
}

#[test]
fn s18_a_code_used_on_another_device_signs_this_tablet_in() {
    let tablet = Tablet::signed_out_with(with_login_method(LoginMethod::DeviceCode));
    assert!(
        matches!(tablet.screen(), Screen::SignIn { with_code: false, .. }),
        "the large button already begins the device flow"
    );
    let tablet = tablet
        .press(Action::SignIn)
        .expect_effects(&[Effect::BeginDeviceFlow])
        .after(Event::DeviceCodeReady(device_code()))
        .expect_screen("code");
    tablet.after(Event::SignedIn { unsaved: None }).expect_effects(&[
        load_site(GROUP),
        Effect::ShowSite,
        Effect::RememberSession(true),
        Effect::KeepSessionAlive,
    ]);
}

#[test]
fn s18_one_tap_replaces_an_expired_code() {
    let tablet = Tablet::signed_out_with(with_login_method(LoginMethod::DeviceCode))
        .press(Action::SignIn)
        .after(Event::DeviceCodeReady(device_code()));
    let tablet = tablet.after(Event::SignInFailed(error(ErrorKind::CodeExpired)));
    tablet
        .expect_error_screen(ErrorKind::CodeExpired, &[Action::SignInWithCode, Action::Cancel])
        .press(Action::SignInWithCode)
        .expect_effects(&[Effect::BeginDeviceFlow]);
}

#[test]
fn s18_if_the_identity_provider_issues_no_codes_the_sign_in_continues_inside_the_app() {
    let tablet = Tablet::signed_out_with(with_login_method(LoginMethod::DeviceCode)).press(Action::SignIn);
    let tablet = tablet.after(Event::SignInFailed(error(ErrorKind::CodeUnavailable)));
    let tablet = tablet
        .expect_error_screen(ErrorKind::CodeUnavailable, &[Action::SignInHere, Action::Cancel])
        .press(Action::SignInHere);
    tablet
        .expect_effects(&[Effect::BeginSignIn { fresh: false }])
        .after(Event::AuthorizationRequestReady(url(REQUEST)))
        .expect_screen("in_app");
}

#[test]
fn s18_a_failed_or_cancelled_sign_in_inside_the_app_closes_its_page() {
    let in_app = || {
        Tablet::signed_out_with(with_login_method(LoginMethod::InApp))
            .press(Action::SignIn)
            .after(Event::AuthorizationRequestReady(url(REQUEST)))
    };
    in_app()
        .press(Action::Cancel)
        .expect_effects(&[Effect::CancelSignIn, Effect::CloseSite])
        .expect_sign_in_screen(SignedOutReason::Never);
    let tablet = in_app()
        .after(site_failed(ErrorKind::SiteUnreachable))
        .expect_effects(&[Effect::CancelSignIn, Effect::CloseSite]);
    tablet.expect_error_screen(ErrorKind::SiteUnreachable, &[Action::Retry, Action::Cancel]);
    let tablet = in_app()
        .after(callback())
        .after(site_failed(ErrorKind::SiteCrashed))
        .expect_effects(&[Effect::CloseSite])
        .expect_screen("finishing");
    assert_eq!(tablet.state.navigation_policy(), NavigationPolicy::Closed);
    tablet
        .after(Event::CallbackIgnored)
        .expect_sign_in_screen(SignedOutReason::Never);
}

#[test]
fn a_session_from_a_callback_cancels_the_device_flow_under_way() {
    let tablet = Tablet::in_browser()
        .press(Action::SignInWithCode)
        .after(Event::DeviceCodeReady(device_code()))
        .after(callback());
    let tablet = tablet.after(Event::SignedIn { unsaved: None });
    tablet.expect_effects(&[
        Effect::CancelSignIn,
        load_site(GROUP),
        Effect::ShowSite,
        Effect::RememberSession(true),
        Effect::KeepSessionAlive,
    ]);
}
