//! The register of error codes: one closed list for the app, the session library, the site view and `provision`.
//!
//! ```
//! use error_codes::{ErrorCode, ErrorKind};
//!
//! let code = ErrorCode::from_number("e117").expect("a code of the register");
//! assert_eq!(code, ErrorCode::NotHttps);
//! assert_eq!(code.kind(), ErrorKind::SettingsInvalid);
//! assert!(code.feedback("en").starts_with("E117 This is not a whole address"));
//! ```
//!
//! A code has a stable number ([`ErrorCode::number`]), the kind of error that staff see ([`ErrorCode::kind`]), what
//! happened for the helpdesk ([`ErrorCode::what`]) and what to do for the administrator ([`ErrorCode::fix`]). A code
//! exists only if somebody acts on it. One error has one code: the tablet's screen, the feedback to the MDM,
//! `provision validate` and the manual show the same number.
//!
//! | codes | about |
//! |---|---|
//! | E001 | the app itself |
//! | E1xx | settings, setup links, managed configuration, the browser, `provision` |
//! | E2xx | sign-in and session |
//! | E3xx | the connection to the identity provider |
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
    /// Dutch, at language level B1.
    pub nl: &'static str,
    /// English.
    pub en: &'static str,
}

impl Text {
    /// The text in a language: `nl`, or English for anything else.
    #[must_use]
    pub fn in_language(self, language: &str) -> &'static str {
        if language == "nl" { self.nl } else { self.en }
    }
}

impl ErrorCode {
    /// The code with this number. Ignores case and surrounding white space.
    #[must_use]
    pub fn from_number(number: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.number().eq_ignore_ascii_case(number.trim()))
    }

    /// Whether the code only informs the administrator: nothing is refused because of it.
    #[must_use]
    pub fn is_information(self) -> bool {
        matches!(self, Self::UnknownKey | Self::NewerVersion | Self::SharedAccount)
    }

    /// The message for an MDM console: number, what happened, what to do. Contains no value of a setting, because an
    /// administrator may have pasted a secret.
    #[must_use]
    pub fn feedback(self, language: &str) -> String {
        format!(
            "{self} {} {}",
            self.what().in_language(language),
            self.fix().in_language(language)
        )
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.number())
    }
}

/// Serialises as the number.
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
    fn the_name_of_a_kind_is_its_name_in_json() {
        for kind in [ErrorKind::ON_TABLET, &[ErrorKind::NotOnTablet]].concat() {
            assert_eq!(
                serde_json::to_value(kind)
                    .ok()
                    .as_ref()
                    .and_then(serde_json::Value::as_str),
                Some(kind.name())
            );
        }
    }

    #[test]
    fn every_kind_of_the_tablet_belongs_to_a_code_or_to_the_app_itself() {
        let unused: Vec<_> = ErrorKind::ON_TABLET
            .iter()
            .filter(|kind| ErrorCode::ALL.iter().all(|code| code.kind() != **kind))
            .collect();
        // The app chooses these kinds: when the identity provider offers no device code (E224 has other causes too, with
        // another kind), and for whatever keeps a session from being renewed.
        assert_eq!(unused, [&ErrorKind::CodeUnavailable, &ErrorKind::SessionAtRisk]);
    }

    #[test]
    fn every_code_has_words_in_both_languages() {
        for code in ErrorCode::ALL {
            for text in [code.what(), code.fix()] {
                assert!(text.nl.len() > 10 && text.en.len() > 10, "{code}");
                assert_ne!(text.nl, text.en, "{code}");
                for text in [text.nl, text.en] {
                    assert!(
                        text.ends_with(['.', '?', '`']) || text.contains("provision"),
                        "{code}: {text}"
                    );
                    assert!(!text.contains(['|', '\n']), "{code}: fits a cell of a table: {text}");
                }
            }
        }
    }
}
