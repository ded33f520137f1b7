//! From settings to a setup link and a setup card.

use error_codes::ErrorCode;
use serde_json::{Map, Value};
use settings::{DAY, LinkError, sign_setup_link, unsigned_setup_link};

use crate::card::Card;
use crate::cli::Linking;
use crate::context::Context;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keys;
use crate::messages::Messages;

/// Makes links and cards with the same key, host, expiry and language.
pub struct CardMaker {
    key: Option<(String, ed25519_dalek::SigningKey)>,
    host: Option<String>,
    now: i64,
    expires: i64,
    pub messages: Messages,
}

impl CardMaker {
    /// `environment` names the environment whose claimed host the links use, `production` if it is `None`.
    pub fn new(context: &Context, linking: &Linking, environment: Option<&str>) -> Result<Self, Diagnostics> {
        let key = linking
            .sign
            .as_deref()
            .map(keys::load)
            .transpose()?
            .map(|key| (keys::kid(&key, linking.kid.as_deref()), key));
        let claimed = context
            .environments
            .get(environment.unwrap_or("production"))
            .map(|known| known.claimed_host.clone())
            .filter(|host| !host.is_empty());
        Ok(Self {
            key,
            host: linking.host.clone().or(claimed),
            now: context.now,
            expires: context.now + linking.expires * DAY,
            messages: Messages::new(&linking.card_language),
        })
    }

    /// Makes the setup link for these settings, signed if there is a key.
    pub fn link(&self, settings: &Map<String, Value>) -> Result<String, LinkError> {
        match &self.key {
            Some((kid, key)) => sign_setup_link(self.host.as_deref(), settings, kid, key, self.now, self.expires),
            None => {
                // An unsigned link may not hold the account, so the card only prints it.
                let left_out = |name: &str| name == "login_hint" || name == "config_version";
                let chosen = settings
                    .iter()
                    .filter(|(name, _)| !left_out(name))
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect();
                unsigned_setup_link(self.host.as_deref(), &chosen)
            }
        }
    }

    /// The content of the card for these settings.
    pub fn card(&self, settings: &Map<String, Value>, link: String) -> Card {
        let text = |name: &str| {
            settings
                .get(name)
                .and_then(Value::as_str)
                .map(str::trim)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        Card {
            link,
            organisation: text("organisation_name").or_else(|| text("tenant")).unwrap_or_default(),
            label: text("device_label"),
            location: text("location_id"),
            account: text("login_hint"),
            contact: text("support_contact"),
            until: self.key.as_ref().and_then(|_| day(self.expires)),
        }
    }
}

/// The date in UTC as people write it in the Netherlands: 31-12-2026.
pub fn day(seconds: i64) -> Option<String> {
    let zoned = jiff::Timestamp::from_second(seconds)
        .ok()?
        .to_zoned(jiff::tz::TimeZone::UTC);
    Some(format!("{:02}-{:02}-{}", zoned.day(), zoned.month(), zoned.year()))
}

/// The diagnostic for a refused link.
pub fn diagnostic(error: LinkError) -> Diagnostic {
    let diagnostic = Diagnostic::new(error.code);
    match error.key {
        Some(key) => diagnostic.key(&key),
        None => diagnostic,
    }
}

/// Diagnostics with one code that belongs to no file and no key.
pub fn without_place(code: ErrorCode) -> Diagnostics {
    Diagnostics::one("", Diagnostic::new(code))
}
