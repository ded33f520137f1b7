//! The certificates that this device trusts: the system's, and those that a person or the device administrator added.

use jni::JNIEnv;
use jni::objects::{JByteArray, JObject};

use super::context::{JniResult, with_context};
use crate::DeviceError;

/// Reads all certificates from `AndroidCAStore`, each in DER.
pub(crate) fn read() -> Result<Vec<Vec<u8>>, DeviceError> {
    with_context(|env, _| {
        let name = env.new_string("AndroidCAStore")?;
        let store = env
            .call_static_method(
                "java/security/KeyStore",
                "getInstance",
                "(Ljava/lang/String;)Ljava/security/KeyStore;",
                &[(&name).into()],
            )?
            .l()?;
        env.call_method(
            &store,
            "load",
            "(Ljava/security/KeyStore$LoadStoreParameter;)V",
            &[(&JObject::null()).into()],
        )?;
        let aliases = env
            .call_method(&store, "aliases", "()Ljava/util/Enumeration;", &[])?
            .l()?;
        let mut roots = vec![];
        while env.call_method(&aliases, "hasMoreElements", "()Z", &[])?.z()? {
            roots.extend(env.with_local_frame(8, |env| next(env, &store, &aliases))?);
        }
        Ok(roots)
    })
}

fn next(env: &mut JNIEnv<'_>, store: &JObject<'_>, aliases: &JObject<'_>) -> JniResult<Option<Vec<u8>>> {
    let alias = env
        .call_method(aliases, "nextElement", "()Ljava/lang/Object;", &[])?
        .l()?;
    let of = "(Ljava/lang/String;)Ljava/security/cert/Certificate;";
    let certificate = env.call_method(store, "getCertificate", of, &[(&alias).into()])?.l()?;
    if certificate.is_null() {
        return Ok(None);
    }
    let der = env.call_method(&certificate, "getEncoded", "()[B", &[])?.l()?;
    env.convert_byte_array(JByteArray::from(der)).map(Some)
}
