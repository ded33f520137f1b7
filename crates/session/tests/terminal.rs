//! The example binary as a process: its events, its exit codes, its file, and what it never prints.
#![allow(clippy::unwrap_used)]

mod common;

use serde_json::json;

use common::provider::{Canned, Provider, WELL_KNOWN};
use common::terminal::Terminal;
use common::{CLIENT, REDIRECT};

async fn start() -> (Provider, Terminal) {
    let provider = Provider::start().await;
    let terminal = Terminal::new(&provider.issuer, CLIENT, REDIRECT);
    (provider, terminal)
}

async fn signed_in() -> (Provider, Terminal) {
    let (provider, mut terminal) = start().await;
    let (child, url) = terminal.begin(&[]).await;
    let callback = provider.authorize(&url).await;
    terminal.answer(child, &callback).await.is("signed_in", 0);
    (provider, terminal)
}

#[tokio::test]
async fn a_session_runs_from_the_first_sign_in_to_the_sign_out() {
    let (provider, mut terminal) = start().await;
    assert!(!terminal.signed_in().await);
    let (child, url) = terminal.begin(&["--scope", "openid offline_access"]).await;
    assert!(url.contains("scope=openid+offline_access&"), "{url}");
    let callback = provider.authorize(&url).await;
    let ended = terminal.answer(child, &callback).await;
    ended.is("signed_in", 0);
    assert_eq!(
        ended.event,
        json!({"event": "signed_in", "sub": "person", "refresh_token": true})
    );
    assert!(terminal.signed_in().await);
    for _ in 0..3 {
        let ended = terminal.run("refresh", &[]).await;
        ended.is("refreshed", 0);
        assert_eq!(ended.event, json!({"event": "refreshed", "rotated": true}));
    }
    let ended = terminal.run("transfer", &[]).await;
    ended.is("transfer", 0);
    assert_eq!(ended.event, json!({"event": "transfer", "expires_in": 60}));
    terminal.run("refresh", &[]).await.is("refreshed", 0);
    let ended = terminal.run("sign-out", &[]).await;
    ended.is("signed_out", 0);
    assert_eq!(ended.event, json!({"event": "signed_out", "revoked": true}));
    assert_eq!(provider.hits("/revoke"), 1);
    assert!(!terminal.signed_in().await);
    terminal.run("refresh", &[]).await.has_code("signed_out", 1, "E241");
    terminal.run("transfer", &[]).await.has_code("signed_out", 1, "E241");
    terminal.run("sign-out", &[]).await.is("signed_out", 0);
    terminal.assert_no_secret_printed(&provider.secrets());
}

#[tokio::test]
async fn another_process_resumes_a_sign_in() {
    let (provider, mut terminal) = start().await;
    let (child, url) = terminal
        .begin(&["--detach", "--organization", "org_zon", "--max-age", "300"])
        .await;
    assert_eq!(child.wait_with_output().await.unwrap().status.code(), Some(0));
    assert!(!terminal.signed_in().await, "pending is not signed in");
    let callback = provider.authorize(&url).await;
    // The second process checks what the first one requested.
    terminal.resume(&callback, &[]).await.has_code("refused", 1, "E211");
    terminal.resume(&callback, &[]).await.has_code("refused", 1, "E201");

    let (_, url) = terminal.begin(&["--detach"]).await;
    let callback = provider.authorize(&url).await;
    terminal.resume(&callback, &[]).await.is("signed_in", 0);
    terminal.resume(&callback, &[]).await.has_code("refused", 1, "E201");
    terminal.assert_no_secret_printed(&provider.secrets());
}

#[tokio::test]
async fn a_sign_in_waits_for_ten_minutes() {
    for (offset, code) in [("590", None), ("610", Some("E204"))] {
        let (provider, mut terminal) = start().await;
        let (_, url) = terminal.begin(&["--detach"]).await;
        let callback = provider.authorize(&url).await;
        let ended = terminal.resume(&callback, &["--clock-offset", offset]).await;
        match code {
            None => ended.is("signed_in", 0),
            Some(code) => ended.has_code("refused", 1, code),
        }
    }
}

