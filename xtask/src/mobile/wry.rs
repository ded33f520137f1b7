//! wry's Kotlin, as its build script writes it into the Android project.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use xshell::Shell;

use super::jni_names::sources_of;
use crate::paths::{root, target};

/// Writes wry's Kotlin with this app's package and with what `.cargo/config.toml` adds to its classes. Returns the
/// folder.
pub fn generate(sh: &Shell) -> Result<PathBuf> {
    let config: toml::Table = toml::from_str(&fs::read_to_string(root().join(".cargo/config.toml"))?)?;
    let folder = sh.create_dir(target().join("kotlin/wry"))?;
    for file in fs::read_dir(sources_of(sh, "wry")?.join("src/android/kotlin"))? {
        let path = file?.path();
        let (Some(class), true) = (path.file_stem(), path.extension().is_some_and(|end| end == "kt")) else {
            continue;
        };
        let added = |what: &str| {
            let name = format!("WRY_{}_CLASS_{what}", class.display().to_string().to_uppercase());
            let value = config.get("env").and_then(|env| env.get(&name)?.get("value")?.as_str());
            value.unwrap_or_default().to_owned()
        };
        let text = fs::read_to_string(&path)?
            .replace("{{package}}", "nl.kidskonnect.groep")
            .replace("{{package-unescaped}}", "nl.kidskonnect.groep")
            .replace("{{library}}", "konnect_groep")
            .replace("{{class-extension}}", &added("EXTENSION"))
            .replace("{{class-init}}", &added("INIT"));
        sh.write_file(folder.join(path.file_name().context("a file without a name")?), text)?;
    }
    Ok(folder)
}
