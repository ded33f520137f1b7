//! The key in the Android Keystore.

use jni::JNIEnv;
use jni::objects::{JObject, JObjectArray};

use crate::fault::{Fault, Thrown};
use crate::java::{JniResult, attempt, string};

const PROVIDER: &str = "AndroidKeyStore";

/// The name of the key. `android-native-keyring-store` uses the same one for its default store.
const ALIAS: &str = "keyring-default";

/// The name of a key that encrypts nothing: see [`Keystore::prove_absent`].
const PROBE: &str = "keyring-default-probe";

const PURPOSE_ENCRYPT: i32 = 1;
const PURPOSE_DECRYPT: i32 = 2;
const BITS: i32 = 256;

/// The Android Keystore, as `java.security.KeyStore`.
pub(crate) struct Keystore<'local>(JObject<'local>);

impl<'local> Keystore<'local> {
    pub(crate) fn open(env: &mut JNIEnv<'local>) -> Result<Self, Fault> {
        attempt(env, |env| {
            let name = env.new_string(PROVIDER)?;
            let keystore = env
                .call_static_method(
                    "java/security/KeyStore",
                    "getInstance",
                    "(Ljava/lang/String;)Ljava/security/KeyStore;",
                    &[(&name).into()],
                )?
                .l()?;
            env.call_method(
                &keystore,
                "load",
                "(Ljava/security/KeyStore$LoadStoreParameter;)V",
                &[(&JObject::null()).into()],
            )?;
            Ok(Self(keystore))
        })
        .map_err(Thrown::in_keystore)
    }

    /// The key to decrypt with. If the keystore proves that it has none, the values are [`Fault::Lost`].
    pub(crate) fn existing(&self, env: &mut JNIEnv<'local>) -> Result<JObject<'local>, Fault> {
        if let Some(key) = self.find(env)? {
            return Ok(key);
        }
        self.prove_absent(env)?;
        Err(Fault::Lost("the keystore has no key for the stored values".to_owned()))
    }

    /// The key to encrypt with: the existing one; a new one, if the keystore proves that it has none, or says that it
    /// can never use the existing one again.
    pub(crate) fn existing_or_new(&self, env: &mut JNIEnv<'local>) -> Result<JObject<'local>, Fault> {
        match self.find(env) {
            Ok(Some(key)) => Ok(key),
            Ok(None) => {
                self.prove_absent(env)?;
                generate(env, ALIAS)
            }
            Err(Fault::Lost(_)) => replacement(env),
            Err(fault) => Err(fault),
        }
    }

    fn find(&self, env: &mut JNIEnv<'local>) -> Result<Option<JObject<'local>>, Fault> {
        let key = attempt(env, |env| {
            let alias = env.new_string(ALIAS)?;
            env.call_method(
                &self.0,
                "getKey",
                "(Ljava/lang/String;[C)Ljava/security/Key;",
                &[(&alias).into(), (&JObject::null()).into()],
            )?
            .l()
        })
        .map_err(Thrown::in_keystore)?;
        Ok((!key.is_null()).then_some(key))
    }

    /// Proves that the keystore has no key. `Err` if it has one, or if its answer proves nothing.
    ///
    /// The framework says that there is no key also when it could not ask the keystore service: `containsAlias` always
    /// does, `getKey` does before Android 12, and the list of all names is then empty. So this generates another key, the
    /// probe. A list that has the probe came from the service, and has every other key too.
    fn prove_absent(&self, env: &mut JNIEnv<'local>) -> Result<(), Fault> {
        generate(env, PROBE)?;
        let aliases = attempt(env, |env| self.aliases(env)).map_err(Thrown::in_keystore)?;
        self.delete(env, PROBE)?;
        let has = |alias: &str| aliases.iter().any(|listed| listed == alias);
        if has(PROBE) && !has(ALIAS) {
            return Ok(());
        }
        Err(Fault::Passing(
            "the keystore has the key but did not give it, or could not be asked".to_owned(),
        ))
    }

    fn aliases(&self, env: &mut JNIEnv<'local>) -> JniResult<Vec<String>> {
        let listed = env
            .call_method(&self.0, "aliases", "()Ljava/util/Enumeration;", &[])?
            .l()?;
        let mut aliases = Vec::new();
        while env.call_method(&listed, "hasMoreElements", "()Z", &[])?.z()? {
            aliases.push(env.with_local_frame(4, |env| {
                let alias = env
                    .call_method(&listed, "nextElement", "()Ljava/lang/Object;", &[])?
                    .l()?;
                string(env, alias)
            })?);
        }
        Ok(aliases)
    }

    fn delete(&self, env: &mut JNIEnv<'local>, alias: &str) -> Result<(), Fault> {
        attempt(env, |env| {
            let alias = env.new_string(alias)?;
            env.call_method(&self.0, "deleteEntry", "(Ljava/lang/String;)V", &[(&alias).into()])?
                .v()
        })
        .map_err(Thrown::in_keystore)
    }
}

/// A new key in the place of one that the keystore can never use again.
pub(crate) fn replacement<'local>(env: &mut JNIEnv<'local>) -> Result<JObject<'local>, Fault> {
    generate(env, ALIAS)
}

/// Generates a key that needs no user authentication. It replaces the key of the same name.
fn generate<'local>(env: &mut JNIEnv<'local>, alias: &str) -> Result<JObject<'local>, Fault> {
    attempt(env, |env| {
        let parameters = parameters(env, alias)?;
        let (algorithm, provider) = (env.new_string("AES")?, env.new_string(PROVIDER)?);
        let generator = env
            .call_static_method(
                "javax/crypto/KeyGenerator",
                "getInstance",
                "(Ljava/lang/String;Ljava/lang/String;)Ljavax/crypto/KeyGenerator;",
                &[(&algorithm).into(), (&provider).into()],
            )?
            .l()?;
        env.call_method(
            &generator,
            "init",
            "(Ljava/security/spec/AlgorithmParameterSpec;)V",
            &[(&parameters).into()],
        )?;
        env.call_method(&generator, "generateKey", "()Ljavax/crypto/SecretKey;", &[])?
            .l()
    })
    .map_err(Thrown::in_keystore)
}

fn parameters<'local>(env: &mut JNIEnv<'local>, alias: &str) -> JniResult<JObject<'local>> {
    let alias = env.new_string(alias)?;
    let builder = env.new_object(
        "android/security/keystore/KeyGenParameterSpec$Builder",
        "(Ljava/lang/String;I)V",
        &[(&alias).into(), (PURPOSE_ENCRYPT | PURPOSE_DECRYPT).into()],
    )?;
    for (method, value) in [("setBlockModes", "GCM"), ("setEncryptionPaddings", "NoPadding")] {
        let value = env.new_string(value)?;
        let values: JObjectArray<'_> = env.new_object_array(1, "java/lang/String", &value)?;
        env.call_method(
            &builder,
            method,
            "([Ljava/lang/String;)Landroid/security/keystore/KeyGenParameterSpec$Builder;",
            &[(&values).into()],
        )?;
    }
    env.call_method(
        &builder,
        "setKeySize",
        "(I)Landroid/security/keystore/KeyGenParameterSpec$Builder;",
        &[BITS.into()],
    )?;
    env.call_method(
        &builder,
        "build",
        "()Landroid/security/keystore/KeyGenParameterSpec;",
        &[],
    )?
    .l()
}
