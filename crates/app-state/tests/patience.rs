//! What passes by itself, and what nobody asked for: the tablet comes through it without a person.

mod driver;

use app_state::{
    Action, AppSettings, Effect, Event, KeystoreResult, RetryPace, Screen, SessionTransfer, SignedOutReason,
};
use driver::*;
use error_codes::ErrorKind;

#[test]
fn a_sign_in_page_that_nobody_touches_is_left_first_without_a_transfer_and_then_with_one() {
    let on_sign_in_page = |tablet: Tablet, attempt: u32| {
        tablet
            .after(Event::SiteLoaded(url(LOGIN)))
            .expect_effects(&[Effect::WatchSignInPage { attempt }])
    };
    let refused = Tablet::in_group()
        .after(Event::NavigationIntercepted(url(REQUEST)))
        .after(Event::SessionTransferReady(url(REQUEST)));
    let tablet = on_sign_in_page(refused, 0)
        .after(Event::SignInPageUntouched)
        .expect_effects(&[load_site(GROUP)]);
    assert_eq!(
        session_transfer(&tablet),
        SessionTransfer::Used,
        "a web session alone may do"
    );
    let tablet = on_sign_in_page(tablet, 1)
        .after(Event::SignInPageUntouched)
        .expect_effects(&[load_site(GROUP)]);
    assert_eq!(session_transfer(&tablet), SessionTransfer::Ready);
    let tablet = on_sign_in_page(tablet, 2).after(Event::SiteLoaded(url(GROUP)));
    // The group view is back, so the next such page is the first again.
    on_sign_in_page(tablet, 0);
}

#[test]
fn a_sign_in_page_that_shows_itself_again_is_watched_from_its_first_time_on() {
    Tablet::in_group()
        .after(Event::SiteLoaded(url(LOGIN)))
        .expect_effects(&[Effect::WatchSignInPage { attempt: 0 }])
        .after(Event::SiteLoaded(url(LOGIN)))
        .expect_effects(&[]);
}

#[test]
fn a_sign_in_page_from_before_an_invalid_setting_is_left_when_the_setting_is_corrected() {
    Tablet::in_group()
        .after(Event::SiteLoaded(url(LOGIN)))
        .after(settings_read(invalid_settings()))
        // Its timer ends meanwhile.
        .after(Event::SignInPageUntouched)
        .expect_effects(&[])
        .after(settings_read(settings()))
        .expect_effects(&[load_site(GROUP), Effect::ShowSite]);
}

#[test]
fn a_page_of_the_site_is_never_left_by_itself() {
    let untouched = |tablet: Tablet| tablet.after(Event::SignInPageUntouched).expect_effects(&[]);
    let on_sign_in_page = Tablet::in_group().after(Event::SiteLoaded(url(LOGIN)));
    untouched(on_sign_in_page.after(Event::SiteLoaded(url(GROUP))));
    untouched(Tablet::in_group());
    untouched(Tablet::in_browser());
}

#[test]
fn a_rotated_token_that_the_keystore_refused_is_saved_until_that_holds_and_staff_see_nothing_of_it() {
    let tablet = Tablet::in_group()
        .after(Event::SessionUnsaved(error(ErrorKind::KeystoreAbsent)))
        .expect_effects(&[retry_later(RetryPace::Tablet, 0)]);
    let tablet = tablet
        .after(Event::RetryDue)
        .expect_effects(&[Effect::SaveSession, retry_later(RetryPace::Tablet, 1)])
        .after(Event::SessionUnsaved(error(ErrorKind::KeystoreFailed)))
        .expect_effects(&[]);
    assert!(matches!(tablet.screen(), Screen::Group { .. }));
    tablet
        .after(Event::SessionSaved)
        .expect_effects(&[Effect::RememberSession(true)])
        .after(Event::RetryDue)
        .expect_effects(&[]);
}

#[test]
fn a_person_can_sign_in_anew_where_the_keystore_never_gives_the_session_back() {
    let tablet = Tablet::default()
        .after(settings_read_with_session(settings()))
        .after(Event::KeystoreRead(KeystoreResult::Unreadable(error(
            ErrorKind::KeystoreFailed,
        ))))
        .after(Event::NavigationIntercepted(url(REQUEST)))
        .after(Event::SessionTransferDeferred(error(ErrorKind::KeystoreFailed)))
        .expect_error_screen(
            ErrorKind::KeystoreFailed,
            &[Action::OpenGroup, Action::Retry, Action::SignIn, Action::ShowStatus],
        );
    tablet
        .press(Action::SignIn)
        .expect_effects(&[Effect::BeginSignIn { fresh: false }]);
    // With a session that the keystore did give, it is a passing fault.
    Tablet::in_group()
        .after(Event::NavigationIntercepted(url(REQUEST)))
        .after(Event::SessionTransferDeferred(error(ErrorKind::KeystoreFailed)))
        .expect_error_screen(
            ErrorKind::KeystoreFailed,
            &[Action::OpenGroup, Action::Retry, Action::ShowStatus],
        );
}

#[test]
fn a_callback_still_counts_after_the_browsers_window_has_closed() {
    let tablet = Tablet::in_browser()
        .after(Event::BrowserClosed)
        .expect_effects(&[])
        .expect_sign_in_screen(SignedOutReason::Never);
    let Event::Callback(link) = callback() else {
        unreachable!()
    };
    tablet.after(callback()).expect_effects(&[Effect::CompleteSignIn(link)]);
}

#[test]
fn a_personal_session_that_is_idle_behind_an_invalid_setting_ends() {
    let personal = AppSettings {
        personal: true,
        ..settings()
    };
    let tablet = Tablet::signed_out_with(personal)
        .press(Action::SignIn)
        .after(Event::AuthorizationRequestReady(url(REQUEST)))
        .after(callback())
        .after(Event::SignedIn { unsaved: None })
        .after(settings_read(invalid_settings()))
        .expect_screen("trouble")
        .after(Event::IdleTimeout);
    assert!(
        tablet.effects.starts_with(&[Effect::SignOut, Effect::CloseSite]),
        "{:?}",
        tablet.effects
    );
    assert!(tablet.effects.contains(&Effect::ClearSite));
}
