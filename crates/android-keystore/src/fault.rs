//! What went wrong, told apart by what the caller should conclude.

use std::fmt;

use keyring_core::Error;

/// A Java exception with its causes, outermost first, or an error of JNI itself.
#[derive(Debug)]
pub(crate) struct Thrown(Vec<Throwable>);

/// One exception of the chain.
#[derive(Debug)]
pub(crate) struct Throwable {
    /// The full name of its class.
    pub class: String,
    /// `toString`: the class and the message. No exception of the keystore, a cipher or `SharedPreferences` repeats a
    /// secret in its message.
    pub text: String,
}

/// Why a call failed.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The user has not unlocked the device since it started, so the file cannot be opened yet.
    Locked(Thrown),
    /// The stored value is not what any version of this crate writes, or the cipher proves that it was altered or was
    /// encrypted with another key. It stays unreadable.
    Damaged(String),
    /// A newer version of this crate wrote the value.
    NewerFormat(u8),
    /// The key, or the whole file, is gone or unusable for good. Every value in the file stays unreadable.
    Lost(String),
    /// Anything else. The same call may succeed later.
    Passing(String),
}

const BAD_TAG: &str = "javax.crypto.AEADBadTagException";
const INVALIDATED: &str = "android.security.keystore.KeyPermanentlyInvalidatedException";
const UNRECOVERABLE: &str = "java.security.UnrecoverableKeyException";
const KEYSTORE: &str = "android.security.KeyStoreException";
const ILLEGAL_STATE: &str = "java.lang.IllegalStateException";

/// What the keystore's own exception says if it can never use the key again. The text is compared because no method
/// tells these apart on every supported version: `getNumericErrorCode` came with Android 13, and apps may not call what
/// there was before. The texts are constants of AOSP.
const KEY_IS_UNUSABLE: [&str; 3] = ["Key permanently invalidated", "Key blob corrupted", "Invalid key blob"];

impl Thrown {
    pub(crate) fn new(chain: Vec<Throwable>) -> Self {
        Self(chain)
    }

    fn is(&self, class: &str) -> bool {
        self.0.first().is_some_and(|outermost| outermost.class == class)
    }

    /// Whether the keystore says that it can never use the key again.
    fn says_key_is_unusable(&self) -> bool {
        // The keystore drops the cause if the key was invalidated, and keeps it if it only could not reach the key.
        let without_cause = self.is(UNRECOVERABLE) && self.0.len() == 1;
        without_cause
            || self.0.iter().any(|throwable| {
                throwable.class == INVALIDATED
                    || (throwable.class == KEYSTORE && KEY_IS_UNUSABLE.iter().any(|text| throwable.text.contains(text)))
            })
    }

    /// The fault if a call to the keystore or to a cipher threw this.
    pub(crate) fn in_keystore(self) -> Fault {
        if self.says_key_is_unusable() {
            Fault::Lost(self.to_string())
        } else {
            Fault::Passing(self.to_string())
        }
    }

    /// The fault if a cipher threw this at the end of a decryption. Only a tag that does not match proves that the value
    /// is at fault: Android wraps every failure of its keystore service into an `IllegalBlockSizeException`.
    pub(crate) fn in_decryption(self) -> Fault {
        if self.is(BAD_TAG) {
            Fault::Damaged(self.to_string())
        } else {
            self.in_keystore()
        }
    }

    /// The fault if `getSharedPreferences` threw this.
    pub(crate) fn in_opening(self) -> Fault {
        if self.is(ILLEGAL_STATE) {
            Fault::Locked(self)
        } else {
            Fault::Passing(self.to_string())
        }
    }

    /// The fault if anything else threw this.
    pub(crate) fn passing(self) -> Fault {
        Fault::Passing(self.to_string())
    }
}

impl fmt::Display for Thrown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, throwable) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", caused by " };
            write!(f, "{separator}{}", throwable.text)?;
        }
        Ok(())
    }
}

