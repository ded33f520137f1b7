//! The main job from an empty tablet to the group view after a restart, with a picture of each step.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::stack::Account;
use crate::{App, Browser, Outcome, Scene};

/// The group that walks.
const GROUP: &str = "groep.vlinders";

/// A step that was taken.
#[derive(Clone, Debug)]
pub struct Step {
    /// What a person sees.
    pub words: &'static str,
    /// Its picture.
    pub picture: PathBuf,
}

/// Walks the main job and takes numbered pictures into `folder`. `told` hears of each step as it is done. Without a
/// browser that can be driven, the sign-in is inside the app.
pub async fn walk(scene: &mut Scene, folder: &Path, mut told: impl FnMut(&Step)) -> Outcome<Vec<Step>> {
    let mut steps = vec![];
    let mut picture = |scene: &Scene, name: &str, words: &'static str| -> Outcome {
        let file = folder.join(format!("{:02}-{name}.png", steps.len() + 1));
        scene.desk.picture(&file)?;
        let step = Step { words, picture: file };
        told(&step);
        steps.push(step);
        Ok(())
    };
    let account = scene.stack.account(GROUP);
    let browser = Browser::is_installed();
    let managed = if browser {
        Value::Null
    } else {
        json!({"login_method": "in_app"})
    };
    let app = App::start_with(&mut scene.desk, &scene.stack, &managed, 0).await?;

    app.screen("not_set_up").await?;
    app.drawn().await;
    picture(
        scene,
        "not-set-up",
        "A new tablet is not set up yet. Staff type the name of their organisation (S1).",
    )?;
    app.set_up(&account.tenant).await?;
    app.screen("sign_in").await?;
    app.drawn().await;
    picture(scene, "sign-in", "Set up: one large button starts the sign-in (S2).")?;
    if browser {
        by_browser(scene, &app, &account, &mut picture).await?;
    } else {
        app.press("sign_in").await?;
        app.site("/u/").await?;
        picture(scene, "sign-in-page", "The identity server's own page, inside the app.")?;
        app.sign_in(&account).await?;
    }
    app.group("Vlinders").await?;
    app.drawn().await;
    picture(scene, "group", "Signed in: the group view (S3).")?;

    app.click("#menu summary").await?;
    app.click("#my-profile").await?;
    app.site(scene.stack.profile()).await?;
    app.text("#mfa-switch").await?;
    app.drawn().await;
    picture(scene, "profile", "Mijn gegevens, Mijn profiel: the switch for MFA.")?;
    app.click("#mfa-switch").await?;
    app.site("/mfa/enrol").await?;
    app.text("#trouble").await?;
    app.drawn().await;
    picture(scene, "pop-up", "The switch opens a pop-up with a QR code (S7).")?;
    app.scan().await?;
    app.text("#recovery").await?;
    app.drawn().await;
    picture(
        scene,
        "recovery-code",
        "The one-time code fits: the recovery code to save.",
    )?;
    app.click("#saved").await?;
    app.click("#continue").await?;
    app.site(scene.stack.profile()).await?;
    app.text("#done").await?;
    app.windows_are(2).await?;
    app.drawn().await;
    picture(
        scene,
        "mfa-on",
        "The pop-up has closed itself; the page behind it heard that MFA is on.",
    )?;

    app.kill(&mut scene.desk);
    let app = App::start_with(&mut scene.desk, &scene.stack, &managed, 0).await?;
    app.group("Vlinders").await?;
    app.drawn().await;
    picture(
        scene,
        "after-restart",
        "The app was ended and started again: the group view at once, no sign-in.",
    )?;
    app.kill(&mut scene.desk);
    Ok(steps)
}

async fn by_browser(
    scene: &mut Scene,
    app: &App,
    account: &Account,
    picture: &mut impl FnMut(&Scene, &str, &'static str) -> Outcome,
) -> Outcome {
    let before = scene.desk.opened().len();
    app.press("sign_in").await?;
    let address = scene.opened_after(before).await?;
    app.screen("browser").await?;
    let browser = scene.browser().await?;
    browser.open(&address).await?;
    browser.text("#login").await?;
    picture(
        scene,
        "browser",
        "The identity server's own page, in the tablet's browser.",
    )?;
    browser.sign_in(account).await?;
    app.site("/groep").await?;
    browser.close(&mut scene.desk).await;
    Ok(())
}
