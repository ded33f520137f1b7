//! The example binary as a process.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

/// Runs the example in a temporary folder.
pub struct Terminal {
    folder: tempfile::TempDir,
    issuer: String,
    client_id: String,
    redirect: String,
    /// Everything that any run printed on standard output and standard error.
    pub output: Vec<String>,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    pub exit: i32,
    pub event: Value,
    pub stderr: String,
}

impl Ended {
    /// Asserts event and exit code, and that nothing was printed on standard error.
    pub fn is(&self, event: &str, exit: i32) {
        assert_eq!(
            (self.event["event"].as_str(), self.exit, self.stderr.as_str()),
            (Some(event), exit, ""),
            "{}",
            self.event
        );
    }

    pub fn has_code(&self, event: &str, exit: i32, code: &str) {
        self.is(event, exit);
        assert_eq!(self.event["code"], code);
    }
}

/// The binary in Cargo's folder of examples. Cargo builds it together with all tests of the crate, but not with a single
/// test, so this function refuses a binary that is older than its source.
fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).unwrap();
    let binary = profile
        .join("examples")
        .join(format!("konnect-session{}", std::env::consts::EXE_SUFFIX));
    let built = binary.metadata().and_then(|file| file.modified()).ok();
    let fresh = ["src", "src/store", "examples/konnect-session"].iter().all(|folder| {
        let files = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
        files
            .map(Result::unwrap)
            .filter(|file| file.path().is_file())
            .all(|file| file.metadata().unwrap().modified().ok() <= built)
    });
    assert!(
        fresh,
        "{} is missing or old: cargo build -p session --examples",
        binary.display()
    );
    binary
}

impl Terminal {
    pub fn new(issuer: &str, client_id: &str, redirect: &str) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            issuer: issuer.to_owned(),
            client_id: client_id.to_owned(),
            redirect: redirect.to_owned(),
            output: vec![],
        }
    }

    pub fn store(&self) -> PathBuf {
        self.folder.path().join("session.json")
    }

    pub fn stored(&self) -> String {
        std::fs::read_to_string(self.store()).unwrap_or_default()
    }

    fn start(&self, command: &str, more: &[&str]) -> Child {
        let mut run = Command::new(binary());
        run.arg(command).arg("--store").arg(self.store());
        if command != "status" {
            run.args(["--issuer", &self.issuer, "--client-id", &self.client_id]);
        }
        if matches!(command, "sign-in" | "resume") {
            run.args(["--redirect-uri", &self.redirect]);
        }
        run.args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }

    async fn end(&mut self, mut child: Child) -> Ended {
        let (mut out, mut err) = (String::new(), String::new());
        if let Some(stdout) = child.stdout.as_mut() {
            stdout.read_to_string(&mut out).await.unwrap();
        }
        child.stderr.as_mut().unwrap().read_to_string(&mut err).await.unwrap();
        let exit = child.wait().await.unwrap().code().unwrap();
        let event = last_event(&out);
        self.output.extend([out, err.clone()]);
        Ended {
            exit,
            event,
            stderr: err,
        }
    }

    /// Runs a command that reads no callback.
    pub async fn run(&mut self, command: &str, more: &[&str]) -> Ended {
        let child = self.start(command, more);
        self.end(child).await
    }

    /// Runs two commands at the same time.
    pub async fn race(&mut self, first: &str, second: &str) -> (Ended, Ended) {
        let (first, second) = (self.start(first, &[]), self.start(second, &[]));
        (self.end(first).await, self.end(second).await)
    }

    /// Starts `sign-in` and returns its authorization request.
    pub async fn begin(&mut self, more: &[&str]) -> (Child, String) {
        let mut child = self.start("sign-in", more);
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).await.unwrap();
        child.stdout = Some(out.into_inner());
        let event = last_event(&line);
        assert_eq!(event["event"], "authorize", "{event}");
        self.output.push(line);
        (child, event["url"].as_str().unwrap().to_owned())
    }

    /// Passes a callback to a sign-in and waits for its end.
    pub async fn answer(&mut self, mut child: Child, callback: &str) -> Ended {
        let mut stdin = child.stdin.take().unwrap();
        // The write fails if the line is so long that the process does not read it to its end.
        let _ = stdin.write_all(format!("{callback}\n").as_bytes()).await;
        drop(stdin);
        self.end(child).await
    }

    pub async fn resume(&mut self, callback: &str, more: &[&str]) -> Ended {
        let child = self.start("resume", more);
        self.answer(child, callback).await
    }

    pub async fn signed_in(&mut self) -> bool {
        let status = self.run("status", &[]).await;
        status.is("status", 0);
        status.event["signed_in"].as_bool().unwrap()
    }

    /// Asserts that no run printed any of these secrets, and that each is long enough for a search to be meaningful.
    pub fn assert_no_secret_printed(&self, secrets: &[String]) {
        assert!(!secrets.is_empty() && !self.output.is_empty());
        for secret in secrets {
            assert!(secret.len() >= 10, "{secret}");
            assert!(
                !self.output.iter().any(|text| text.contains(secret)),
                "{secret} was printed"
            );
        }
    }
}

/// Parses the output, one JSON object per line with `event` first, and returns the last object.
fn last_event(out: &str) -> Value {
    let mut event = Value::Null;
    for line in out.lines() {
        event = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        assert!(line.starts_with(r#"{"event":""#), "{line}");
    }
    event
}
