//! Runs the scripts of the workflows on this machine, with programs that do nothing in place of compilers, SDKs and
//! devices, and with a fixture in place of what a build leaves. It finds what needs no build: a program that a runner
//! lacks or has in another version (awk is mawk there), a wrong path, a quoting error, a check that checks nothing.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::steps::{ShellStep, shell_steps, texts};
use crate::paths::Paths;

/// What the runner has, and a script would have to wait for, or must not touch here.
const STAND_INS: [&str; 16] = [
    "adb",
    "apt-get",
    "avdmanager",
    "brew",
    "cargo",
    "curl",
    "emulator",
    "gh",
    "jarsigner",
    "node",
    "npm",
    "rustup",
    "sdkmanager",
    "sudo",
    "xcodegen",
    "xcrun",
];

/// Answers where a script reads the answer; otherwise succeeds and says nothing. cargo-cyclonedx is a copy of it.
const STAND_IN: &str = r#"#!/bin/sh
case "$(basename "$0") $*" in
  "cargo metadata "*) echo '{"packages":[{"name":"konnect-groep","version":"1.2.3"}]}' ;;
  "cargo install "*) mkdir -p tools/bin && cp "$0" tools/bin/cargo-cyclonedx ;;
  "cargo-cyclonedx "*) echo '{}' > src-tauri/konnect-groep.json ;;
  "jarsigner "*) echo 'jar verified.' ;;
esac
"#;

/// Functions of GNU awk. The runners' awk is mawk, which stops with an error when it reads one of them.
const GAWK_ONLY: [&str; 6] = ["strtonum(", "gensub(", "asort(", "asorti(", "patsplit(", "PROCINFO["];

/// What goes wrong in a script of a workflow, one sentence each.
pub fn problems(paths: &Paths) -> Result<Vec<String>> {
    problems_with(paths, 16_384)
}

/// The libraries of the built app are aligned to pages of this size.
fn problems_with(paths: &Paths, alignment: u64) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for (workflow, text) in texts(paths)? {
        let steps = shell_steps(&text);
        // Below the system's folder for temporary files, so that nothing of this workspace is in reach.
        let folder = tempfile::tempdir()?;
        let folder = folder.path();
        fixture(folder, alignment)?;
        for step in steps {
            for function in GAWK_ONLY.iter().filter(|function| step.script.contains(**function)) {
                problems.push(format!("{workflow}: {}: {function}…) is for GNU awk alone", step.name));
            }
            if let Some(error) = run(folder, &step)? {
                problems.push(format!("{workflow}: {}: {error}", step.name));
            }
        }
    }
    Ok(problems)
}

/// Runs a script as a runner does. Returns what it printed if it failed.
fn run(folder: &Path, step: &ShellStep) -> Result<Option<String>> {
    let script = folder.join("step.sh");
    fs::write(&script, &step.script)?;
    let path = |name: &str| folder.join(name).display().to_string();
    let mut command = Command::new("bash");
    command
        .args(["--noprofile", "--norc", "-e"])
        .arg(&script)
        .current_dir(folder.join("work").join(&step.folder))
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", path("bin")))
        .env("HOME", path("home"));
    for (name, value) in [
        ("ANDROID_HOME", "sdk"),
        ("GITHUB_ENV", "github-env"),
        ("GITHUB_PATH", "github-path"),
        ("JAVA_HOME", "jdk"),
        ("JAVA_HOME_21_X64", "jdk"),
        ("NDK_HOME", "ndk"),
        ("RUNNER_TEMP", "temp"),
    ] {
        command.env(name, path(value));
    }
    command.env("GITHUB_REF_NAME", "v1.2.3").env("GITHUB_REPOSITORY", "a/b");
    for (name, value) in &step.environment {
        // A secret or a variable, as base64 so that a keystore can be decoded.
        let value = if value.contains("${{") { "c2VjcmV0" } else { value };
        command.env(name, value.replace("/home/runner", &path("home")));
    }
    let output = command.output()?;
    let text = [output.stdout, output.stderr].concat();
    Ok((!output.status.success()).then(|| String::from_utf8_lossy(&text).trim().to_owned()))
}

