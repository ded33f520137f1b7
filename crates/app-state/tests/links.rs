//! Setup links, and what ends a personal session.

mod driver;

use app_state::{Action, AppSettings, Effect, Event, RememberedSession, Screen, SetupOffer, SignedOutReason};
use driver::{Tablet, error, not_set_up, other_organisation, settings, settings_read, setup_offer, site_failed};
use error_codes::ErrorKind;

fn offered() -> Event {
    Event::SetupLinkOffered(setup_offer())
}

#[test]
fn a_setup_card_scanned_on_a_new_tablet_asks_first_and_leads_to_sign_in() {
    let tablet = Tablet::new(not_set_up())
        .after(offered())
        .expect_effects(&[])
        .expect_screen("set_up_link");
    let tablet = tablet
        .press(Action::UseLink)
        .expect_effects(&[Effect::UseSetupLink])
        .expect_screen("not_set_up");
    tablet
        .after(settings_read(other_organisation()))
        .expect_effects(&[Effect::ReadKeystore]);
}

#[test]
fn a_setup_link_that_starts_the_app_asks_before_the_keystore_answers() {
    let tablet = Tablet::new(settings())
        .after(offered())
        .expect_screen("set_up_link")
        .after(Event::KeystoreRead(app_state::KeystoreResult::Empty))
        .expect_screen("set_up_link");
    tablet
        .press(Action::Cancel)
        .expect_effects(&[Effect::DropSetupLink])
        .expect_screen("sign_in");
}

#[test]
fn a_setup_link_over_the_group_view_ends_nothing_until_somebody_accepts_it() {
    let tablet = Tablet::in_group()
        .after(offered())
        .expect_effects(&[Effect::HideSite])
        .expect_screen("set_up_link");
    assert!(matches!(tablet.screen(), Screen::SetUpLink { ends_session: true, .. }));
    let tablet = tablet
        .press(Action::Cancel)
        .expect_effects(&[Effect::DropSetupLink, Effect::ShowSite])
        .expect_screen("group");
    let tablet = tablet
        .after(offered())
        .press(Action::UseLink)
        .expect_effects(&[Effect::UseSetupLink, Effect::ShowSite]);
    let moved = Event::Settings {
        settings: Box::new(other_organisation()),
        remembered: RememberedSession::OtherOrganisation,
    };
    tablet.after(moved).expect_sign_in_screen(SignedOutReason::Changed);
}

#[test]
fn a_setup_link_that_changes_only_a_name_keeps_the_session() {
    let tablet = Tablet::in_group().after(Event::SetupLinkOffered(SetupOffer {
        moves: false,
        ..setup_offer()
    }));
    assert!(matches!(
        tablet.screen(),
        Screen::SetUpLink {
            ends_session: false,
            ..
        }
    ));
}

#[test]
fn a_second_setup_link_and_a_setup_link_during_a_sign_in_change_nothing() {
    let tablet = Tablet::new(not_set_up()).after(offered());
    let before = tablet.state.clone();
    let other = Event::SetupLinkOffered(SetupOffer {
        organisation: "Anders".to_owned(),
        ..setup_offer()
    });
    assert_eq!(
        tablet.after(other).expect_effects(&[Effect::DropSetupLink]).state,
        before
    );

    let before = Tablet::in_browser().state;
    assert_eq!(
        Tablet::in_browser()
            .after(offered())
            .expect_effects(&[Effect::DropSetupLink])
            .state,
        before
    );
}

#[test]
fn a_refused_setup_link_shows_its_error_on_the_set_up_and_sign_in_screens_only() {
    let refused = || Event::SetupLinkRefused(error(ErrorKind::LinkRefused));
    let tablet = Tablet::new(not_set_up()).after(refused());
    assert!(
        matches!(tablet.screen(), Screen::NotSetUp { error: Some(shown), .. } if shown == error(ErrorKind::LinkRefused))
    );
    Tablet::signed_out().after(refused()).expect_error_screen(
        ErrorKind::LinkRefused,
        &[Action::SignIn, Action::ChangeOrganisation, Action::Cancel],
    );
    for quiet in [
        Tablet::in_group(),
        Tablet::in_browser(),
        Tablet::new(not_set_up()).after(offered()),
    ] {
        let before = quiet.state.clone();
        assert_eq!(quiet.after(refused()).expect_effects(&[]).state, before);
    }
}

#[test]
fn the_site_never_covers_the_question_about_a_setup_link() {
    let tablet = Tablet::in_group()
        .after(site_failed(ErrorKind::SiteUnreachable))
        .after(offered());
    let tablet = tablet
        .after(Event::RetryDue)
        .after(Event::SiteLoaded(driver::url(driver::GROUP)));
    assert!(!tablet.effects.contains(&Effect::ShowSite), "{:?}", tablet.effects);
    let tablet = tablet.expect_screen("set_up_link").press(Action::Cancel);
    assert!(tablet.effects.contains(&Effect::ShowSite), "{:?}", tablet.effects);
}

#[test]
fn an_idle_timeout_ends_a_personal_session_and_keeps_a_group_accounts_session() {
    let personal = AppSettings {
        personal: true,
        ..settings()
    };
    let tablet = Tablet::signed_out_with(personal)
        .press(Action::SignIn)
        .after(Event::AuthorizationRequestReady(driver::url(driver::REQUEST)));
    let tablet = tablet
        .after(driver::callback())
        .after(Event::SignedIn { unsaved: None })
        .expect_screen("group");
    let tablet = tablet.after(Event::IdleTimeout).expect_effects(&[
        Effect::SignOut,
        Effect::CloseSite,
        Effect::RememberSession(false),
        Effect::ClearSite,
    ]);
    tablet.expect_sign_in_screen(SignedOutReason::Personal);

    Tablet::in_group()
        .after(Event::IdleTimeout)
        .expect_effects(&[])
        .expect_screen("group");
}
