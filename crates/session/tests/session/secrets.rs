//! What holds a secret prints `[redacted]`, wherever it is printed.

use std::collections::BTreeSet;
use std::path::Path;

use session::store::memory::MemoryStore;
use session::store::{Slot, Store};
use session::{Error, Http, Request, Secret, TransferOutcome};
use zeroize::Zeroizing;

use crate::common::Fixture;

const SECRET: &str = "s3cr3t-of-a-person";

#[tokio::test]
async fn whatever_holds_a_secret_prints_redacted() {
    let fixture = Fixture::signed_in().await;
    let begun = fixture.session.begin_sign_in().await.unwrap();
    let code = fixture.session.begin_device_flow().await.unwrap();
    let TransferOutcome::Token(token) = fixture.session.transfer().await else {
        panic!()
    };
    let store = MemoryStore::default();
    store.save(Slot::Session, &Secret::new(SECRET.to_owned())).unwrap();
    let response = session::Response {
        status: 200,
        date: None,
        retry_after: None,
        body: Zeroizing::new(SECRET.into()),
    };
    let request = Seen::of(&fixture).await;
    assert!(request.form.as_ref().unwrap().body().contains("refresh_token=refresh-"));
    let printed = [
        ("Secret", format!("{0} {0:?} {0:#?}", Secret::new(SECRET.to_owned()))),
        ("AuthorizationRequest", format!("{begun:?} {begun:#?}")),
        ("DeviceAuthorization", format!("{code:?} {code:#?}")),
        ("TransferToken", format!("{token:?} {token:#?}")),
        (
            "TransferOutcome",
            format!("{:?}", TransferOutcome::Token(token.clone())),
        ),
        ("MemoryStore", format!("{store:?} {store:#?}")),
        ("Response", format!("{response:?} {response:#?}")),
        ("Request", format!("{request:?} {request:#?}")),
        ("Form", format!("{:?}", request.form)),
    ];
    let query: Vec<String> = begun
        .url
        .query_pairs()
        .filter(|(name, _)| ["state", "nonce", "code_challenge"].contains(&&**name))
        .map(|(_, value)| value.into_owned())
        .collect();
    let secrets = fixture.provider.secrets();
    for (name, text) in &printed {
        assert!(text.contains("[redacted]"), "{name}: {text}");
        let seen = secrets
            .iter()
            .chain(&query)
            .map(String::as_str)
            .chain([SECRET, code.user_code.as_str()])
            .find(|secret| text.contains(secret));
        assert_eq!(seen, None, "{name}: {text}");
    }
}

/// A panic prints what it is given with `Debug`.
#[test]
fn a_panic_over_a_secret_does_not_tell_it() {
    let refused = |code: i32| {
        if code == 0 {
            Ok(())
        } else {
            Err(Secret::new(SECRET.to_owned()))
        }
    };
    let panic = std::panic::catch_unwind(|| refused(1).unwrap()).unwrap_err();
    let said = panic.downcast_ref::<String>().unwrap();
    assert!(said.contains("[redacted]") && !said.contains(SECRET), "{said}");
}

#[tokio::test]
async fn an_error_repeats_nothing_that_a_server_said() {
    let fixture = Fixture::signed_in().await;
    let answer = serde_json::json!({"error": SECRET, "error_description": SECRET});
    fixture.behave(|behaviour| behaviour.canned = vec![("/token", crate::common::provider::Canned::Json(400, answer))]);
    let outcome = fixture.session.refresh().await;
    assert!(!format!("{outcome:?} {outcome:#?} {}", Error::ClientRefused).contains(SECRET));
}

/// Each type of the crate that has a secret in it is known here, so that a new one is not forgotten.
#[test]
fn each_type_that_holds_a_secret_is_in_the_table() {
    let mut found = BTreeSet::new();
    for folder in ["src", "src/store"] {
        for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
            .unwrap()
            .map(|file| file.unwrap().path())
        {
            let Ok(text) = std::fs::read_to_string(&file) else {
                continue;
            };
            let mut holder = None;
            for line in text.lines() {
                let words: Vec<&str> = line
                    .trim_start()
                    .trim_start_matches("pub(crate) ")
                    .trim_start_matches("pub ")
                    .split([' ', '<', '('])
                    .collect();
                if let ["struct" | "enum", name, ..] = words.as_slice() {
                    holder = Some((*name).to_owned());
                }
                let holds = ["Secret,", "Secret>", "Zeroizing<", "(Secret)", "Form>"]
                    .iter()
                    .any(|end| line.contains(end))
                    && !line.contains("fn ")
                    && !line.contains("use ");
                if holds && let Some(name) = &holder {
                    found.insert(name.clone());
                }
                if line == "}" || line.ends_with(");") && line.contains("struct") {
                    holder = None;
                }
            }
        }
    }
    let known: BTreeSet<String> = [
        // In the table above, or held by what is there.
        "DeviceAuthorization",
        "Form",
        "Inside",
        "Request",
        "Response",
        "TransferToken",
        // In the crate only: printed in its own tests, or not printable at all.
        "Answer",
        "Expected",
        "Pending",
        "Record",
        "Said",
    ]
    .map(str::to_owned)
    .into();
    assert_eq!(found, known);
}

/// An HTTP that keeps what it was given.
struct Seen(std::sync::Mutex<Option<Request>>);

impl Seen {
    async fn of(fixture: &Fixture) -> Request {
        let seen = std::sync::Arc::new(Seen(std::sync::Mutex::default()));
        let http = std::sync::Arc::new(Tee(seen.clone(), fixture.http.clone()));
        let session = session::Session::new(
            fixture.config.clone(),
            http,
            fixture.clock.clone(),
            std::sync::Arc::new(session::SystemRandom),
            fixture.store.clone(),
        );
        session.refresh().await;
        let request = seen.0.lock().unwrap().take();
        request.unwrap()
    }
}

struct Tee<T>(std::sync::Arc<Seen>, std::sync::Arc<T>);

impl<T: Http> Http for Tee<T> {
    fn send(&self, request: Request) -> session::BoxFuture<Result<session::Response, session::HttpError>> {
        if request.form.is_some() {
            *self.0.0.lock().unwrap() = Some(request.clone());
        }
        self.1.send(request)
    }
}
