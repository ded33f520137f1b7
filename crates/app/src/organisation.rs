//! Converts resolved settings into [`AppSettings`].

use app_state::{AppError, AppSettings, HostRule, Organisation};
use error_codes::ErrorCode;
use settings::{AccountType, Resolved, SignInTarget};
use url::Url;

/// The redirect URI of a sign-in.
pub const REDIRECT_URI: &str = "nl.kidskonnect.groep:/callback";

/// The settings for the state machine. `learnt` is the authorization endpoint as last learnt from the identity
/// provider's metadata.
pub(crate) fn app_settings(read: Result<&Resolved, AppError>, learnt: Option<&Url>) -> AppSettings {
    let resolved = match read {
        Ok(resolved) => resolved,
        Err(error) => {
            return AppSettings {
                error: Some(error),
                ..AppSettings::default()
            };
        }
    };
    let (organisation, error) = match &resolved.target {
        Ok(None) => (None, None),
        Ok(Some(target)) => match organisation(target, resolved, learnt) {
            Some(organisation) => (Some(organisation), None),
            None => (None, Some(ErrorCode::UnsoundEnvironment.into())),
        },
        Err(error) => (None, Some(error.code.into())),
    };
    AppSettings {
        organisation,
        error,
        domain_suffix: resolved.tenant_suffix.clone(),
        manual_setup: resolved.may_set_up,
        sign_out_allowed: resolved.may_sign_out,
        login_method: resolved.login_method,
        personal: resolved.account_type == AccountType::Personal,
        language: resolved.language,
    }
}

fn organisation(target: &SignInTarget, resolved: &Resolved, learnt: Option<&Url>) -> Option<Organisation> {
    let issuer = Url::parse(&target.issuer).ok()?;
    let authorization_endpoint = match learnt {
        Some(endpoint) if endpoint.origin() == issuer.origin() => endpoint.clone(),
        // Auth0's path, until the metadata has been read.
        _ => issuer.join("authorize").ok()?,
    };
    Some(Organisation {
        name: display_name(resolved, target),
        session_key: session_key(target),
        group_url: target.group_url.clone(),
        authorization_endpoint,
        redirect_uri: Url::parse(REDIRECT_URI).ok()?,
        trusted_hosts: target
            .trusted_hosts
            .iter()
            .map(|host| host_rule(host))
            .collect::<Option<_>>()?,
        loopback_http: target.development,
    })
}

/// Whose session a sign-in with this target begins: issuer, client, audience and group view in one text. Another text is
/// another owner, whose session and web data are not this one's.
pub(crate) fn session_key(target: &SignInTarget) -> String {
    [
        target.issuer.as_str(),
        &target.client_id,
        target.audience.as_deref().unwrap_or_default(),
        target.group_url.as_str(),
    ]
    .join(" ")
}

/// The organisation's name to show. A name from a weaker source than the tenant itself belongs to another organisation
/// and is not used.
pub(crate) fn display_name(resolved: &Resolved, target: &SignInTarget) -> String {
    let source = |key| resolved.sources.get(key);
    let is_meant = source("organisation_name") <= source("tenant");
    resolved
        .organisation_name
        .clone()
        .filter(|_| is_meant)
        .unwrap_or_else(|| target.tenant.to_string())
}

fn host_rule(host: &str) -> Option<HostRule> {
    match host.strip_prefix("*.") {
        Some(domain) => Some(HostRule::Below(domain.to_owned())),
        None if host.contains("://") => Url::parse(host).ok().map(HostRule::Origin),
        None => Url::parse(&format!("https://{host}")).ok().map(HostRule::Origin),
    }
}

#[cfg(test)]
mod tests {
    use error_codes::ErrorKind;
    use serde_json::{Value, json};
    use settings::Environments;

    use super::*;
    use crate::settings_sources::tests::resolve;

    fn settings_of(managed: &Value) -> AppSettings {
        app_settings(Ok(&resolve(managed)), None)
    }

    #[test]
    fn a_tablet_without_an_organisation_is_not_set_up_and_has_no_error() {
        let settings = settings_of(&json!({}));
        assert_eq!((settings.organisation, settings.error), (None, None));
        assert!(settings.manual_setup && settings.sign_out_allowed && settings.domain_suffix.starts_with('.'));
    }

