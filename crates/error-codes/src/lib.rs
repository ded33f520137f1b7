//! The register of error codes: one closed list for everything that can go wrong, from the app to the
//! administrator's tool.
//!
//! A code exists only if somebody acts on it. It has a stable number ([`ErrorCode::number`]), the kind that decides
//! what staff see on the tablet ([`ErrorCode::kind`]), what happened in the words of the helpdesk
//! ([`ErrorCode::what`]) and what an administrator does about it ([`ErrorCode::fix`]).
//!
//! | codes | about |
//! |---|---|
//! | E001 | the app itself |
//! | E1xx | settings, set-up links, managed configuration, the browser, the administrator's tool |
//! | E2xx | sign-in and session |
//! | E3xx | the way to the identity provider |
//! | E4xx | the keystore |
//! | E5xx | the site view |
#![warn(missing_docs)]

mod kind;
mod register;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use kind::ErrorKind;
pub use register::ErrorCode;

/// A text in the two languages of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// Dutch, B1.
    pub nl: &'static str,
    /// English.
    pub en: &'static str,
}

impl Text {
    /// The text in a language: `nl`, anything else is English.
    #[must_use]
    pub fn in_language(self, language: &str) -> &'static str {
        if language == "nl" { self.nl } else { self.en }
    }
}

impl ErrorCode {
    /// The code with this number, in upper or lower case and with or without spaces around it.
    #[must_use]
    pub fn from_number(number: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.number().eq_ignore_ascii_case(number.trim()))
    }

    /// Worth a word to an administrator, although nothing is refused for it.
    #[must_use]
    pub fn is_information(self) -> bool {
        matches!(self, Self::UnknownKey | Self::NewerVersion | Self::SharedAccount)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.number())
    }
}

/// As its number.
impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.number())
    }
}

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = String::deserialize(deserializer)?;
        Self::from_number(&number).ok_or_else(|| serde::de::Error::custom("not a code of the register"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_and_lead_back_to_their_code() {
        assert!(
            ErrorCode::ALL
                .windows(2)
                .all(|pair| pair[0].number() < pair[1].number())
        );
        for code in ErrorCode::ALL {
            assert_eq!(
                ErrorCode::from_number(&format!(" {} ", code.number().to_lowercase())),
                Some(*code)
            );
        }
        assert_eq!(ErrorCode::from_number("E000"), None);
    }

    #[test]
    fn every_code_has_words_in_both_languages() {
        for code in ErrorCode::ALL {
            for text in [code.what(), code.fix()] {
                assert!(text.nl.len() > 10 && text.en.len() > 10, "{code}");
                assert_ne!(text.nl, text.en, "{code}");
            }
        }
    }
}
