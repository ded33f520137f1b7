//! A phone with an authenticator app.

use std::sync::Mutex;

use base64::Engine;
use totp_rs::{Algorithm, Secret, TOTP};

use crate::Outcome;

/// Reads the secret out of a QR code, as a phone's camera would: `source` is the `data:` address of its image.
pub fn secret_in_qr(source: &str) -> Outcome<String> {
    let data = source.strip_prefix("data:image/png;base64,").ok_or("no PNG image")?;
    let png = base64::engine::general_purpose::STANDARD.decode(data)?;
    let picture = image::load_from_memory(&png)?.to_luma8();
    let mut prepared = rqrr::PreparedImage::prepare(picture);
    let grids = prepared.detect_grids();
    let (_, text) = grids.first().ok_or("no QR code in the picture")?.decode()?;
    let link = url::Url::parse(&text)?;
    if link.scheme() != "otpauth" {
        return Err("no authenticator link".into());
    }
    Ok(link
        .query_pairs()
        .find(|(name, _)| name == "secret")
        .ok_or("no secret")?
        .1
        .into_owned())
}

/// The one-time code of this moment (RFC 6238 as all apps do it: SHA-1, six digits, thirty seconds).
pub fn code_for(secret: &str) -> Outcome<String> {
    let bytes = Secret::Encoded(secret.to_owned())
        .to_bytes()
        .map_err(|error| format!("{error:?}"))?;
    let code = TOTP::new(Algorithm::SHA1, 6, 1, 30, bytes, None, "phone".to_owned())?.generate_current()?;
    GIVEN.lock().map_err(|_| "a test failed meanwhile")?.push(code.clone());
    Ok(code)
}

/// Every code that the phone has given.
static GIVEN: Mutex<Vec<String>> = Mutex::new(vec![]);

/// Every code that the phone has given, for whoever looks whether one was left somewhere.
pub fn codes_given() -> Outcome<Vec<String>> {
    Ok(GIVEN.lock().map_err(|_| "a test failed meanwhile")?.clone())
}