    #[test]
    fn an_invalid_security_setting_shows_its_own_code_and_no_organisation() {
        let settings = settings_of(&json!({"tenant": "zonnetje", "allowed_hosts": "*.nl"}));
        assert_eq!(settings.organisation, None);
        let error = settings.error.unwrap();
        assert_eq!(
            (error.code, error.kind),
            (ErrorCode::PublicSuffix, ErrorKind::SettingsInvalid)
        );
    }

    #[test]
    fn an_environment_without_values_has_a_kind_of_its_own() {
        let error = settings_of(&json!({"tenant": "zonnetje", "environment": "production"}))
            .error
            .unwrap();
        assert_eq!(
            (error.code, error.kind),
            (ErrorCode::EmptyEnvironment, ErrorKind::EnvironmentEmpty)
        );
    }

    #[test]
    fn settings_that_cannot_be_read_say_nothing_but_why() {
        let error = AppError::from(ErrorCode::ManagedUnreadable);
        let settings = app_settings(Err(error), None);
        assert_eq!(
            settings,
            AppSettings {
                error: Some(error),
                ..AppSettings::default()
            }
        );
    }

    #[test]
    fn the_authorization_endpoint_is_the_one_learnt_if_it_lies_at_the_issuer() {
        let resolved = resolve(&json!({"tenant": "zonnetje"}));
        let issuer = Url::parse(&resolved.target.as_ref().unwrap().as_ref().unwrap().issuer).unwrap();
        let endpoint = |learnt: Option<&Url>| {
            app_settings(Ok(&resolved), learnt)
                .organisation
                .unwrap()
                .authorization_endpoint
        };
        assert_eq!(endpoint(None), issuer.join("authorize").unwrap());
        let learnt = issuer.join("protocol/auth").unwrap();
        assert_eq!(endpoint(Some(&learnt)), learnt);
        let elsewhere = Url::parse("https://elsewhere.example/authorize").unwrap();
        assert_eq!(endpoint(Some(&elsewhere)), issuer.join("authorize").unwrap());
    }

    #[test]
    fn account_login_and_language_are_what_the_settings_say() {
        let settings = settings_of(&json!({
            "account_type": "personal", "login_method": "device_code", "language": "en",
            "allow_manual_setup": false, "allow_sign_out": false
        }));
        assert!(settings.personal && !settings.manual_setup && !settings.sign_out_allowed);
        assert_eq!(settings.login_method, settings::LoginMethod::DeviceCode);
        assert_eq!(settings.language, settings::Language::En);
    }

    #[test]
    fn a_name_counts_only_from_a_source_as_strong_as_the_tenants() {
        let environments = Environments::from_toml(crate::settings_sources::tests::ENVIRONMENTS).unwrap();
        let (tenant, name) = (json!({"tenant": "zonnetje"}), json!({"organisation_name": "Regenboog"}));
        let none = serde_json::Map::new();
        let resolve = |managed: &Value, unsigned: &Value| {
            let sources = settings::Sources {
                managed: managed.as_object().unwrap(),
                signed: &none,
                unsigned: unsigned.as_object().unwrap(),
                typed: &none,
            };
            app_settings(Ok(&settings::resolve_all(&environments, sources)), None)
                .organisation
                .unwrap()
                .name
        };
        assert_eq!(resolve(&tenant, &name), "zonnetje");
        let both = json!({"tenant": "zonnetje", "organisation_name": "Het Zonnetje"});
        assert_eq!(resolve(&both, &json!({})), "Het Zonnetje");
    }

    #[test]
    fn trusted_hosts_are_origins_or_everything_below_a_domain() {
        let hosts = |host| match host_rule(host) {
            Some(HostRule::Origin(origin)) => origin.to_string(),
            Some(HostRule::Below(domain)) => format!("below {domain}"),
            None => "none".to_owned(),
        };
        assert_eq!(hosts("*.example.nl"), "below example.nl");
        assert_eq!(hosts("profiel.example.nl"), "https://profiel.example.nl/");
        assert_eq!(hosts("http://127.0.0.2:4000"), "http://127.0.0.2:4000/");
    }
}
