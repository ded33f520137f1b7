//! What the script, the workflow and the configuration that Xcode's project is made from must contain.

use std::fs;

use anyhow::{Context, Result};

use crate::paths::Paths;

/// The oldest runner whose Xcode has an SDK that the App Store still takes. The number is macOS's.
const RUNNER: u32 = 26;

/// What is wrong with the files that make Xcode's project, one sentence each.
pub fn problems(paths: &Paths) -> Result<Vec<String>> {
    let workflow = fs::read_to_string(paths.workflows().join("ios.yml"))?;
    let script = fs::read_to_string(paths.src_tauri().join("ios/prepare.sh"))?;
    let mut problems = Vec::new();
    for runner in workflow
        .lines()
        .filter_map(|line| line.trim().strip_prefix("runs-on: "))
    {
        let version: u32 = runner
            .strip_prefix("macos-")
            .context("ios.yml: not a runner with a numbered macOS")?
            .parse()?;
        if version < RUNNER {
            problems.push(format!(
                "ios.yml: {runner} has an Xcode whose apps the App Store refuses; macos-{RUNNER} is the oldest that will do"
            ));
        }
    }
    if !workflow.contains("BUILD_NUMBER: ${{ github.run_number }}.${{ github.run_attempt }}.0\n")
        || !workflow.contains(r#"\"bundleVersion\":\"$BUILD_NUMBER\""#)
    {
        problems.push(
            "ios.yml: a release needs a build number that grows, because App Store Connect takes each number once"
                .to_owned(),
        );
    }
    if !script.contains(r#"TARGETED_DEVICE_FAMILY: \"2\""#) {
        problems.push(
            "prepare.sh: the template's project is also for iPhones, and a store app cannot drop them later".to_owned(),
        );
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use xshell::{Shell, cmd};

    use super::*;
    use crate::paths::root;
    use crate::workspace_copy::refuses;

    /// Stands in for Apple's `xcrun`: a simulator with one iPad, whose app logs what the real one does. `openurl` starts
    /// an app that does not run, and the app loses that link if the file `loses` is there.
    const XCRUN: &str = r#"#!/bin/bash
state=$(dirname "$0")
shift
case "$*" in
  "list devices"*) echo '{"devices":{"com.apple.CoreSimulator.SimRuntime.iOS-26-0":[{"name":"iPad (A16)","udid":"1"}]}}' ;;
  *"log stream"*) : > "$state/log"; exec tail -n +1 -f "$state/log" ;;
  launch*) touch "$state/runs"; echo '{"event":"settings"}' >> "$state/log" ;;
  terminate*) rm "$state/runs" ;;
  openurl*)
    if [ -e "$state/runs" ] || [ ! -e "$state/loses" ]; then echo '{"event":"setup_link_offered"}' >> "$state/log"; fi
    touch "$state/runs" ;;
  *"launchctl list"*) [ ! -e "$state/runs" ] || echo nl.kidskonnect.groep ;;
esac
"#;

    fn walk(folder: &Path) -> bool {
        let sh = Shell::new().unwrap();
        let _env = sh.push_env(
            "PATH",
            format!("{}:{}", folder.display(), std::env::var("PATH").unwrap()),
        );
        let (script, pictures) = (root().join("tests/devices/ios.sh"), folder.join("pictures"));
        cmd!(sh, "bash {script} app {pictures}")
            .quiet()
            .ignore_stdout()
            .ignore_stderr()
            .run()
            .is_ok()
    }

    #[test]
    fn the_walk_through_a_simulator_fails_if_a_link_that_starts_the_app_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("xcrun", XCRUN),
            ("sleep", "#!/bin/sh\nexec /bin/sleep 0.05\n"),
            ("jq", "#!/bin/sh\ncat > /dev/null\necho 1\n"),
        ] {
            let tool = folder.path().join(name);
            fs::write(&tool, text).unwrap();
            fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
        }
        assert!(walk(folder.path()));
        fs::write(folder.path().join("loses"), "").unwrap();
        assert!(!walk(folder.path()));
    }

    #[test]
    fn an_old_runner_a_build_number_that_stands_still_and_an_iphone_app_are_refused() {
        for (file, from, to, says) in [
            (
                ".github/workflows/ios.yml",
                "runs-on: macos-26",
                "runs-on: macos-15",
                "the App Store refuses",
            ),
            (
                ".github/workflows/ios.yml",
                "github.run_number",
                "github.event_name",
                "a build number that grows",
            ),
            (
                ".github/workflows/ios.yml",
                r#"\"bundleVersion\":\"$BUILD_NUMBER\""#,
                r#"\"bundleVersion\":\"1\""#,
                "a build number that grows",
            ),
            ("src-tauri/ios/prepare.sh", r#"\"2\""#, r#"\"1,2\""#, "also for iPhones"),
        ] {
            refuses(problems, file, from, to, says);
        }
    }
}
