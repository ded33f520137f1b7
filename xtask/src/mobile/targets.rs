//! The systems and processors that the app is built for, and how to compile for them without their SDKs.
//!
//! Two crates below the app compile C: `ring`, and the one that catches Objective-C exceptions. They get clang, and
//! headers that declare the few functions that they use: enough to compile, never to link or run. The variables are set
//! here and not in `.cargo/config.toml`, because there they would break the builds of everybody who has an SDK.

use std::path::{Path, PathBuf};

use xshell::Cmd;

/// A system and processor.
pub struct Target {
    /// Rust's name.
    pub name: &'static str,
    /// clang's name, with the oldest system that the app supports.
    pub clang: &'static str,
}

/// Android on 64 bits: what nearly every tablet has. This one is also linked.
pub const ANDROID_64: Target = Target {
    name: "aarch64-linux-android",
    clang: "aarch64-linux-android26",
};

/// An iPad. This one is also linked.
pub const IPAD: Target = Target {
    name: "aarch64-apple-ios",
    clang: "arm64-apple-ios15.0",
};

/// Android on a PC's processor: emulators, and some Chromebooks.
pub const ANDROID_PC: Target = Target {
    name: "x86_64-linux-android",
    clang: "x86_64-linux-android26",
};

/// Every target that the app's Rust is linted for.
pub const TARGETS: [Target; 3] = [
    ANDROID_64,
    Target {
        name: "armv7-linux-androideabi",
        clang: "armv7a-linux-androideabi26",
    },
    IPAD,
];

impl Target {
    /// Sets what a cargo command needs to compile C for this target.
    pub fn environment<'a>(&self, cmd: Cmd<'a>) -> Cmd<'a> {
        let name = self.name.replace('-', "_");
        let include = folder().join("include");
        let cmd = cmd
            .env(format!("CC_{name}"), "clang")
            .env(format!("AR_{name}"), "llvm-ar")
            .env(
                format!("CFLAGS_{name}"),
                format!("--target={} -nostdlibinc -isystem {}", self.clang, include.display()),
            );
        if !self.name.ends_with("-ios") {
            return cmd;
        }
        // Nothing is linked, so the folder of an SDK is only asked for its existence.
        cmd.env("SDKROOT", folder()).env("IPHONEOS_DEPLOYMENT_TARGET", "15.0")
    }
}

/// This folder: headers, symbols of Android, Maven's list of tools.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/mobile")
}
