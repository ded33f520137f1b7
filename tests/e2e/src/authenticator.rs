//! An authenticator app.

use std::sync::Mutex;

use base64::Engine;
use totp_rs::{Algorithm, Secret, TOTP};

use crate::Outcome;

/// Reads the secret from the QR code of an `otpauth` link. `source` is the `data:` URL of the image.
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

/// The one-time code of this moment (RFC 6238 with the values that authenticator apps use: SHA-1, six digits, thirty
/// seconds). Remembers it for [`issued_codes`].
pub fn one_time_code(secret: &str) -> Outcome<String> {
    let bytes = Secret::Encoded(secret.to_owned())
        .to_bytes()
        .map_err(|error| format!("{error:?}"))?;
    let code = TOTP::new(Algorithm::SHA1, 6, 1, 30, bytes, None, "authenticator".to_owned())?.generate_current()?;
    ISSUED.lock().map_err(|_| "another test panicked")?.push(code.clone());
    Ok(code)
}

static ISSUED: Mutex<Vec<String>> = Mutex::new(vec![]);

/// Every code that [`one_time_code`] has returned in this process, for the test that searches files for secrets.
pub fn issued_codes() -> Outcome<Vec<String>> {
    Ok(ISSUED.lock().map_err(|_| "another test panicked")?.clone())
}
