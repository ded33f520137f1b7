//! The format of a stored value: base64 of a version byte, the initialization vector, and the ciphertext with its tag.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::fault::Fault;

/// What AES-GCM gives and needs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Encrypted {
    /// The initialization vector that the keystore chose.
    pub iv: Vec<u8>,
    /// The ciphertext, which ends in the tag.
    pub ciphertext: Vec<u8>,
}

/// The length of an initialization vector, in bytes: what the Android Keystore always uses for AES-GCM.
pub(crate) const IV: usize = 12;
/// The length of a tag, in bytes.
pub(crate) const TAG: usize = 16;

const VERSION: u8 = 1;
/// `android-native-keyring-store` begins a value with the length of the initialization vector. The rest of its format
/// is the same, so this length counts as another version.
const WITH_LENGTH: u8 = 12;

/// A value to store.
pub(crate) fn encode(encrypted: &Encrypted) -> String {
    STANDARD.encode([&[VERSION], &*encrypted.iv, &*encrypted.ciphertext].concat())
}

/// Parses a stored value.
pub(crate) fn decode(value: &str) -> Result<Encrypted, Fault> {
    let damaged = || Fault::Damaged("the stored value does not have the format of this store".to_owned());
    let bytes = STANDARD.decode(value).map_err(|_| damaged())?;
    let (version, rest) = bytes.split_first().ok_or_else(damaged)?;
    if ![VERSION, WITH_LENGTH].contains(version) {
        return Err(Fault::NewerFormat(*version));
    }
    let (iv, ciphertext) = rest.split_at_checked(IV).ok_or_else(damaged)?;
    if ciphertext.len() < TAG {
        return Err(damaged());
    }
    Ok(Encrypted {
        iv: iv.to_vec(),
        ciphertext: ciphertext.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encrypted() -> Encrypted {
        Encrypted {
            iv: (0..12).collect(),
            ciphertext: (100..117).collect(),
        }
    }

    #[test]
    fn a_value_is_read_as_it_was_written() {
        let value = encode(&encrypted());
        assert_eq!(decode(&value).unwrap(), encrypted());
    }

    #[test]
    fn a_value_of_the_crate_before_is_read() {
        let before: Vec<u8> = [12].into_iter().chain(0..12).chain(100..117).collect();
        assert_eq!(decode(&STANDARD.encode(before)).unwrap(), encrypted());
    }

    #[test]
    fn a_value_of_a_newer_app_is_not_called_damaged() {
        let newer: Vec<u8> = [2].into_iter().chain(0..12).chain(100..117).collect();
        assert!(matches!(
            decode(&STANDARD.encode(newer)).unwrap_err(),
            Fault::NewerFormat(2)
        ));
    }

    #[test]
    fn a_value_that_is_cut_off_or_no_base64_is_damaged() {
        let whole = STANDARD.decode(encode(&encrypted())).unwrap();
        for length in 0..=IV + TAG {
            let cut = STANDARD.encode(&whole[..length]);
            assert!(matches!(decode(&cut).unwrap_err(), Fault::Damaged(_)), "{length} bytes");
        }
        assert!(decode(&STANDARD.encode(&whole[..1 + IV + TAG])).is_ok());
        assert!(matches!(decode("not base64!").unwrap_err(), Fault::Damaged(_)));
    }
}
