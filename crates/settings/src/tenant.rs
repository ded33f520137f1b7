//! `{opvangnaam}`: the organisation's own label in `{opvangnaam}.ouderportaal.nl`.

use std::fmt;

use url::{Host, Url};

/// An organisation's name: one DNS label (RFC 1035, section 2.3.1, digits first allowed by RFC 1123), lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tenant(String);

/// Why a text is no organisation's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantFault {
    /// Nothing was given.
    Empty,
    /// Not one DNS label.
    Invalid,
    /// An address of another site.
    Foreign,
    /// An e-mail address.
    Email,
}

impl TenantFault {
    /// The code that helpdesk and screen name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "E110",
            Self::Invalid => "E111",
            Self::Foreign => "E112",
            Self::Email => "E113",
        }
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Tenant {
    /// Longest text that is looked at; anything longer is no name.
    pub const MAX_TYPED: usize = 2_000;

    /// The label itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes a name as it stands in settings: exactly one label, in any case.
    pub fn new(label: &str) -> Result<Self, TenantFault> {
        if label.is_empty() {
            return Err(TenantFault::Empty);
        }
        let label = label.to_ascii_lowercase();
        let bytes = label.as_bytes();
        let sound = bytes.len() <= 63
            && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
            && bytes.first() != Some(&b'-')
            && bytes.last() != Some(&b'-')
            // An internationalised label could look like another organisation's.
            && !label.starts_with("xn--");
        if sound {
            Ok(Self(label))
        } else {
            Err(TenantFault::Invalid)
        }
    }

    /// Takes what a person typed or pasted: the name, the host, or the whole address of their Konnect. `suffix` is
    /// what stands behind the name, with its dot (`.ouderportaal.nl`).
    pub fn from_typed(typed: &str, suffix: &str) -> Result<Self, TenantFault> {
        if typed.len() > Self::MAX_TYPED {
            return Err(TenantFault::Invalid);
        }
        let typed = typed.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}');
        if typed.is_empty() {
            return Err(TenantFault::Empty);
        }
        if typed.contains("://") || typed.contains(['/', '.', ':', '@']) {
            Self::from_address(typed, suffix)
        } else {
            Self::new(typed)
        }
    }

    fn from_address(typed: &str, suffix: &str) -> Result<Self, TenantFault> {
        let (scheme, rest) = typed.split_once("://").unwrap_or(("https", typed));
        if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
            return Err(TenantFault::Foreign);
        }
        if rest
            .split(['/', '?', '#'])
            .next()
            .is_some_and(|authority| authority.contains('@'))
        {
            // A host behind `user@` may not be the one the person sees.
            return Err(if typed.contains("://") {
                TenantFault::Foreign
            } else {
                TenantFault::Email
            });
        }
        let url = Url::parse(&format!("https://{rest}")).map_err(|_| TenantFault::Invalid)?;
        let Some(Host::Domain(host)) = url.host() else {
            return Err(TenantFault::Foreign);
        };
        if url.port().is_some() {
            return Err(TenantFault::Foreign);
        }
        match host.trim_end_matches('.').strip_suffix(suffix) {
            Some(label) => Self::new(label),
            None => Err(TenantFault::Foreign),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn typed(text: &str) -> Result<String, TenantFault> {
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
        for (text, fault) in [
            ("", TenantFault::Empty),
            (" \t\n", TenantFault::Empty),
            ("juf@zonnetje.nl", TenantFault::Email),
            ("juf@zonnetje.ouderportaal.nl", TenantFault::Email),
            ("https://juf@zonnetje.ouderportaal.nl", TenantFault::Foreign),
            ("zonnetje.ouderportaal.nl:8443", TenantFault::Foreign),
            ("https://zonnetje.ouderportaal.nl.evil.example", TenantFault::Foreign),
            ("https://evil.example/zonnetje.ouderportaal.nl", TenantFault::Foreign),
            ("evilouderportaal.nl", TenantFault::Foreign),
            ("127.0.0.1", TenantFault::Foreign),
            ("[::1]", TenantFault::Foreign),
            ("javascript:alert(1)", TenantFault::Invalid),
            ("ftp://zonnetje.ouderportaal.nl", TenantFault::Foreign),
            ("de zon", TenantFault::Invalid),
            ("zonnetje_1", TenantFault::Invalid),
            ("-zon", TenantFault::Invalid),
            ("zon-", TenantFault::Invalid),
            ("zönnetje", TenantFault::Invalid),
            ("xn--znnetje-o4a", TenantFault::Invalid),
            ("groep.zonnetje.ouderportaal.nl", TenantFault::Invalid),
            (".ouderportaal.nl", TenantFault::Empty),
            (&long, TenantFault::Invalid),
            (&junk, TenantFault::Invalid),
        ] {
            assert_eq!(
                typed(text),
                Err(fault),
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
            (Ok("zonnetje".to_owned()), Err(TenantFault::Invalid))
        );
    }

    #[test]
    fn each_fault_has_the_code_of_the_manual() {
        let codes = [
            TenantFault::Empty,
            TenantFault::Invalid,
            TenantFault::Foreign,
            TenantFault::Email,
        ]
        .map(TenantFault::code);
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
