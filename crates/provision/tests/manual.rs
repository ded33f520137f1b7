//! The manual for device administrators: its commands print what it says, and its links lead somewhere.
//! `UPDATE_MANUAL=1` replaces the printed answers by the current ones.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "test helpers")]

mod services;

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use services::Services;

const MANUALS: [&str; 2] = ["device-administrators.md", "device-administrators.en.md"];

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// A sandbox with a command `provision`, whose environment `development` is that of the services.
fn sandbox(services: &Services, language: &str) -> tempfile::TempDir {
    let sandbox = tempfile::tempdir().unwrap();
    let bin = sandbox.path().join(".bin");
    std::fs::create_dir(&bin).unwrap();
    std::fs::write(bin.join("environments.toml"), services.environments()).unwrap();
    let script = format!(
        "#!/bin/sh\nexec '{}' --language {language} --environments '{}' \"$@\"\n",
        env!("CARGO_BIN_EXE_provision"),
        bin.join("environments.toml").display()
    );
    std::fs::write(bin.join("provision"), script).unwrap();
    std::fs::set_permissions(bin.join("provision"), std::fs::Permissions::from_mode(0o755)).unwrap();
    sandbox
}

fn run(sandbox: &Path, command: &str) -> String {
    let path = format!("{}:{}", sandbox.join(".bin").display(), std::env::var("PATH").unwrap());
    let output = Command::new("sh")
        .arg("-c")
        .arg(format!("exec 2>&1\n{command}"))
        .current_dir(sandbox)
        .env("PATH", path)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Replaces what differs between runs: links, keys, dates and ports.
fn normalized(text: &str) -> String {
    let mut all = String::new();
    for line in text.lines() {
        let words: Vec<String> = line
            .split(' ')
            .map(|word| {
                let dots = word.split('#').next_back().unwrap_or_default();
                if dots.starts_with("ey") && dots.matches('.').count() == 2 {
                    return word.replace(dots, "eyJ…");
                }
                if let Some((kid, key)) = word.split_once(':')
                    && key.len() == 43
                    && !kid.is_empty()
                {
                    return "k…:…".to_owned();
                }
                let numbers: Vec<&str> = word.trim_end_matches('.').split('-').collect();
                if numbers.len() == 3 && numbers.iter().all(|part| part.parse::<u16>().is_ok()) {
                    return word.replace(word.trim_end_matches('.'), "31-12-2026");
                }
                match word.split_once("127.0.0.1:") {
                    Some((before, after)) => format!(
                        "{before}127.0.0.1:4400{}",
                        after.trim_start_matches(|c: char| c.is_ascii_digit())
                    ),
                    None => word.to_owned(),
                }
            })
            .collect();
        let _ = writeln!(all, "{}", words.join(" ").trim_end());
    }
    all
}

/// The manual with the current answers of its commands, and the number of commands.
fn rerun(text: &str, sandbox: &Path) -> (String, usize) {
    let (mut all, mut inside, mut commands) = (String::new(), false, 0);
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside {
            let Some(command) = line.strip_prefix("$ ") else {
                continue;
            };
            commands += 1;
            let answer = normalized(&run(sandbox, command));
            let _ = write!(all, "{line}\n{answer}");
            continue;
        }
        let _ = writeln!(all, "{line}");
    }
    (all, commands)
}

#[test]
fn every_command_of_the_manual_prints_what_the_manual_says() {
    let services = Services::start();
    for (name, language) in MANUALS.into_iter().zip(["nl", "en"]) {
        let sandbox = sandbox(&services, language);
        let path = docs().join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        let (current, commands) = rerun(&text, sandbox.path());
        if std::env::var_os("UPDATE_MANUAL").is_some() {
            std::fs::write(&path, &current).unwrap();
        }
        for word in [
            "init", "validate", "android", "apple", "qr", "bulk", "inspect", "doctor", "explain",
        ] {
            assert!(text.contains(&format!("\n$ provision {word} ")), "{name} shows {word}");
        }
        assert!(commands >= 12, "{name}: {commands}");
        let differing: Vec<_> = text
            .lines()
            .zip(current.lines())
            .filter(|(written, answered)| written != answered)
            .take(5)
            .collect();
        assert!(
            text == current,
            "{name} says otherwise (written, answered): {differing:#?}; UPDATE_MANUAL=1 writes it down"
        );
    }
}

/// The anchor of a heading, as GitHub derives it.
fn anchor(heading: &str) -> String {
    heading
        .trim_start_matches('#')
        .trim()
        .to_lowercase()
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        })
        .collect()
}

#[test]
fn every_link_of_the_manual_leads_somewhere() {
    for name in MANUALS {
        let text = std::fs::read_to_string(docs().join(name)).unwrap();
        let links: Vec<&str> = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
            .collect();
        assert!(links.len() >= 10, "{name}");
        for link in links.into_iter().filter(|link| !link.starts_with("https://")) {
            let (file, place) = link
                .split_once('#')
                .map_or((link, None), |(file, place)| (file, Some(place)));
            let path = if file.is_empty() {
                docs().join(name)
            } else {
                docs().join(file)
            };
            assert!(path.exists(), "{name}: {link}");
            if let Some(place) = place {
                let target = std::fs::read_to_string(&path).unwrap();
                assert!(
                    target
                        .lines()
                        .filter(|line| line.starts_with('#'))
                        .any(|heading| anchor(heading) == place),
                    "{name}: {link}"
                );
            }
        }
    }
}

#[test]
fn the_manuals_have_the_same_parts_in_both_languages() {
    let shape = |name: &str| -> Vec<usize> {
        let text = std::fs::read_to_string(docs().join(name)).unwrap();
        text.lines()
            .filter(|line| line.starts_with("## ") || line.starts_with("### "))
            .map(|line| line.find(' ').unwrap())
            .collect()
    };
    assert_eq!(shape(MANUALS[0]), shape(MANUALS[1]));
}
