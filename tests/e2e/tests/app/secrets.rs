//! Nothing secret lies about: the whole main job is walked, and then everything that was written is searched for the
//! real values.

use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

use e2e::{App, Outcome, Scene, app_processes, codes_given, is_app, scenario, until, walk};
use procfs::process::{LimitValue, MMPermissions, Process};
use serde_json::Value;

/// What may hold them, seen from the desk's home: the keystore, the engine's own cookie store, and the profile of the
/// other browser, which is the person's own and no part of the app.
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

/// Every secret of this walk, with its name.
fn secrets(scene: &Scene, extra: &[(&str, String)]) -> Outcome<Vec<(String, String)>> {
    let state = scene.stack.state()?;
    let mut secrets: Vec<(String, String)> = vec![];
    for (kind, values) in state["issued"].as_object().ok_or("nothing issued")? {
        for value in values.as_array().into_iter().flatten().filter_map(Value::as_str) {
            secrets.push((kind.clone(), value.to_owned()));
        }
    }
    for kind in ["access_token", "refresh_token", "id_token", "transfer_token", "code"] {
        assert!(
            secrets.iter().any(|(known, _)| known == kind),
            "the walk used no {kind}"
        );
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

/// The value stands in these bytes, in UTF-8 or UTF-16; six digits that are part of a longer number do not count.
fn holds(bytes: &[u8], value: &str) -> bool {
    let wide: Vec<u8> = value.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let alone =
        |at: usize, length: usize| !(value.len() == 6 && (digit(at.checked_sub(1)) || digit(Some(at + length))));
    [value.as_bytes(), &wide]
        .iter()
        .any(|needle| memchr::memmem::find_iter(bytes, needle).any(|at| alone(at, needle.len())))
}

fn nothing_is_found(scene: &Scene, extra: &[(&str, String)]) -> Outcome {
    let secrets = secrets(scene, extra)?;
    let mut found = vec![];
    files(scene.desk.home(), &mut found)?;
    let mine = |path: &Path| {
        !MAY_HOLD
            .iter()
            .any(|place| path.starts_with(scene.desk.home().join(place)))
    };
    let mut searched = 0;
    for file in found.iter().filter(|path| mine(path)) {
        let bytes = fs::read(file)?;
        searched += bytes.len();
        for (kind, value) in &secrets {
            assert!(!holds(&bytes, value), "a {kind} lies in {}", file.display());
        }
    }
    assert!(searched > 10_000, "hardly anything was searched");
    for process in fs::read_dir("/proc")?.flatten() {
        let Ok(arguments) = fs::read(process.path().join("cmdline")) else {
            continue;
        };
        for (kind, value) in &secrets {
            assert!(!holds(&arguments, value), "a {kind} is an argument of a process");
        }
    }
    Ok(())
}

#[tokio::test]
async fn after_the_whole_main_job_no_secret_lies_in_a_file_a_log_or_an_argument() {
    scenario("secrets", "nothing secret lies about", async |scene| {
        let account = scene.stack.account("groep.vlinders");
        let pictures = tempfile::tempdir()?;
        walk(scene, pictures.path(), |_| ()).await?;
        // Once more with a used session, so that a refreshed and a second transfer token are searched for, too.
        scene.stack.say("/clock", serde_json::json!({"offset": 40 * 86_400}))?;
        let app = App::start_with(&mut scene.desk, &scene.stack, &Value::Null, 40 * 86_400).await?;
        app.group("Vlinders").await?;
        let codes = codes_given()?;
        assert!(!codes.is_empty(), "no one-time code was typed");
        let mut extra = vec![("password", account.password.clone())];
        extra.extend(codes.into_iter().map(|code| ("one-time code", code)));
        nothing_is_found(scene, &extra)?;
        app.kill(&mut scene.desk);
        // The engine keeps cookies in clear text, readable for all: its folder is the user's alone.
        for folder in ["data/nl.kidskonnect.groep", "cache/nl.kidskonnect.groep"] {
            let mode = fs::metadata(scene.desk.home().join(folder))?.permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{folder}");
        }
        nothing_is_found(scene, &extra)
    })
    .await;
}

/// No arena of the allocator is larger; the engine's script heaps reserve terabytes.
const LARGEST: u64 = 1 << 30;

/// Those of the values that stand in the memory that this process may write to.
fn in_memory(process: &Process, values: &[(String, String)]) -> Outcome<Vec<(String, String)>> {
    let memory = fs::File::open(format!("/proc/{}/mem", process.pid))?;
    let mut found = vec![];
    for map in process
        .maps()?
        .into_iter()
        .filter(|map| map.perms.contains(MMPermissions::WRITE))
    {
        let (start, end) = map.address;
        if end - start > LARGEST {
            continue;
        }
        let mut bytes = vec![0; usize::try_from(end - start)?];
        // Guard pages and the like cannot be read.
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
async fn after_signing_out_the_app_has_no_token_in_memory_and_it_never_leaves_a_core() {
    scenario("wiped", "no token in memory", async |scene| {
        let app = scene.app().await?;
        scene.to_group(&app, "groep.vlinders").await?;
        app.group("Vlinders").await?;
        let process = app_processes(&scene.desk)?.into_iter().find(is_app).ok_or("no app")?;
        let limit = process.limits()?.max_core_file_size;
        assert!(
            matches!(
                (limit.soft_limit, limit.hard_limit),
                (LimitValue::Value(0), LimitValue::Value(0))
            ),
            "{limit:?}"
        );
        scene.desk.open_link("nl.kidskonnect.groep:/status")?;
        app.screen("status").await?;
        app.press("ask_sign_out").await?;
        app.press("sign_out").await?;
        app.screen("sign_in").await?;
        until("the keystore to forget", async || {
            Ok((!scene.desk.keeps_session()?).then_some(()))
        })
        .await?;
        let state = scene.stack.state()?;
        let given = |kind: &str| state["issued"][kind].as_array().cloned().unwrap_or_default();
        // A transfer token is an access token by its name in the answer. It was the engine's to use, once, and is used.
        let used = given("transfer_token");
        let mut secrets = vec![];
        for kind in ["refresh_token", "access_token", "id_token"] {
            let values: Vec<_> = given(kind).into_iter().filter(|value| !used.contains(value)).collect();
            assert!(!values.is_empty(), "no {kind} was issued");
            secrets.extend(
                values
                    .iter()
                    .filter_map(Value::as_str)
                    .map(|value| (kind.to_owned(), value.to_owned())),
            );
        }
        let issuer = [("issuer".to_owned(), scene.stack.issuer().to_owned())];
        assert!(!in_memory(&process, &issuer)?.is_empty(), "memory is searched");
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
