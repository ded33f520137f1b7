//! From settings to the ground that `app-state` stands on.

use app_state::{Fault, Ground, HostRule, Language, LoginMethod, Place, Problem};
use settings::{Account, FaultCode, Resolved, Target};
use url::Url;

/// Where a sign-in comes back to.
pub const CALLBACK: &str = "nl.kidskonnect.groep:/callback";

/// The ground for `app-state`; `authorize` is the authorization endpoint as it was last learnt.
pub fn ground(read: Result<&Resolved, &Fault>, authorize: Option<&Url>) -> Ground {
    let resolved = match read {
        Ok(resolved) => resolved,
        Err(fault) => {
            return Ground {
                fault: Some(fault.clone()),
                ..Ground::default()
            };
        }
    };
    let (place, fault) = match &resolved.target {
        Ok(None) => (None, None),
        Ok(Some(target)) => match place(target, resolved, authorize) {
            Some(place) => (Some(place), None),
            None => (
                None,
                Some(Fault::new(
                    Problem::SettingsInvalid,
                    FaultCode::UnsoundEnvironment.code(),
                )),
            ),
        },
        Err(fault) => {
            let problem = match fault.code {
                FaultCode::EmptyEnvironment | FaultCode::UnknownEnvironment => Problem::EnvironmentEmpty,
                FaultCode::Value
                | FaultCode::UnknownKey
                | FaultCode::UnsoundEnvironment
                | FaultCode::Tenant
                | FaultCode::Host => Problem::SettingsInvalid,
            };
            (None, Some(Fault::new(problem, fault.code.code())))
        }
    };
    Ground {
        place,
        fault,
        suffix: resolved.suffix.clone(),
        manual: resolved.may_set_up,
        sign_out: resolved.may_sign_out,
        login: match resolved.login_method {
            settings::LoginMethod::Auto => LoginMethod::Auto,
            settings::LoginMethod::Browser => LoginMethod::Browser,
            settings::LoginMethod::InApp => LoginMethod::InApp,
            settings::LoginMethod::DeviceCode => LoginMethod::DeviceCode,
        },
        personal: resolved.account == Account::Personal,
        language: match resolved.language {
            settings::Language::System => None,
            settings::Language::Nl => Some(Language::Nl),
            settings::Language::En => Some(Language::En),
        },
    }
}

fn place(target: &Target, resolved: &Resolved, authorize: Option<&Url>) -> Option<Place> {
    let issuer = Url::parse(&target.issuer).ok()?;
    let authorize = match authorize {
        Some(learnt) if learnt.origin() == issuer.origin() => learnt.clone(),
        // Auth0's path, until the identity server's metadata has told.
        _ => issuer.join("authorize").ok()?,
    };
    Some(Place {
        organisation: name(resolved, target),
        session: [
            target.issuer.as_str(),
            &target.client_id,
            target.audience.as_deref().unwrap_or_default(),
        ]
        .join(" "),
        group: target.group.clone(),
        authorize,
        callback: Url::parse(CALLBACK).ok()?,
        trusted: target.hosts.iter().map(|host| host_rule(host)).collect::<Option<_>>()?,
        loopback: target.development,
    })
}

/// The organisation's name to show. One from a weaker source than the organisation itself was meant for another.
pub fn name(resolved: &Resolved, target: &Target) -> String {
    let source = |key| resolved.sources.get(key);
    let meant = source("organisation_name") <= source("tenant");
    resolved
        .organisation_name
        .clone()
        .filter(|_| meant)
        .unwrap_or_else(|| target.tenant.to_string())
}

fn host_rule(host: &str) -> Option<HostRule> {
    match host.strip_prefix("*.") {
        Some(domain) => Some(HostRule::Below(domain.to_owned())),
        None if host.contains("://") => Url::parse(host).ok().map(HostRule::Origin),
        None => Url::parse(&format!("https://{host}")).ok().map(HostRule::Origin),
    }
}
