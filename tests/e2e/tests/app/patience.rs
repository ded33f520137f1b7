//! The scenarios S24 to S26: what passes by itself signs nobody out, and the group view returns.

use std::time::{Duration, Instant};

use e2e::{App, Freeze, Frozen, Outcome, Scenario, run_scenario, set_managed_config, this_test, until};
use serde_json::{Value, json};

/// Long enough for the web session at Konnect to expire, and not the refresh token. In seconds.
const WEB_SESSION_OVER: i64 = 40 * 86_400;

/// Signs a group account in and kills the app. The web session at Konnect is over by the next start.
async fn web_session_over(scenario: &mut Scenario) -> Outcome {
    let app = scenario.app().await?;
    scenario.to_group(&app, "groep.vlinders").await?;
    app.group("Vlinders").await?;
    app.kill(&mut scenario.sandbox);
    scenario.services.control("/clock", json!({"offset": WEB_SESSION_OVER}))
}

async fn start(scenario: &mut Scenario) -> Outcome<App> {
    let (sandbox, services) = (&mut scenario.sandbox, &scenario.services);
    App::start_with(sandbox, services, &Value::Null, WEB_SESSION_OVER).await
}

/// The session is stored, the identity provider did not end it, and the browser showed the first sign-in only.
fn nobody_was_signed_out(scenario: &Scenario) -> Outcome {
    assert!(scenario.sandbox.has_stored_session()?, "the session is stored");
    assert!(!scenario.sandbox.log("app.log").contains("session_ended"));
    assert!(scenario.sandbox.opened_urls().len() <= 1, "somebody signed in again");
    Ok(())
}

#[tokio::test]
async fn s24_a_tablet_that_falls_asleep_in_the_middle_of_a_request_is_still_signed_in_when_it_wakes() {
    run_scenario(this_test!(), async |scenario| {
        scenario.services.control("/leeway", json!({"seconds": 180}))?;
        web_session_over(scenario).await?;
        let asked = scenario.services.requests("identity", "/oauth/token")?;
        scenario.services.control("/faults", json!({"latency_ms": 1_500}))?;
        let app = start(scenario).await?;
        until("a request for a session transfer", async || {
            let now = scenario.services.requests("identity", "/oauth/token")?;
            Ok((now > asked).then_some(()))
        })
        .await?;
        // The identity provider has the request and rotates the token. The tablet is asleep before the answer is there,
        // and the connection is gone when it wakes.
        let sleep = Freeze::of(&scenario.sandbox, Frozen::Everything)?;
        tokio::time::sleep(Duration::from_secs(3)).await;
        scenario
            .services
            .control("/faults", json!({"latency_ms": 0, "down": ["identity", "konnect"]}))?;
        scenario.services.take_down(&[])?;
        sleep.end()?;
        app.group("Vlinders").await?;
        nobody_was_signed_out(scenario)
    })
    .await;
}

#[tokio::test]
async fn s25_a_session_transfer_that_is_refused_leads_to_the_sites_own_sign_in_and_no_dead_end() {
    run_scenario(this_test!("refused"), async |scenario| {
        web_session_over(scenario).await?;
        scenario.services.control("/transfer", json!({"mode": "refuse"}))?;
        let app = start(scenario).await?;
        app.site("/u/").await?;
        scenario.picture("sign-in")?;
        // The identity provider takes transfers again. Nobody touches the page, so the app leaves it by itself: first
        // without a token, then with a new one.
        scenario.services.control("/transfer", json!({"mode": "on"}))?;
        let began = Instant::now();
        while app.group("Vlinders").await.is_err() {
            assert!(began.elapsed() < Duration::from_mins(3), "no group view");
        }
        nobody_was_signed_out(scenario)
    })
    .await;
}

#[tokio::test]
async fn s25_an_identity_provider_that_asks_to_wait_is_asked_again_and_the_group_view_returns() {
    run_scenario(this_test!("busy"), async |scenario| {
        web_session_over(scenario).await?;
        let busy = json!({"token": {"status": 429, "retry_after": 3, "times": 1_000}});
        scenario.services.control("/faults", busy)?;
        let app = start(scenario).await?;
        until("the error's code", async || {
            app.screen("trouble").await?;
            Ok(app.text("[data-screen]").await?.contains("E304").then_some(()))
        })
        .await?;
        scenario.picture("trouble")?;
        scenario.services.control("/faults", json!({"token": null}))?;
        app.group("Vlinders").await?;
        nobody_was_signed_out(scenario)
    })
    .await;
}

#[tokio::test]
async fn s26_an_mdm_that_answers_with_nothing_half_or_a_wrong_configuration_signs_nobody_out() {
    run_scenario(this_test!(), async |scenario| {
        let right = json!({"tenant": "zonnetje"});
        let app = App::start_with(&mut scenario.sandbox, &scenario.services, &right, 0).await?;
        app.screen("sign_in").await?;
        scenario.sign_in(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        let readings = |scenario: &Scenario| scenario.sandbox.log("app.log").matches("\"settings\"").count();
        for (wrong, covers) in [
            (json!({}), false),
            (json!({"tenant": ""}), false),
            (json!({"tenant": "de zon"}), true),
            (json!({"tenant": "zonnetje", "allowed_hosts": 7}), true),
            (json!("{\"tenant\""), true),
        ] {
            let before = readings(scenario);
            set_managed_config(&scenario.sandbox, &wrong)?;
            if covers {
                app.screen("trouble").await?;
                scenario.picture("trouble")?;
            } else {
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
            set_managed_config(&scenario.sandbox, &right)?;
            app.group("Vlinders").await?;
            until("the configuration to be read", async || {
                Ok((readings(scenario) > before || !covers).then_some(()))
            })
            .await?;
        }
        nobody_was_signed_out(scenario)
    })
    .await;
}
