//! An error as the pages show it.

use error_codes::{ErrorCode, ErrorKind};
use serde::{Deserialize, Serialize};

/// An error as it crosses to the pages: the kind decides title, text and buttons; the code is for the helpdesk, and
/// nothing branches on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "bridge.ts"))]
pub struct AppError {
    /// What the person sees.
    pub kind: ErrorKind,
    /// The code to read out to a helpdesk.
    #[cfg_attr(test, ts(type = "string"))]
    pub code: ErrorCode,
}

impl AppError {
    /// An error whose kind depends on where it happened, rather than on its code alone.
    #[must_use]
    pub fn new(kind: ErrorKind, code: ErrorCode) -> Self {
        Self { kind, code }
    }
}

impl From<ErrorCode> for AppError {
    /// The kind is the one that the register gives for the code.
    fn from(code: ErrorCode) -> Self {
        Self {
            kind: code.kind(),
            code,
        }
    }
}