/// The workspace as a build leaves it, the folders of the runner, and the programs that do nothing.
fn fixture(folder: &Path, alignment: u64) -> Result<()> {
    let stand_in = folder.join("stand-in");
    for name in [
        "bin",
        "home/.android/avd/tablet.avd",
        "temp",
        "sdk/cmdline-tools/latest/bin",
        "sdk/build-tools/36.0.0",
        "sdk/emulator",
        "jdk/bin",
        "ndk/toolchains/llvm/prebuilt/linux-x86_64/bin",
        "work/src-tauri/gen/android/app/build/outputs/apk/universal/release",
        "work/src-tauri/gen/android/app/build/outputs/apk/universal/debug",
        "work/src-tauri/gen/android/app/build/outputs/bundle/universalRelease",
        "work/src-tauri/gen/apple/build/arm64-sim/Konnect Groep.app",
        "work/src-tauri/ios",
        "work/tests/fake-konnect/node_modules/.bin",
        "work/tests/devices",
        "work/ui",
        "work/built/android",
    ] {
        fs::create_dir_all(folder.join(name))?;
    }
    fs::write(&stand_in, STAND_IN)?;
    fs::set_permissions(&stand_in, fs::Permissions::from_mode(0o755))?;
    for name in STAND_INS {
        symlink(&stand_in, folder.join("bin").join(name))?;
    }
    for place in [
        "sdk/cmdline-tools/latest/bin/sdkmanager",
        "sdk/cmdline-tools/latest/bin/avdmanager",
        "sdk/build-tools/36.0.0/apksigner",
        "sdk/emulator/emulator",
        "jdk/bin/jarsigner",
        "work/src-tauri/ios/prepare.sh",
        "work/tests/fake-konnect/node_modules/.bin/node",
        "work/tests/devices/ios.sh",
    ] {
        symlink(&stand_in, folder.join(place))?;
    }
    // The awk of the runners, also on a machine whose own is another one.
    symlink("/usr/bin/mawk", folder.join("bin/awk"))?;
    symlink(
        "/usr/bin/readelf",
        folder.join("ndk/toolchains/llvm/prebuilt/linux-x86_64/bin/llvm-readelf"),
    )?;
    fs::write(
        folder.join("home/.android/avd/tablet.avd/config.ini"),
        "disk.dataPartition.size=9G\n",
    )?;
    let outputs = folder.join("work/src-tauri/gen/android/app/build/outputs");
    let apk = outputs.join("apk/universal/release/app-universal-release.apk");
    let mut zip = ZipWriter::new(fs::File::create(&apk)?);
    zip.start_file("lib/arm64-v8a/libkonnect_groep.so", SimpleFileOptions::default())?;
    zip.write_all(&elf(alignment))?;
    zip.finish()?;
    fs::write(outputs.join("apk/universal/debug/app-universal-debug.apk"), "")?;
    fs::write(outputs.join("bundle/universalRelease/app-universal-release.aab"), "")?;
    fs::write(folder.join("work/built/android/app.apk"), "")?;
    Ok(())
}

/// The smallest 64-bit library that readelf reads: a header, and one segment that is loaded.
fn elf(alignment: u64) -> Vec<u8> {
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(16, 0);
    // A shared object for AArch64, version 1; one program header of 56 bytes, right behind this header.
    for half in [3_u16, 183] {
        file.extend(half.to_le_bytes());
    }
    file.extend(1_u32.to_le_bytes());
    for word in [0_u64, 64, 0] {
        file.extend(word.to_le_bytes());
    }
    file.extend(0_u32.to_le_bytes());
    for half in [64_u16, 56, 1, 64, 0, 0] {
        file.extend(half.to_le_bytes());
    }
    for half in [1_u32, 5] {
        file.extend(half.to_le_bytes());
    }
    for word in [0_u64, 0, 0, 120, 120, alignment] {
        file.extend(word.to_le_bytes());
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace_copy::{copy, inject};

    #[test]
    fn every_script_of_the_workflows_runs() {
        let (_folder, paths) = copy();
        assert_eq!(problems(&paths).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_library_on_small_pages_fails_its_check_and_nothing_else_does() {
        let (_folder, paths) = copy();
        let problems = problems_with(&paths, 4096).unwrap();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(
            problems[0].contains("libkonnect_groep.so: aligned to 0x1000"),
            "{problems:?}"
        );
    }

    #[test]
    fn what_the_runners_awk_does_not_know_and_a_step_that_fails_are_found() {
        let (_folder, paths) = copy();
        let android = ".github/workflows/android.yml";
        inject(&paths, android, "awk '$1", "awk 'strtonum(0) == 0 && $1");
        inject(&paths, android, "mkdir libraries", "mkdir libraries; cat no-such-file");
        let problems = problems(&paths).unwrap().join("\n");
        assert!(problems.contains("is for GNU awk alone"), "{problems}");
        assert!(problems.contains("no-such-file"), "{problems}");
    }
}