impl std::error::Error for Thrown {}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Locked(thrown) => Self::NoStorageAccess(Box::new(thrown)),
            // The raw value is left out: a caller could print the error, and can do nothing with the value.
            Fault::Damaged(why) => Self::BadDataFormat(Vec::new(), why.into()),
            Fault::NewerFormat(version) => {
                Self::NotSupportedByStore(format!("a value of format version {version}: a newer app wrote it"))
            }
            Fault::Lost(why) => Self::BadStoreFormat(why),
            Fault::Passing(why) => Self::PlatformFailure(why.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thrown(chain: &[(&str, &str)]) -> Thrown {
        let throwable = |(class, message): &(&str, &str)| Throwable {
            class: (*class).to_owned(),
            text: format!("{class}: {message}"),
        };
        Thrown::new(chain.iter().map(throwable).collect())
    }

    fn in_decryption(chain: &[(&str, &str)]) -> Error {
        thrown(chain).in_decryption().into()
    }

    fn in_keystore(chain: &[(&str, &str)]) -> Error {
        thrown(chain).in_keystore().into()
    }

    const BLOCK: &str = "javax.crypto.IllegalBlockSizeException";
    const INVALID_KEY: &str = "java.security.InvalidKeyException";

    #[test]
    fn only_a_tag_that_does_not_match_says_that_a_value_is_damaged() {
        let cause = (KEYSTORE, "Signature/MAC verification failed");
        assert!(matches!(
            in_decryption(&[(BAD_TAG, "null"), cause]),
            Error::BadDataFormat(..)
        ));
        for other in [
            vec![(BLOCK, "null"), (KEYSTORE, "Invalid operation handle")],
            vec![(BLOCK, "null"), (KEYSTORE, "System error")],
            vec![(BLOCK, "null"), (BAD_TAG, "a cause only")],
            vec![
                ("javax.crypto.BadPaddingException", "null"),
                (KEYSTORE, "Invalid argument"),
            ],
            vec![("java.security.ProviderException", "Keystore operation failed")],
            vec![("android.os.DeadObjectException", "null")],
            vec![("android.security.keystore.UserNotAuthenticatedException", "null")],
            vec![("java.lang.OutOfMemoryError", "null")],
            vec![],
        ] {
            let error = in_decryption(&other);
            assert!(matches!(error, Error::PlatformFailure(_)), "{other:?} is {error:?}");
        }
    }

    #[test]
    fn a_tag_that_does_not_match_says_nothing_outside_a_decryption() {
        assert!(matches!(in_keystore(&[(BAD_TAG, "null")]), Error::PlatformFailure(_)));
    }

    #[test]
    fn a_key_that_can_never_be_used_again_is_a_lasting_fault() {
        for lasting in [
            vec![(INVALIDATED, "Key permanently invalidated")],
            vec![(UNRECOVERABLE, "User changed or deleted their auth credentials")],
            vec![
                (UNRECOVERABLE, "Failed to obtain information about key"),
                (KEYSTORE, "Invalid key blob"),
            ],
            vec![
                (INVALID_KEY, "Keystore operation failed"),
                (KEYSTORE, "Key blob corrupted (internal code: 8)"),
            ],
            vec![(BLOCK, "null"), (KEYSTORE, "Invalid key blob")],
        ] {
            let error = in_keystore(&lasting);
            assert!(matches!(error, Error::BadStoreFormat(_)), "{lasting:?} is {error:?}");
        }
    }

    #[test]
    fn a_keystore_that_could_not_reach_the_key_may_reach_it_later() {
        for passing in [
            vec![
                (UNRECOVERABLE, "Failed to obtain information about key"),
                (KEYSTORE, "System error"),
            ],
            vec![(INVALID_KEY, "Keystore operation failed"), (KEYSTORE, "Key not found")],
            vec![(INVALID_KEY, "Invalid key blob, says another class")],
            vec![("java.security.KeyStoreException", "Uninitialized keystore")],
            vec![("android.security.keystore.BackendBusyException", "null")],
        ] {
            let error = in_keystore(&passing);
            assert!(matches!(error, Error::PlatformFailure(_)), "{passing:?} is {error:?}");
        }
    }

    #[test]
    fn only_a_refusal_to_open_the_file_says_that_the_device_is_locked() {
        let before_unlock = [(ILLEGAL_STATE, "not available until after user (id 0) is unlocked")];
        let opening: Error = thrown(&before_unlock).in_opening().into();
        assert!(matches!(opening, Error::NoStorageAccess(_)), "{opening:?}");
        let reading: Error = thrown(&before_unlock).passing().into();
        assert!(matches!(reading, Error::PlatformFailure(_)), "{reading:?}");
        let other: Error = thrown(&[("java.lang.SecurityException", "")]).in_opening().into();
        assert!(matches!(other, Error::PlatformFailure(_)), "{other:?}");
    }

    #[test]
    fn an_error_names_every_cause() {
        let error = in_keystore(&[(BLOCK, "null"), (KEYSTORE, "System error (internal code: 4)")]);
        let text = error.to_string();
        assert!(
            text.contains(BLOCK) && text.contains("System error (internal code: 4)"),
            "{text}"
        );
    }
}
