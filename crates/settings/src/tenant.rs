//! The organisation's name: `zonnetje` in `zonnetje.ouderportaal.nl`.

use std::fmt;

use error_codes::ErrorCode;
use url::{Host, Url};

/// An organisation's name: one DNS label (RFC 1035, section 2.3.1, digits first allowed by RFC 1123), lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tenant(String);

/// Why a text is not an organisation's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantError {
    /// The text is empty.
    Empty,
    /// The text is not one DNS label.
    Invalid,
    /// The text is the address of another site.
    Foreign,
    /// The text is an e-mail address.
    Email,
}

impl TenantError {
    /// The code of this error in the register.
    #[must_use]
    pub fn code(self) -> ErrorCode {
        match self {
            Self::Empty => ErrorCode::TypedEmpty,
            Self::Invalid => ErrorCode::TypedInvalid,
            Self::Foreign => ErrorCode::TypedForeign,
            Self::Email => ErrorCode::TypedEmail,
        }
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Tenant {
    /// The longest text that [`from_typed`](Self::from_typed) looks at, in bytes. Longer texts are invalid.
    pub const MAX_TYPED: usize = 2_000;

    /// The label, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Accepts exactly one DNS label, in upper or lower case. Internationalised labels (`xn--…`) are invalid.
    pub fn new(label: &str) -> Result<Self, TenantError> {
        if label.is_empty() {
            return Err(TenantError::Empty);
        }
        let label = label.to_ascii_lowercase();
        let bytes = label.as_bytes();
        let valid = bytes.len() <= 63
            && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
            && bytes.first() != Some(&b'-')
            && bytes.last() != Some(&b'-')
            // An internationalised label could look like the name of another organisation.
            && !label.starts_with("xn--");
        if valid {
            Ok(Self(label))
        } else {
            Err(TenantError::Invalid)
        }
    }

    /// Accepts what a person typed or pasted: the name, the host, or a whole address of their Konnect. `suffix` is what
    /// follows the name in the host, with its leading dot (`.ouderportaal.nl`).
    pub fn from_typed(typed: &str, suffix: &str) -> Result<Self, TenantError> {
        if typed.len() > Self::MAX_TYPED {
            return Err(TenantError::Invalid);
        }
        let typed = typed.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}');
        if typed.is_empty() {
            return Err(TenantError::Empty);
        }
        if typed.contains("://") || typed.contains(['/', '.', ':', '@']) {
            Self::from_address(typed, suffix)
        } else {
            Self::new(typed)
        }
    }

    fn from_address(typed: &str, suffix: &str) -> Result<Self, TenantError> {
        let (scheme, rest) = typed.split_once("://").unwrap_or(("https", typed));
        if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
            return Err(TenantError::Foreign);
        }
        if rest
            .split(['/', '?', '#'])
            .next()
            .is_some_and(|authority| authority.contains('@'))
        {
            // With `user@` in front, the person may take the user name for the host.
            return Err(if typed.contains("://") {
                TenantError::Foreign
            } else {
                TenantError::Email
            });
        }
        let url = Url::parse(&format!("https://{rest}")).map_err(|_| TenantError::Invalid)?;
        let Some(Host::Domain(host)) = url.host() else {
            return Err(TenantError::Foreign);
        };
        if url.port().is_some() {
            return Err(TenantError::Foreign);
        }
        match host.trim_end_matches('.').strip_suffix(suffix) {
            Some(label) => Self::new(label),
            None => Err(TenantError::Foreign),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn typed(text: &str) -> Result<String, TenantError> {
        Tenant::from_typed(text, ".ouderportaal.nl").map(|tenant| tenant.to_string())
    }

    #[test]
    fn people_may_type_or_paste_their_organisation_in_any_shape() {
        for text in [
            "zonnetje",
            " Zonnetje ",
            "ZONNETJE",
            "zonnetje.ouderportaal.nl",
            "zonnetje.ouderportaal.nl.",
            "https://zonnetje.ouderportaal.nl",
            "https://Zonnetje.Ouderportaal.nl/login?x=1#y",
            "http://zonnetje.ouderportaal.nl/",
            "zonnetje.ouderportaal.nl/groep",
            "\u{feff}zonnetje\n",
        ] {
            assert_eq!(typed(text), Ok("zonnetje".to_owned()), "{text:?}");
        }
        assert_eq!(typed("bso-de-2e-thuis"), Ok("bso-de-2e-thuis".to_owned()));
    }

    #[test]
    fn what_is_no_organisation_is_refused_with_its_reason() {
        let long = "a".repeat(64);
        let junk = "x".repeat(1_000_000);
        for (text, error) in [
            ("", TenantError::Empty),
            (" \t\n", TenantError::Empty),
            ("juf@zonnetje.nl", TenantError::Email),
            ("juf@zonnetje.ouderportaal.nl", TenantError::Email),
            ("https://juf@zonnetje.ouderportaal.nl", TenantError::Foreign),
            ("zonnetje.ouderportaal.nl:8443", TenantError::Foreign),
            ("https://zonnetje.ouderportaal.nl.evil.example", TenantError::Foreign),
            ("https://evil.example/zonnetje.ouderportaal.nl", TenantError::Foreign),
            ("evilouderportaal.nl", TenantError::Foreign),
            ("127.0.0.1", TenantError::Foreign),
            ("[::1]", TenantError::Foreign),
            ("javascript:alert(1)", TenantError::Invalid),
            ("ftp://zonnetje.ouderportaal.nl", TenantError::Foreign),
            ("de zon", TenantError::Invalid),
            ("zonnetje_1", TenantError::Invalid),
            ("-zon", TenantError::Invalid),
            ("zon-", TenantError::Invalid),
            ("zönnetje", TenantError::Invalid),
            ("xn--znnetje-o4a", TenantError::Invalid),
            ("groep.zonnetje.ouderportaal.nl", TenantError::Invalid),
            (".ouderportaal.nl", TenantError::Empty),
            (&long, TenantError::Invalid),
            (&junk, TenantError::Invalid),
        ] {
            assert_eq!(
                typed(text),
                Err(error),
                "{:?}",
                text.chars().take(60).collect::<String>()
            );
        }
    }

    #[test]
    fn what_is_typed_is_two_thousand_bytes_at_most() {
        let padded = |length: usize| format!("{:length$}", "zonnetje");
        assert_eq!(
            (typed(&padded(2_000)), typed(&padded(2_001))),
            (Ok("zonnetje".to_owned()), Err(TenantError::Invalid))
        );
    }

    #[test]
    fn each_error_has_its_code_in_the_register() {
        let codes = [
            TenantError::Empty,
            TenantError::Invalid,
            TenantError::Foreign,
            TenantError::Email,
        ]
        .map(|error| error.code().number());
        assert_eq!(codes, ["E110", "E111", "E112", "E113"]);
    }

    proptest! {
        #[test]
        fn an_accepted_name_is_one_label_and_stays_itself(text in "\\PC{0,80}") {
            if let Ok(tenant) = Tenant::from_typed(&text, ".ouderportaal.nl") {
                prop_assert!(!tenant.as_str().contains(['.', '/', '@', ':', '%']));
                prop_assert_eq!(Tenant::new(tenant.as_str()), Ok(tenant));
            }
        }
    }
}
