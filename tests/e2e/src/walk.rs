//! The main job, with a picture of each step: from a new tablet to the group view after a restart.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::services::Account;
use crate::{App, Browser, Outcome, Scenario};

/// The account that signs in.
const ACCOUNT: &str = "groep.vlinders";

/// A step that is done.
#[derive(Clone, Debug)]
pub struct Step {
    /// What the picture shows, as a caption.
    pub caption: &'static str,
    /// Its picture.
    pub picture: PathBuf,
}

/// Does the main job, takes numbered pictures into `folder`, and calls `on_step` after each step. If no browser is
/// installed, then the sign-in is inside the app.
pub async fn walk(scenario: &mut Scenario, folder: &Path, mut on_step: impl FnMut(&Step)) -> Outcome<Vec<Step>> {
    let mut steps = vec![];
    let mut picture = |scenario: &Scenario, name: &str, caption: &'static str| -> Outcome {
        let file = folder.join(format!("{:02}-{name}.png", steps.len() + 1));
        scenario.sandbox.picture(&file)?;
        let step = Step { caption, picture: file };
        on_step(&step);
        steps.push(step);
        Ok(())
    };
    let account = scenario.services.account(ACCOUNT);
    let browser = Browser::is_installed();
    let managed = if browser {
        Value::Null
    } else {
        json!({"login_method": "in_app"})
    };
    let app = App::start_with(&mut scenario.sandbox, &scenario.services, &managed, 0).await?;

    app.screen("not_set_up").await?;
    app.wait_for_paint().await;
    picture(
        scenario,
        "not-set-up",
        "A new tablet is not set up yet. Staff type the name of their organisation (S1).",
    )?;
    app.set_up(&account.tenant).await?;
    app.screen("sign_in").await?;
    app.wait_for_paint().await;
    picture(scenario, "sign-in", "Set up: one large button starts the sign-in (S2).")?;
    if browser {
        sign_in_by_browser(scenario, &app, &account, &mut picture).await?;
    } else {
        app.press("sign_in").await?;
        app.site("/u/").await?;
        picture(
            scenario,
            "sign-in-page",
            "The identity provider's own page, inside the app.",
        )?;
        app.sign_in(&account).await?;
    }
    app.group("Vlinders").await?;
    app.wait_for_paint().await;
    picture(scenario, "group", "Signed in: the group view (S3).")?;

    app.click("#menu summary").await?;
    app.click("#my-profile").await?;
    app.site(scenario.services.profile()).await?;
    app.text("#mfa-switch").await?;
    app.wait_for_paint().await;
    picture(scenario, "profile", "Mijn gegevens, Mijn profiel: the switch for MFA.")?;
    app.click("#mfa-switch").await?;
    app.site("/mfa/enrol").await?;
    app.text("#trouble").await?;
    app.wait_for_paint().await;
    picture(scenario, "pop-up", "The switch opens a pop-up with a QR code (S7).")?;
    app.enrol_mfa().await?;
    app.text("#recovery").await?;
    app.wait_for_paint().await;
    picture(
        scenario,
        "recovery-code",
        "The one-time code fits: the recovery code to save.",
    )?;
    app.click("#saved").await?;
    app.click("#continue").await?;
    app.site(scenario.services.profile()).await?;
    app.text("#done").await?;
    app.wait_for_windows(2).await?;
    app.wait_for_paint().await;
    picture(
        scenario,
        "mfa-on",
        "The pop-up has closed itself; the page that opened it shows that MFA is on.",
    )?;

    app.kill(&mut scenario.sandbox);
    let app = App::start_with(&mut scenario.sandbox, &scenario.services, &managed, 0).await?;
    app.group("Vlinders").await?;
    app.wait_for_paint().await;
    picture(
        scenario,
        "after-restart",
        "The app was ended and started again: the group view at once, no sign-in.",
    )?;
    app.kill(&mut scenario.sandbox);
    Ok(steps)
}

async fn sign_in_by_browser(
    scenario: &mut Scenario,
    app: &App,
    account: &Account,
    picture: &mut impl FnMut(&Scenario, &str, &'static str) -> Outcome,
) -> Outcome {
    let before = scenario.sandbox.opened_urls().len();
    app.press("sign_in").await?;
    let address = scenario.next_opened_url(before).await?;
    app.screen("browser").await?;
    let browser = scenario.browser().await?;
    browser.open(&address).await?;
    browser.text("#login").await?;
    picture(
        scenario,
        "browser",
        "The identity provider's own page, in the tablet's browser.",
    )?;
    browser.sign_in(account).await?;
    app.site("/groep").await?;
    browser.close(&mut scenario.sandbox).await;
    Ok(())
}
