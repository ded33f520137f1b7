//! `provision key`: the Ed25519 keys that sign setup links.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use error_codes::ErrorCode;
use serde_json::json;

use crate::cli::KeyCommand;
use crate::context::{Context, Outcome};
use crate::diagnostic::{Diagnostic, Diagnostics, Exit};
use crate::{atomic_write, read};

/// Reads a private key (PKCS #8, PEM).
pub fn load(path: &Path) -> Result<SigningKey, Diagnostics> {
    let text = String::from_utf8(read::bytes(path)?).unwrap_or_default();
    SigningKey::from_pkcs8_pem(text.trim())
        .map_err(|_| Diagnostics::one(path.display().to_string(), Diagnostic::new(ErrorCode::NoKey)))
}

/// The id of a key: the chosen one, otherwise `k-` and the first eight characters of its public key.
pub fn kid(key: &SigningKey, chosen: Option<&str>) -> String {
    let derived = || format!("k-{}", &URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes())[..8]);
    chosen.map_or_else(derived, str::to_owned)
}

/// `provision key new` and `provision key public`.
pub fn key(context: &Context, command: KeyCommand) -> Outcome {
    match command {
        KeyCommand::New { out } => {
            let unwritable = |detail: String| {
                Diagnostics::one(
                    out.display().to_string(),
                    Diagnostic::new(ErrorCode::Unreadable).detail(detail),
                )
            };
            let mut seed = [0; 32];
            getrandom::fill(&mut seed).map_err(|error| unwritable(error.to_string()))?;
            let key = SigningKey::from_bytes(&seed);
            let pem = key
                .to_pkcs8_pem(LineEnding::LF)
                .map_err(|error| unwritable(error.to_string()))?;
            atomic_write::file(&out, pem.as_bytes(), true)?;
            print_public(context, &key, None);
            context.print_note(&context.messages.get("key-keep"));
        }
        KeyCommand::Public { key, kid } => print_public(context, &load(&key)?, kid.as_deref()),
    }
    Ok(Exit::Ok)
}

fn print_public(context: &Context, key: &SigningKey, chosen: Option<&str>) {
    let kid = kid(key, chosen);
    let public = format!("{kid}:{}", URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes()));
    context.print(&public, &json!({ "kid": kid, "provisioning_keys": public }));
}
