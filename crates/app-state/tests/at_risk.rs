//! A session that the identity provider does not renew: staff hear it, and go on working.
#![allow(clippy::unwrap_used, reason = "test code only")]

mod driver;

use app_state::{Action, Effect, Event, Screen};
use driver::{GROUP, REQUEST, Tablet, error, load_site, url};
use error_codes::{ErrorCode, ErrorKind};

fn at_risk() -> Event {
    Event::SessionAtRisk(Some(ErrorCode::PersonNeeded))
}

#[test]
fn staff_read_that_the_session_is_not_renewed_with_the_code_for_the_helpdesk() {
    let tablet = Tablet::in_group().after(at_risk()).expect_effects(&[Effect::HideSite]);
    let tablet = tablet.expect_error_screen(ErrorKind::SessionAtRisk, &[Action::OpenGroup, Action::ShowStatus]);
    let Screen::Trouble {
        error,
        retries,
        signed_in,
        ..
    } = tablet.screen()
    else {
        panic!("no error screen")
    };
    assert_eq!(error.code, ErrorCode::PersonNeeded);
    assert!(
        !retries && !signed_in,
        "the words must not promise what the server refuses"
    );
}

#[test]
fn whoever_has_read_it_works_on_in_the_page_as_it_was_left() {
    let tablet = Tablet::in_group().after(at_risk()).press(Action::OpenGroup);
    let tablet = tablet.expect_effects(&[Effect::ShowSite]).expect_screen("group");
    // The status page does not bring it back.
    let tablet = tablet.press(Action::ShowStatus).press(Action::OpenGroup);
    tablet.expect_effects(&[Effect::ShowSite]).expect_screen("group");
}

#[test]
fn a_session_that_is_renewed_after_all_takes_the_words_away() {
    let tablet = Tablet::in_group().after(at_risk()).after(Event::SessionAtRisk(None));
    tablet.expect_effects(&[Effect::ShowSite]).expect_screen("group");
    let tablet = Tablet::in_group().after(Event::SessionAtRisk(None));
    tablet.expect_effects(&[]).expect_screen("group");
    let tablet = Tablet::in_group()
        .after(Event::NavigationIntercepted(url(REQUEST)))
        .after(at_risk())
        .after(Event::SessionTransferReady(url(REQUEST)));
    tablet
        .expect_effects(&[load_site(REQUEST), Effect::ShowSite])
        .expect_screen("group");
}

#[test]
fn what_stops_the_work_is_shown_first() {
    let tablet = Tablet::in_group()
        .after(driver::site_failed(ErrorKind::SiteUnreachable))
        .after(at_risk());
    let tablet = tablet
        .expect_effects(&[])
        .expect_error_screen(ErrorKind::SiteUnreachable, &[Action::Retry, Action::ShowStatus]);
    let tablet = tablet.after(Event::RetryDue).after(Event::SiteLoaded(url(GROUP)));
    tablet.expect_error_screen(ErrorKind::SessionAtRisk, &[Action::OpenGroup, Action::ShowStatus]);
    // Behind the status page it waits for whoever closes that.
    let tablet = Tablet::in_group().press(Action::ShowStatus).after(at_risk());
    let tablet = tablet.expect_screen("status").press(Action::OpenGroup);
    tablet.expect_error_screen(ErrorKind::SessionAtRisk, &[Action::OpenGroup, Action::ShowStatus]);
}

#[test]
fn without_a_session_there_is_nothing_to_say() {
    let tablet = Tablet::in_group().after(Event::SessionEnded(app_state::SignedOutReason::Ended));
    tablet.after(at_risk()).expect_effects(&[]).expect_screen("sign_in");
    let unsaved = Event::SignedIn {
        unsaved: Some(error(ErrorKind::KeystoreFailed)),
    };
    let tablet = Tablet::signed_out()
        .after(Event::UserAction(Action::SignIn))
        .after(unsaved);
    // One press dismisses what is on screen, and nothing that nobody has read.
    let tablet = tablet.after(at_risk()).press(Action::OpenGroup).expect_effects(&[]);
    let tablet = tablet.expect_error_screen(ErrorKind::SessionAtRisk, &[Action::OpenGroup, Action::ShowStatus]);
    let tablet = tablet.press(Action::OpenGroup).expect_effects(&[Effect::ShowSite]);
    tablet.expect_screen("group");
}

#[test]
fn a_screen_promises_no_session_that_is_not_renewed() {
    let stays = |tablet: &Tablet| matches!(tablet.screen(), Screen::Trouble { signed_in: true, .. });
    let failed = Tablet::in_group().after(driver::site_failed(ErrorKind::SiteUnreachable));
    assert!(stays(&failed));
    assert!(!stays(&failed.after(at_risk())));
}

#[test]
fn a_renewal_while_the_site_has_to_wait_takes_the_words_away_too() {
    let busy = Event::SiteFailed {
        error: error(ErrorKind::ServerBusy),
        retry_after: Some(std::time::Duration::from_mins(2)),
    };
    let tablet = Tablet::in_group()
        .after(at_risk())
        .after(Event::NavigationIntercepted(url(REQUEST)))
        .after(busy)
        .after(Event::SessionTransferReady(url(REQUEST)));
    let tablet = tablet
        .after(Event::SiteWaitElapsed)
        .after(Event::SiteLoaded(url(GROUP)));
    tablet.expect_screen("group");
}
