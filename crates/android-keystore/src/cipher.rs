//! AES-GCM with a key of the Android Keystore.

use jni::JNIEnv;
use jni::objects::{JByteArray, JObject};

use crate::fault::{Fault, Thrown};
use crate::format::{Encrypted, IV, TAG};
use crate::java::{JniResult, attempt};

const ENCRYPT: i32 = 1;
const DECRYPT: i32 = 2;

fn cipher<'local>(env: &mut JNIEnv<'local>) -> JniResult<JObject<'local>> {
    let name = env.new_string("AES/GCM/NoPadding")?;
    env.call_static_method(
        "javax/crypto/Cipher",
        "getInstance",
        "(Ljava/lang/String;)Ljavax/crypto/Cipher;",
        &[(&name).into()],
    )?
    .l()
}

fn do_final(env: &mut JNIEnv<'_>, cipher: &JObject<'_>, input: &JByteArray<'_>) -> JniResult<Vec<u8>> {
    let output = env.call_method(cipher, "doFinal", "([B)[B", &[input.into()])?.l()?;
    let output = JByteArray::from(output);
    let bytes = env.convert_byte_array(&output)?;
    // One of the two holds the secret. The garbage collector would leave its bytes in memory.
    wipe(env, input)?;
    wipe(env, &output)?;
    Ok(bytes)
}

fn wipe(env: &mut JNIEnv<'_>, array: &JByteArray<'_>) -> JniResult<()> {
    let length = env.get_array_length(array)?;
    let zeros = vec![0; usize::try_from(length).unwrap_or_default()];
    env.set_byte_array_region(array, 0, &zeros)
}

/// Encrypts a secret. The keystore chooses the initialization vector.
pub(crate) fn encrypt(env: &mut JNIEnv<'_>, key: &JObject<'_>, secret: &[u8]) -> Result<Encrypted, Fault> {
    let encrypted = attempt(env, |env| {
        let cipher = cipher(env)?;
        env.call_method(
            &cipher,
            "init",
            "(ILjava/security/Key;)V",
            &[ENCRYPT.into(), key.into()],
        )?;
        let iv = env.call_method(&cipher, "getIV", "()[B", &[])?.l()?;
        let iv = env.convert_byte_array(JByteArray::from(iv))?;
        let input = env.byte_array_from_slice(secret)?;
        let ciphertext = do_final(env, &cipher, &input)?;
        Ok(Encrypted { iv, ciphertext })
    })
    .map_err(Thrown::in_keystore)?;
    if encrypted.iv.len() != IV || encrypted.ciphertext.len() != secret.len() + TAG {
        return Err(Fault::Passing("the cipher gave a value of another length".to_owned()));
    }
    Ok(encrypted)
}

/// Decrypts a value, and proves that it is what was encrypted.
pub(crate) fn decrypt(env: &mut JNIEnv<'_>, key: &JObject<'_>, encrypted: &Encrypted) -> Result<Vec<u8>, Fault> {
    const TAG_BITS: i32 = 128;
    let cipher = attempt(env, |env| {
        let cipher = cipher(env)?;
        let iv = env.byte_array_from_slice(&encrypted.iv)?;
        let parameters = env.new_object(
            "javax/crypto/spec/GCMParameterSpec",
            "(I[B)V",
            &[TAG_BITS.into(), (&iv).into()],
        )?;
        env.call_method(
            &cipher,
            "init",
            "(ILjava/security/Key;Ljava/security/spec/AlgorithmParameterSpec;)V",
            &[DECRYPT.into(), key.into(), (&parameters).into()],
        )?;
        Ok(cipher)
    })
    .map_err(Thrown::in_keystore)?;
    attempt(env, |env| {
        let input = env.byte_array_from_slice(&encrypted.ciphertext)?;
        do_final(env, &cipher, &input)
    })
    .map_err(Thrown::in_decryption)
}
