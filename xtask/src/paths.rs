//! Where things are: in the workspace, below cargo's target directory, and in the user's cache.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map_or_else(|| ".".into(), Path::to_path_buf)
}

/// Cargo's target directory.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The app's own pages, in TypeScript.
pub fn ui() -> PathBuf {
    root().join("ui")
}

/// The mock identity provider and the mock Konnect, in Node.
pub fn fake_konnect() -> PathBuf {
    root().join("tests/fake-konnect")
}

/// Where this project keeps the tools that it fetches for itself.
pub fn cache() -> Result<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .context("neither XDG_CACHE_HOME nor HOME is set")?;
    Ok(cache.join("konnect-groep"))
}

/// What the checks of the tablets' projects read and write: the workspace, or a test's copy of it.
pub struct Paths {
    /// The workspace, or the copy.
    pub root: PathBuf,
    /// Holds what the checks write: merged manifests, linked resources, reports.
    pub work: PathBuf,
}

impl Paths {
    /// The workspace itself.
    pub fn workspace() -> Self {
        Self {
            root: root(),
            work: target().join("platform"),
        }
    }

    /// The crate that Tauri's command line builds.
    pub fn src_tauri(&self) -> PathBuf {
        self.root.join("src-tauri")
    }

    /// The Gradle project of the Android app.
    pub fn android_project(&self) -> PathBuf {
        self.src_tauri().join("gen/android")
    }

    /// The Android app's own manifest, resources and Kotlin.
    pub fn android_main(&self) -> PathBuf {
        self.android_project().join("app/src/main")
    }

    /// The hosted workflows.
    pub fn workflows(&self) -> PathBuf {
        self.root.join(".github/workflows")
    }
}
