//! The test key, and the signature. Android installs no APK without one.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use xshell::{Shell, cmd};

use super::{Build, pack};
use crate::paths::cache;
use crate::steps::{Step, run_silently};

/// The key protects nothing, so its password is no secret.
const PASSWORD: &str = "throw-away";

/// Packs the APK and signs it.
///
/// The key stays in the user's cache: with the same key, a later build updates an earlier one on a tablet. It is a test
/// key, so a tablet refuses to update such an app by one from a store, or the other way round.
pub fn steps<'a>(sh: &'a Shell, build: &'a Build) -> [Step<'a>; 3] {
    [
        Step::command_from("Make a test key", move || {
            let key = key()?;
            sh.create_dir(cache()?)?;
            let fresh = key.with_extension("new");
            sh.remove_path(&fresh)?;
            Ok(cmd!(
                sh,
                "keytool -genkeypair -storetype PKCS12 -keystore {fresh} -storepass {PASSWORD} -alias test -keyalg RSA -keysize 3072 -validity 10000 -dname CN=Konnect-Groep-test-build"
            )
            .into())
        })
        .skip_if(|| Ok(key()?.exists()))
        .then(|| Ok(fs::rename(key()?.with_extension("new"), key()?)?)),
        Step::function("Put everything into one archive", move || {
            Ok(sh.write_file(unsigned(build), pack::unsigned(build)?)?)
        }),
        Step::function("Sign the APK", move || {
            let (key, from, to) = (key()?, unsigned(build), build.apk());
            sh.remove_path(&to)?;
            // The oldest scheme signs each entry, which only Android 6 and older look at.
            run_silently(cmd!(
                sh,
                "apksigner sign --v1-signing-enabled false --v2-signing-enabled true --v3-signing-enabled true --v4-signing-enabled false --ks {key} --ks-pass pass:{PASSWORD} --in {from} --out {to}"
            ))
        }),
    ]
}

fn key() -> Result<PathBuf> {
    Ok(cache()?.join("apk-test-key.p12"))
}

fn unsigned(build: &Build) -> PathBuf {
    build.own("unsigned.apk")
}
