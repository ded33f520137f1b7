//! Claims that an ID token must carry because the authorization request asked for them: `auth_time` for `max_age`, and
//! Auth0's `org_id` or `org_name` for `organization`.

use serde_json::Value;
use session::Error;
use session::IdTokenError::AuthTime;

use crate::common::{Fixture, real_now};

#[tokio::test]
async fn max_age_is_checked_against_auth_time_also_after_a_restart() {
    let rows: &[(&str, fn(&mut Value), bool)] = &[
        ("missing (3.1.3.7, 13)", |_| {}, false),
        (
            "older than max_age allows",
            |claims| claims["auth_time"] = (real_now() - 300 - 61).into(),
            false,
        ),
        (
            "in the future",
            |claims| claims["auth_time"] = (real_now() + 75).into(),
            false,
        ),
        ("a text", |claims| claims["auth_time"] = "now".into(), false),
        (
            "young enough",
            |claims| claims["auth_time"] = (real_now() - 299).into(),
            true,
        ),
    ];
    for (reason, change, accepted) in rows {
        let mut fixture = Fixture::with(|config| config.max_age = Some(300)).await;
        fixture.behave(|behaviour| behaviour.claims = *change);
        let callback = fixture.callback().await;
        // The restarted app no longer knows the parameter that was sent; the pending sign-in does.
        fixture.config.max_age = None;
        match fixture.restarted().complete_sign_in(&callback).await {
            Ok(_) => assert!(accepted, "{reason}"),
            Err(refused) => assert!(
                !accepted && refused.error == Error::IdToken(AuthTime),
                "{reason}: {refused:?}"
            ),
        }
    }
}

#[tokio::test]
async fn the_organization_is_checked_by_id_or_by_name_also_after_a_restart() {
    let rows: &[(&str, &str, fn(&mut Value), bool)] = &[
        ("org_zon", "no org_id", |_| {}, false),
        (
            "org_zon",
            "another org_id",
            |claims| claims["org_id"] = "org_regen".into(),
            false,
        ),
        (
            "org_zon",
            "the name only",
            |claims| claims["org_name"] = "org_zon".into(),
            false,
        ),
        ("org_zon", "the id", |claims| claims["org_id"] = "org_zon".into(), true),
        (
            "Zonnetje",
            "no org_name",
            |claims| claims["org_id"] = "Zonnetje".into(),
            false,
        ),
        (
            "Zonnetje",
            "another org_name",
            |claims| claims["org_name"] = "regenboog".into(),
            false,
        ),
        (
            "Zonnetje",
            "the name in lower case",
            |claims| claims["org_name"] = "zonnetje".into(),
            true,
        ),
    ];
    for (organization, reason, change, accepted) in rows {
        let mut fixture = Fixture::with(|config| config.organization = Some((*organization).to_owned())).await;
        fixture.behave(|behaviour| behaviour.claims = *change);
        let callback = fixture.callback().await;
        assert!(fixture.provider.posts("/authorize")[0]["organization"] == *organization);
        fixture.config.organization = None;
        match fixture.restarted().complete_sign_in(&callback).await {
            Ok(_) => assert!(accepted, "{organization}, {reason}"),
            Err(refused) => assert!(
                !accepted && refused.error == Error::WrongOrganization,
                "{organization}, {reason}: {refused:?}"
            ),
        }
    }
}