#[tokio::test]
async fn a_refused_callback_prints_its_code_and_a_foreign_one_leaves_the_sign_in_pending() {
    let (provider, mut terminal) = start().await;
    let (child, url) = terminal.begin(&[]).await;
    let callback = provider.authorize(&url).await;
    terminal
        .answer(child, &callback.replace("state=", "state=x"))
        .await
        .has_code("refused", 1, "E202");
    for (line, code) in [
        (callback.replace(":/", "://"), "E202"),
        (format!("{callback}&code=x"), "E203"),
        (format!("{callback}&iss=https%3A%2F%2Felsewhere.example"), "E205"),
        (String::new(), "E203"),
        ("x".repeat(1024 * 1024), "E203"),
        (format!("{callback}&x=\u{0}"), "E203"),
    ] {
        terminal.resume(&line, &[]).await.has_code("refused", 1, code);
    }
    terminal.resume(&callback, &[]).await.is("signed_in", 0);

    let (child, url) = terminal.begin(&[]).await;
    let callback = provider.authorize(&url).await;
    let state = callback.split_once("&state=").unwrap().1;
    terminal
        .answer(child, &format!("{REDIRECT}?error=access_denied&state={state}"))
        .await
        .has_code("refused", 1, "E206");
    assert!(terminal.signed_in().await, "the previous session is still there");
    terminal.assert_no_secret_printed(&provider.secrets());
}

#[tokio::test]
async fn a_transient_fault_leaves_the_session_and_a_definitive_answer_ends_it() {
    let (provider, mut terminal) = signed_in().await;
    let before = terminal.stored();
    for (canned, code) in [
        (Canned::With(429, vec![("retry-after", "60".to_owned())], ""), "E304"),
        (Canned::Text(200, "<html>"), "E308"),
        (Canned::Json(403, json!({"error": "mfa_required"})), "E233"),
    ] {
        provider.behave(|behaviour| behaviour.canned = vec![("/token", canned)]);
        terminal.run("refresh", &[]).await.has_code("kept", 3, code);
    }
    provider.behave(|behaviour| {
        behaviour.canned = vec![("/token", Canned::With(503, vec![("retry-after", "60".to_owned())], ""))];
    });
    terminal.run("transfer", &[]).await.has_code("kept", 3, "E303");
    provider.behave(|behaviour| behaviour.canned = vec![("/token", Canned::Text(404, "no"))]);
    terminal.run("transfer", &[]).await.has_code("no_transfer", 0, "E308");
    provider
        .behave(|behaviour| behaviour.canned = vec![("/token", Canned::Json(400, json!({"error": "invalid_target"})))]);
    terminal.run("transfer", &[]).await.has_code("no_transfer", 0, "E242");
    assert_eq!(terminal.stored(), before);
    provider.behave(|behaviour| behaviour.transfers = false);
    terminal.run("transfer", &[]).await.has_code("no_transfer", 0, "E242");
    assert!(
        terminal.stored().contains(&provider.newest().unwrap()),
        "the rotated token is saved"
    );
    terminal
        .run("refresh", &["--clock-offset", "-1700000000"])
        .await
        .is("refreshed", 0);
    provider.revoke_all();
    terminal.run("refresh", &[]).await.has_code("signed_out", 1, "E240");
    assert!(!terminal.signed_in().await);
    terminal.assert_no_secret_printed(&provider.secrets());
}

#[tokio::test]
async fn a_sign_out_succeeds_whatever_the_provider_answers() {
    for canned in [
        Canned::Text(500, ""),
        Canned::Json(400, json!({"error": "x"})),
        Canned::Cut,
    ] {
        let (provider, mut terminal) = signed_in().await;
        provider.behave(|behaviour| behaviour.canned = vec![("/revoke", canned)]);
        let ended = terminal.run("sign-out", &[]).await;
        ended.is("signed_out", 0);
        assert_eq!(ended.event["revoked"], false);
        assert!(!terminal.signed_in().await);
    }
    let (provider, mut terminal) = signed_in().await;
    drop(provider);
    terminal.run("sign-out", &[]).await.is("signed_out", 0);
    assert!(!terminal.signed_in().await);
}

