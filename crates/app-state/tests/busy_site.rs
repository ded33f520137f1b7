//! A server that asks to be left alone: `Retry-After` of Konnect or of the identity provider.
#![allow(clippy::unwrap_used, reason = "test code only")]

mod driver;

use std::time::Duration;

use app_state::{Action, Effect, Event, RetryPace};
use driver::{
    GROUP, REQUEST, Tablet, error, invalid_settings, load_site, retry_later, settings, settings_read, site_failed, url,
};
use error_codes::ErrorKind;

const TWO_MINUTES: Duration = Duration::from_mins(2);

fn busy(wait: Duration) -> Event {
    Event::SiteFailed {
        error: error(ErrorKind::ServerBusy),
        retry_after: Some(wait),
    }
}

fn wait_for_site(attempt: u32, at_least: Duration) -> Effect {
    Effect::WaitForSite { attempt, at_least }
}

#[test]
fn a_busy_site_is_left_alone_for_as_long_as_it_asked_and_then_loads_by_itself() {
    let tablet = Tablet::in_group()
        .after(busy(TWO_MINUTES))
        .expect_effects(&[Effect::HideSite, wait_for_site(0, TWO_MINUTES)])
        .expect_error_screen(ErrorKind::ServerBusy, &[Action::Retry, Action::ShowStatus]);
    // A retry that was due for something else, and a person who only opens the cover, do not shorten the wait.
    let tablet = tablet.after(Event::RetryDue).expect_effects(&[]);
    let tablet = tablet
        .after(Event::Resumed)
        .expect_effects(&[Effect::ReadSettings, Effect::KeepSessionAlive]);
    let tablet = tablet
        .after(Event::SiteWaitElapsed)
        .expect_effects(&[load_site(GROUP)])
        .after(Event::SiteLoaded(url(GROUP)));
    tablet.expect_effects(&[Effect::ShowSite]).expect_screen("group");
}

#[test]
fn a_person_who_asks_for_it_loads_a_busy_site_at_once_and_the_wait_that_is_over_later_loads_nothing_more() {
    let tablet = Tablet::in_group().after(busy(TWO_MINUTES)).press(Action::Retry);
    let tablet = tablet.expect_effects(&[load_site(GROUP)]);
    let tablet = tablet.after(Event::SiteWaitElapsed).expect_effects(&[]);
    let tablet = tablet.after(Event::SiteLoaded(url(GROUP)));
    tablet.after(Event::SiteWaitElapsed).expect_effects(&[]);
}

#[test]
fn a_site_that_stays_busy_is_asked_less_and_less_often() {
    let tablet = Tablet::in_group()
        .after(busy(Duration::ZERO))
        .after(Event::SiteWaitElapsed)
        .after(busy(Duration::ZERO));
    tablet.expect_effects(&[Effect::HideSite, wait_for_site(1, Duration::ZERO)]);
}

#[test]
fn a_failure_of_the_page_behind_the_error_screen_does_not_end_the_wait() {
    let tablet = Tablet::in_group().after(busy(TWO_MINUTES));
    for kind in [ErrorKind::SiteCrashed, ErrorKind::NoNetwork] {
        let tablet = Tablet::in_group().after(busy(TWO_MINUTES)).after(site_failed(kind));
        let tablet = tablet.expect_effects(&[Effect::HideSite]);
        let tablet = tablet.after(Event::RetryDue).expect_effects(&[]);
        tablet.after(Event::SiteWaitElapsed).expect_effects(&[load_site(GROUP)]);
    }
    // The page behind asks for a sign-in.
    let tablet = tablet.after(Event::NavigationIntercepted(url(REQUEST)));
    tablet
        .expect_effects(&[])
        .after(Event::SiteWaitElapsed)
        .expect_effects(&[load_site(GROUP)]);
}

#[test]
fn a_session_transfer_that_is_ready_does_not_end_the_wait() {
    for answer in [
        Event::SessionTransferReady(url(REQUEST)),
        Event::SessionTransferUnsupported,
        Event::SessionTransferDeferred(error(ErrorKind::ServerDown)),
    ] {
        let tablet = Tablet::in_group()
            .after(Event::NavigationIntercepted(url(REQUEST)))
            .after(busy(TWO_MINUTES));
        let tablet = tablet.after(answer).expect_effects(&[]);
        let tablet = tablet.after(Event::SiteWaitElapsed).expect_effects(&[load_site(GROUP)]);
        // The load after the wait takes the session along.
        tablet
            .after(Event::NavigationIntercepted(url(REQUEST)))
            .expect_effects(&[Effect::RequestSessionTransfer(url(REQUEST))]);
    }
}

#[test]
fn a_corrected_setting_does_not_end_the_wait() {
    let tablet = Tablet::in_group()
        .after(busy(TWO_MINUTES))
        .after(settings_read(invalid_settings()));
    let tablet = tablet
        .after(settings_read(settings()))
        .expect_effects(&[Effect::HideSite]);
    let tablet = tablet.expect_error_screen(ErrorKind::ServerBusy, &[Action::Retry, Action::ShowStatus]);
    tablet.after(Event::SiteWaitElapsed).expect_effects(&[load_site(GROUP)]);
}

#[test]
fn a_site_that_asks_to_be_left_alone_while_a_setting_is_invalid_is_left_alone_afterwards() {
    let tablet = Tablet::in_group()
        .after(settings_read(invalid_settings()))
        .after(busy(TWO_MINUTES));
    let tablet = tablet.expect_effects(&[wait_for_site(0, TWO_MINUTES)]);
    let corrected = tablet
        .after(settings_read(settings()))
        .expect_effects(&[Effect::HideSite]);
    corrected
        .after(Event::SiteWaitElapsed)
        .expect_effects(&[load_site(GROUP)]);
    // The time may also pass before the setting is corrected.
    let tablet = Tablet::in_group()
        .after(settings_read(invalid_settings()))
        .after(busy(TWO_MINUTES));
    let tablet = tablet.after(Event::SiteWaitElapsed).expect_effects(&[]);
    tablet
        .after(settings_read(settings()))
        .expect_effects(&[load_site(GROUP), Effect::ShowSite]);
}

#[test]
fn a_load_by_a_person_that_fails_without_a_request_to_wait_is_retried_at_its_own_pace() {
    let tablet = Tablet::in_group()
        .after(busy(TWO_MINUTES))
        .press(Action::Retry)
        .after(site_failed(ErrorKind::NoNetwork));
    tablet
        .expect_effects(&[Effect::HideSite, retry_later(RetryPace::Network, 1)])
        .after(Event::RetryDue)
        .expect_effects(&[load_site(GROUP)]);
}

#[test]
fn a_keystore_that_refuses_is_tried_again_while_the_site_waits() {
    let tablet = Tablet::in_group()
        .after(Event::SessionUnsaved(error(ErrorKind::KeystoreLocked)))
        .after(busy(TWO_MINUTES));
    tablet
        .after(Event::RetryDue)
        .expect_effects(&[Effect::SaveSession, retry_later(RetryPace::Tablet, 2)]);
}
