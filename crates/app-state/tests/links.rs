//! Set-up links, and what ends a personal session.

mod driver;

use app_state::{
    Action, AppSettings, Effect, ErrorKind, Event, RememberedSession, Screen, SetupOffer, SignedOutReason,
};
use driver::{Tablet, elsewhere, error, in_browser, not_set_up, offer, settings};

fn offered() -> Event {
    Event::SetupLinkOffered(offer())
}

#[test]
fn a_card_scanned_on_a_new_tablet_is_asked_about_and_leads_to_sign_in() {
    let tablet = Tablet::new(not_set_up())
        .after(offered())
        .does(&[])
        .shows("set_up_link");
    let tablet = tablet
        .press(Action::UseLink)
        .does(&[Effect::UseSetupLink])
        .shows("not_set_up");
    tablet.after(settings_read(elsewhere())).does(&[Effect::ReadKeystore]);
}

#[test]
fn a_link_that_starts_the_app_is_asked_about_before_anything_is_known() {
    let tablet = Tablet::new(settings())
        .after(offered())
        .shows("set_up_link")
        .after(Event::KeystoreRead(app_state::KeystoreResult::Empty))
        .shows("set_up_link");
    tablet
        .press(Action::Cancel)
        .does(&[Effect::DropSetupLink])
        .shows("sign_in");
}

#[test]
fn a_link_over_the_group_view_ends_nothing_until_somebody_says_so() {
    let tablet = Tablet::in_group()
        .after(offered())
        .does(&[Effect::HideSite])
        .shows("set_up_link");
    assert!(matches!(tablet.screen(), Screen::SetUpLink { ends_session: true, .. }));
    let tablet = tablet
        .press(Action::Cancel)
        .does(&[Effect::DropSetupLink, Effect::ShowSite])
        .shows("group");
    let tablet = tablet
        .after(offered())
        .press(Action::UseLink)
        .does(&[Effect::UseSetupLink, Effect::ShowSite]);
    let moved = Event::Settings {
        settings: Box::new(elsewhere()),
        remembered: RememberedSession::OtherOrganisation,
    };
    tablet.after(moved).signed_out_for(SignedOutReason::Changed);
}

#[test]
fn a_link_that_changes_a_name_only_keeps_the_session() {
    let tablet = Tablet::in_group().after(Event::SetupLinkOffered(SetupOffer {
        moves: false,
        ..offer()
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
fn a_second_link_and_one_during_a_sign_in_change_nothing() {
    let tablet = Tablet::new(not_set_up()).after(offered());
    let before = tablet.state.clone();
    let other = Event::SetupLinkOffered(SetupOffer {
        organisation: "Anders".to_owned(),
        ..offer()
    });
    assert_eq!(tablet.after(other).does(&[Effect::DropSetupLink]).state, before);

    let before = in_browser().state;
    assert_eq!(
        in_browser().after(offered()).does(&[Effect::DropSetupLink]).state,
        before
    );
}

#[test]
fn a_link_that_cannot_be_used_is_explained_where_it_was_meant_and_disturbs_nobody_else() {
    let refused = || Event::SetupLinkRefused(error(ErrorKind::LinkRefused));
    let tablet = Tablet::new(not_set_up()).after(refused());
    assert!(
        matches!(tablet.screen(), Screen::NotSetUp { kind: Some(problem), .. } if problem == error(ErrorKind::LinkRefused))
    );
    Tablet::signed_out().after(refused()).troubled(
        ErrorKind::LinkRefused,
        &[Action::SignIn, Action::ChangeOrganisation, Action::Cancel],
    );
    for quiet in [
        Tablet::in_group(),
        in_browser(),
        Tablet::new(not_set_up()).after(offered()),
    ] {
        let before = quiet.state.clone();
        assert_eq!(quiet.after(refused()).does(&[]).state, before);
    }
}

#[test]
fn nothing_of_the_site_comes_over_the_question() {
    let tablet = Tablet::in_group()
        .after(Event::SiteFailed(error(ErrorKind::SiteUnreachable)))
        .after(offered());
    let tablet = tablet
        .after(Event::RetryDue)
        .after(Event::SiteLoaded(driver::url(driver::GROUP)));
    assert!(!tablet.effects.contains(&Effect::ShowSite), "{:?}", tablet.effects);
    let tablet = tablet.shows("set_up_link").press(Action::Cancel);
    assert!(tablet.effects.contains(&Effect::ShowSite), "{:?}", tablet.effects);
}

#[test]
fn a_personal_session_that_nobody_touches_ends_and_a_group_account_stays() {
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
        .shows("group");
    let tablet = tablet.after(Event::IdleTimeout).does(&[
        Effect::SignOut,
        Effect::CloseSite,
        Effect::ClearSite,
        Effect::RememberSession(false),
    ]);
    tablet.signed_out_for(SignedOutReason::Personal);

    Tablet::in_group().after(Event::IdleTimeout).does(&[]).shows("group");
}
