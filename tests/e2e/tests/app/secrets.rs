//! After the main job, no secret is in a file, a log, a process's arguments or, after signing out, in the app's memory.
//! The tests search for the real values that the servers issued.

use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

use e2e::{App, Outcome, Scenario, app_processes, is_app, issued_codes, run_scenario, this_test, until, walk};
use procfs::process::{LimitValue, MMPermissions, Process};
use serde_json::Value;

/// Where secrets may be, relative to the sandbox's home: the keystore, the cookie store of the app's engine, and the
/// profile of the system browser, which is not part of the app.
const MAY_HOLD: [&str; 3] = ["data/keyrings", "chromium", "data/nl.kidskonnect.groep/cookies"];

fn files(folder: &Path, found: &mut Vec<PathBuf>) -> Outcome {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let kind = fs::symlink_metadata(&path)?.file_type();
        if kind.is_dir() {
            files(&path, found)?;
        } else if kind.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

/// Every secret that was used in this sandbox, as kind and value.
fn secrets(scenario: &Scenario, extra: &[(&str, String)]) -> Outcome<Vec<(String, String)>> {
    let state = scenario.services.state()?;
    let mut secrets: Vec<(String, String)> = vec![];
    for (kind, values) in state["issued"].as_object().ok_or("nothing issued")? {
        for value in values.as_array().into_iter().flatten().filter_map(Value::as_str) {
            secrets.push((kind.clone(), value.to_owned()));
        }
    }
    for kind in ["access_token", "refresh_token", "id_token", "transfer_token", "code"] {
        assert!(secrets.iter().any(|(known, _)| known == kind), "no {kind} was used");
    }
    for account in state["accounts"].as_array().into_iter().flatten() {
        for kind in ["totp", "recovery"] {
            if let Some(value) = account[kind].as_str() {
                secrets.push((kind.to_owned(), value.to_owned()));
            }
        }
    }
    secrets.extend(extra.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    Ok(secrets)
}

/// Reports whether the bytes contain the value, in UTF-8 or UTF-16. Six digits within a longer number do not count.
fn contains(bytes: &[u8], value: &str) -> bool {
    let wide: Vec<u8> = value.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let alone =
        |at: usize, length: usize| !(value.len() == 6 && (digit(at.checked_sub(1)) || digit(Some(at + length))));
    [value.as_bytes(), &wide]
        .iter()
        .any(|needle| memchr::memmem::find_iter(bytes, needle).any(|at| alone(at, needle.len())))
}

fn no_secret_is_found(scenario: &Scenario, extra: &[(&str, String)]) -> Outcome {
    let secrets = secrets(scenario, extra)?;
    let mut found = vec![];
    files(scenario.sandbox.home(), &mut found)?;
    let is_searched = |path: &Path| {
        !MAY_HOLD
            .iter()
            .any(|folder| path.starts_with(scenario.sandbox.home().join(folder)))
    };
    let mut searched = 0;
    for file in found.iter().filter(|path| is_searched(path)) {
        let bytes = fs::read(file)?;
        searched += bytes.len();
        for (kind, value) in &secrets {
            assert!(!contains(&bytes, value), "a {kind} is in {}", file.display());
        }
    }
    assert!(searched > 10_000, "hardly anything was searched");
    for process in fs::read_dir("/proc")?.flatten() {
        let Ok(arguments) = fs::read(process.path().join("cmdline")) else {
            continue;
        };
        for (kind, value) in &secrets {
            assert!(!contains(&arguments, value), "a {kind} is an argument of a process");
        }
    }
    Ok(())
}

#[tokio::test]
async fn after_the_main_job_no_secret_is_in_a_file_a_log_or_an_argument() {
    run_scenario(this_test!("secrets"), async |scenario| {
        let account = scenario.services.account("groep.vlinders");
        let pictures = tempfile::tempdir()?;
        walk(scenario, pictures.path(), |_| ()).await?;
        // The second start refreshes and transfers the session again, so those tokens are searched for too.
        scenario
            .services
            .control("/clock", serde_json::json!({"offset": 40 * 86_400}))?;
        let app = App::start_with(&mut scenario.sandbox, &scenario.services, &Value::Null, 40 * 86_400).await?;
        app.group("Vlinders").await?;
        let codes = issued_codes()?;
        assert!(!codes.is_empty(), "no one-time code was typed");
        let mut extra = vec![("password", account.password.clone())];
        extra.extend(codes.into_iter().map(|code| ("one-time code", code)));
        no_secret_is_found(scenario, &extra)?;
        app.kill(&mut scenario.sandbox);
        // The engine writes cookies in clear text to a file that everybody may read, so the folder must be the user's
        // alone.
        for folder in ["data/nl.kidskonnect.groep", "cache/nl.kidskonnect.groep"] {
            let mode = fs::metadata(scenario.sandbox.home().join(folder))?.permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{folder}");
        }
        no_secret_is_found(scenario, &extra)
    })
    .await;
}

/// The largest mapping to search, in bytes. No arena of the allocator is larger, and the engine's script heaps reserve
/// terabytes.
const MAX_MAPPING: u64 = 1 << 30;

/// Returns the values that are in the writable memory of a process.
fn in_memory(process: &Process, values: &[(String, String)]) -> Outcome<Vec<(String, String)>> {
    let memory = fs::File::open(format!("/proc/{}/mem", process.pid))?;
    let mut found = vec![];
    for map in process
        .maps()?
        .into_iter()
        .filter(|map| map.perms.contains(MMPermissions::WRITE))
    {
        let (start, end) = map.address;
        if end - start > MAX_MAPPING {
            continue;
        }
        let mut bytes = vec![0; usize::try_from(end - start)?];
        // Some mappings, such as guard pages, cannot be read.
        if memory.read_exact_at(&mut bytes, start).is_ok() {
            found.extend(
                values
                    .iter()
                    .filter(|(_, value)| memchr::memmem::find(&bytes, value.as_bytes()).is_some())
                    .cloned(),
            );
        }
    }
    Ok(found)
}

#[tokio::test]
async fn after_signing_out_the_app_has_no_token_in_memory_and_core_dumps_are_off() {
    run_scenario(this_test!("wiped"), async |scenario| {
        let app = scenario.app().await?;
        scenario.to_group(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        let process = app_processes(scenario.sandbox.home())?
            .into_iter()
            .find(is_app)
            .ok_or("no app")?;
        let limit = process.limits()?.max_core_file_size;
        assert!(
            matches!(
                (limit.soft_limit, limit.hard_limit),
                (LimitValue::Value(0), LimitValue::Value(0))
            ),
            "{limit:?}"
        );
        scenario.open_status_page().await?;
        app.screen("status").await?;
        app.press("ask_sign_out").await?;
        app.press("sign_out").await?;
        app.screen("sign_in").await?;
        until("the session to leave the keystore", async || {
            Ok((!scenario.sandbox.has_stored_session()?).then_some(()))
        })
        .await?;
        let state = scenario.services.state()?;
        let tokens = |kind: &str| state["issued"][kind].as_array().cloned().unwrap_or_default();
        // The token endpoint answers with a transfer token as `access_token`. It is in the engine's cookies, and is
        // spent.
        let spent = tokens("transfer_token");
        let mut secrets = vec![];
        for kind in ["refresh_token", "access_token", "id_token"] {
            let values: Vec<_> = tokens(kind)
                .into_iter()
                .filter(|value| !spent.contains(value))
                .collect();
            assert!(!values.is_empty(), "no {kind} was issued");
            secrets.extend(
                values
                    .iter()
                    .filter_map(Value::as_str)
                    .map(|value| (kind.to_owned(), value.to_owned())),
            );
        }
        let issuer = [("issuer".to_owned(), scenario.services.issuer().to_owned())];
        assert!(
            !in_memory(&process, &issuer)?.is_empty(),
            "the search of the memory found nothing at all"
        );
        let mut left = vec![];
        let wiped = until("every token to be wiped", async || {
            left = in_memory(&process, &secrets)?;
            Ok(left.is_empty().then_some(()))
        })
        .await;
        wiped.map_err(|error| format!("{error}: {:?}", left.iter().map(|(kind, _)| kind).collect::<Vec<_>>()))?;
        Ok(())
    })
    .await;
}