#[tokio::test]
async fn a_sign_in_without_a_refresh_token_leaves_nobody_signed_in() {
    let (provider, mut terminal) = signed_in().await;
    provider
        .behave(|behaviour| behaviour.answer = |answer| drop(answer.as_object_mut().unwrap().remove("refresh_token")));
    let (child, url) = terminal.begin(&[]).await;
    let callback = provider.authorize(&url).await;
    let ended = terminal.answer(child, &callback).await;
    ended.is("signed_in", 0);
    assert_eq!(ended.event["refresh_token"], false);
    assert!(!terminal.signed_in().await);
    terminal.run("refresh", &[]).await.has_code("signed_out", 1, "E241");
}

#[tokio::test]
async fn two_processes_take_turns_and_no_token_is_used_twice() {
    let (provider, mut terminal) = signed_in().await;
    provider.behave(|behaviour| behaviour.latency = std::time::Duration::from_millis(300));
    let (first, second) = terminal.race("refresh", "transfer").await;
    first.is("refreshed", 0);
    second.is("transfer", 0);
    // A sign-out in one process ends the refresh that runs in another.
    let (refreshed, signed_out) = terminal.race("refresh", "sign-out").await;
    assert!(matches!(
        refreshed.event["event"].as_str(),
        Some("refreshed" | "signed_out")
    ));
    signed_out.is("signed_out", 0);
    assert!(!terminal.signed_in().await);
    terminal.assert_no_secret_printed(&provider.secrets());
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_file_and_a_file_that_does_not_parse_waits_for_a_person() {
    use std::os::unix::fs::PermissionsExt;
    let (provider, mut terminal) = signed_in().await;
    let folder = terminal.store().parent().unwrap().to_owned();
    for file in std::fs::read_dir(&folder).unwrap() {
        let file = file.unwrap();
        assert_eq!(
            file.metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "{:?}",
            file.file_name()
        );
        assert!(
            file.file_name() == "session.json" || file.metadata().unwrap().len() == 0,
            "secrets are in one file"
        );
    }
    // The next save removes what a killed process left behind.
    std::fs::write(folder.join("session.json.new"), "half").unwrap();
    std::fs::set_permissions(terminal.store(), PermissionsExt::from_mode(0o644)).unwrap();
    terminal.run("refresh", &[]).await.is("refreshed", 0);
    assert!(!folder.join("session.json.new").exists());
    assert_eq!(terminal.store().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    for text in [
        "{",
        "[]",
        "\u{0}",
        r#"{"session":"{}"}"#,
        r#"{"session":"{\"v\":1,\"refresh_token\":\"x\"}"}"#,
    ] {
        std::fs::write(terminal.store(), text).unwrap();
        assert!(!terminal.signed_in().await, "{text}");
        terminal.run("refresh", &[]).await.has_code("kept", 3, "E403");
        assert_eq!(terminal.stored(), text, "nothing is removed by reading it");
        let (child, url) = terminal.begin(&[]).await;
        let callback = provider.authorize(&url).await;
        terminal.answer(child, &callback).await.is("signed_in", 0);
        terminal.run("refresh", &[]).await.is("refreshed", 0);
        std::fs::write(terminal.store(), text).unwrap();
        terminal.run("sign-out", &[]).await.is("signed_out", 0);
        terminal.run("refresh", &[]).await.has_code("signed_out", 1, "E241");
    }
}

#[tokio::test]
async fn a_lost_response_is_repeated_only_within_the_leeway_of_the_command_line() {
    let (provider, mut terminal) = signed_in().await;
    let faults = || (0..3).map(|_| ("/token", Canned::Text(502, ""))).collect();
    provider.behave(|behaviour| behaviour.canned = faults());
    terminal.run("refresh", &[]).await.has_code("kept", 3, "E303");
    assert!(!terminal.stored().contains("sent_at"));
    provider.behave(|behaviour| behaviour.canned = faults());
    terminal.run("refresh", &["--leeway", "60"]).await.is("refreshed", 0);
    assert!(!terminal.stored().contains("sent_at"));
    // A refusal is not repeated.
    provider.behave(|behaviour| {
        behaviour.canned = vec![("/token", Canned::Json(403, json!({"error": "mfa_required"})))];
    });
    terminal
        .run("refresh", &["--leeway", "60"])
        .await
        .has_code("kept", 3, "E233");
    // Each command that builds a configuration takes the option.
    terminal.run("transfer", &["--leeway", "60"]).await.is("transfer", 0);
    terminal.run("sign-out", &["--leeway", "60"]).await.is("signed_out", 0);
}

#[cfg(unix)]
#[tokio::test]
async fn a_store_behind_a_symbolic_link_is_written_to_the_target_from_the_first_sign_in_on() {
    let (provider, mut terminal) = start().await;
    let (store, folder) = (terminal.store(), terminal.store().with_file_name("elsewhere"));
    std::fs::create_dir(&folder).unwrap();
    std::os::unix::fs::symlink("elsewhere/session.json", &store).unwrap();
    let (child, url) = terminal.begin(&[]).await;
    let callback = provider.authorize(&url).await;
    terminal.answer(child, &callback).await.is("signed_in", 0);
    terminal.run("refresh", &[]).await.is("refreshed", 0);
    assert!(
        std::fs::read_to_string(folder.join("session.json"))
            .unwrap()
            .contains("refresh_token")
    );
    terminal.run("sign-out", &[]).await.is("signed_out", 0);
    assert!(store.is_symlink() && !std::fs::read_to_string(&store).unwrap().contains("refresh_token"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_store_that_is_a_pipe_is_neither_read_nor_replaced() {
    use std::os::unix::fs::FileTypeExt;
    let (_provider, mut terminal) = start().await;
    let store = terminal.store();
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&store)
            .status()
            .unwrap()
            .success()
    );
    let run = terminal.run("sign-in", &["--detach"]);
    tokio::time::timeout(std::time::Duration::from_secs(10), run)
        .await
        .expect("an answer")
        .has_code("refused", 1, "E403");
    assert!(store.symlink_metadata().unwrap().file_type().is_fifo());
}

#[tokio::test]
async fn a_store_that_cannot_be_read_gives_kept_and_refused() {
    let (provider, mut terminal) = signed_in().await;
    let store = terminal.store();
    std::fs::remove_file(&store).unwrap();
    std::fs::create_dir(&store).unwrap();
    terminal.run("refresh", &[]).await.has_code("kept", 3, "E403");
    terminal
        .run("sign-in", &["--detach"])
        .await
        .has_code("refused", 1, "E403");
    terminal.assert_no_secret_printed(&provider.secrets());
}

#[tokio::test]
async fn arguments_that_do_not_parse_are_never_printed() {
    let (provider, mut terminal) = start().await;
    let secret = "nl.example.app:/callback?code=s3cr3t-code-value";
    for more in [
        &[secret][..],
        &["--client", secret],
        &["--clock-offset", secret],
        &["--clock-offset"],
        &["--issuer", secret],
        &[&format!("--{secret}")],
    ] {
        let ended = terminal.run("refresh", more).await;
        assert_eq!((ended.exit, ended.event), (2, serde_json::Value::Null), "{more:?}");
        assert!(
            ended.stderr.lines().count() == 1 && ended.stderr.starts_with("konnect-session: "),
            "{}",
            ended.stderr
        );
    }
    assert_eq!(terminal.run(secret, &[]).await.exit, 2);
    let mut other = Terminal::new(&provider.issuer, CLIENT, &format!("no address {secret}"));
    assert_eq!(other.run("sign-in", &[]).await.exit, 2);
    for text in terminal.output.iter().chain(&other.output) {
        assert!(!text.contains("s3cr3t"), "{text}");
    }
}

#[tokio::test]
async fn a_provider_that_never_answers_ends_in_a_timeout() {
    let (provider, mut terminal) = signed_in().await;
    provider.behave(|behaviour| behaviour.canned = vec![(WELL_KNOWN, Canned::Silence)]);
    // The test asserts that the command ends with a code, not how soon, because that depends on the machine.
    terminal.run("refresh", &[]).await.has_code("kept", 3, "E302");
    terminal.run("refresh", &[]).await.is("refreshed", 0);
}

#[tokio::test]
async fn an_http_issuer_is_accepted_on_loopback_only() {
    for issuer in [
        "http://id.example.nl/",
        "http://127.0.0.1.evil.example/",
        "ftp://127.0.0.1/",
        "id.example.nl",
    ] {
        let mut terminal = Terminal::new(issuer, CLIENT, REDIRECT);
        terminal
            .run("sign-in", &["--detach"])
            .await
            .has_code("refused", 1, "E221");
        assert_eq!(terminal.stored(), "");
    }
}
