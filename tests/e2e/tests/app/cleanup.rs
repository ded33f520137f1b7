//! However the demo ends, none of its processes is left.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use e2e::{Outcome, app_binary, until};

/// Every descendant of a process.
fn descendants(parent: u32) -> BTreeSet<u32> {
    let processes: Vec<(u32, u32)> = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let id = entry.file_name().to_string_lossy().parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            // The program's name is in brackets and may contain brackets. The state and the parent follow it.
            let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
            Some((id, parent))
        })
        .collect();
    let mut found = BTreeSet::from([parent]);
    loop {
        let more: Vec<u32> = processes
            .iter()
            .filter(|(id, parent)| found.contains(parent) && !found.contains(id))
            .map(|(id, _)| *id)
            .collect();
        if more.is_empty() {
            found.remove(&parent);
            return found;
        }
        found.extend(more);
    }
}

fn is_running(id: u32, program: &Path) -> bool {
    std::fs::read_link(format!("/proc/{id}/exe")).is_ok_and(|exe| exe == program)
}

/// Starts the demo and waits until the app runs, because by then every process that could be left has started. Returns
/// the demo, the processes below it, and the home directory of its sandbox.
async fn start_demo() -> Outcome<(Child, BTreeSet<u32>, PathBuf)> {
    let app = app_binary()?.canonicalize()?;
    let demo = app.with_file_name("konnect-demo");
    let pictures = tempfile::tempdir()?;
    let child = Command::new(demo)
        .arg("--walk")
        .arg("--out")
        .arg(pictures.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let id = child.id();
    let processes = until("the demo to start the app", async || {
        let processes = descendants(id);
        Ok(processes.iter().any(|id| is_running(*id, &app)).then_some(processes))
    })
    .await?;
    // The engine starts its processes after the app.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let processes: BTreeSet<u32> = processes.union(&descendants(id)).copied().collect();
    let home = processes.iter().find_map(|id| {
        let environ = std::fs::read(format!("/proc/{id}/environ")).ok()?;
        let value = environ
            .split(|byte| *byte == 0)
            .find_map(|pair| pair.strip_prefix(b"SANDBOX_HOME="))?;
        Some(PathBuf::from(String::from_utf8_lossy(value).into_owned()))
    });
    Ok((child, processes, home.ok_or("no sandbox")?))
}

async fn nothing_is_left(processes: &BTreeSet<u32>) -> Outcome {
    assert!(
        processes.len() > 5,
        "the demo has started too few processes: {processes:?}"
    );
    until("everything to end", async || {
        // A process that has ended and is not reaped yet has no program.
        let left = processes
            .iter()
            .filter(|id| std::fs::read_link(format!("/proc/{id}/exe")).is_ok())
            .count();
        Ok((left == 0).then_some(()))
    })
    .await
}

#[tokio::test]
async fn an_interrupted_demo_leaves_no_process_and_no_folder() {
    let (mut demo, processes, home) = start_demo().await.unwrap();
    assert!(home.exists());
    Command::new("kill")
        .args(["-INT", &demo.id().to_string()])
        .status()
        .unwrap();
    assert!(!demo.wait().unwrap().success());
    nothing_is_left(&processes).await.unwrap();
    assert!(!home.exists(), "{} is left", home.display());
}

#[tokio::test]
async fn a_demo_that_crashes_leaves_no_process() {
    let (mut demo, processes, home) = start_demo().await.unwrap();
    demo.kill().unwrap();
    demo.wait().unwrap();
    nothing_is_left(&processes).await.unwrap();
    std::fs::remove_dir_all(home).unwrap();
}
