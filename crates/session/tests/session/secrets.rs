//! A type that holds a secret prints `[redacted]`, in every format.

use std::collections::BTreeSet;
use std::path::Path;

use session::store::memory::MemoryStore;
use session::store::{Slot, Store};
use session::{Error, Http, Request, Secret, TransferOutcome};
use zeroize::Zeroizing;

use crate::common::Fixture;

const SECRET: &str = "s3cr3t-of-a-user";

#[tokio::test]
async fn every_type_that_holds_a_secret_prints_redacted() {
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
    let request = SentForm::of(&fixture).await;
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
        let leaked = secrets
            .iter()
            .chain(&query)
            .map(String::as_str)
            .chain([SECRET, code.user_code.as_str()])
            .find(|secret| text.contains(secret));
        assert_eq!(leaked, None, "{name}: {text}");
    }
}

/// `unwrap` on an error prints the error with `Debug`.
#[test]
fn a_panic_about_a_secret_does_not_print_it() {
    let refused = |code: i32| {
        if code == 0 {
            Ok(())
        } else {
            Err(Secret::new(SECRET.to_owned()))
        }
    };
    let panic = std::panic::catch_unwind(|| refused(1).unwrap()).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.contains("[redacted]") && !message.contains(SECRET), "{message}");
}

#[tokio::test]
async fn an_error_repeats_no_text_of_a_server() {
    let fixture = Fixture::signed_in().await;
    let answer = serde_json::json!({"error": SECRET, "error_description": SECRET});
    fixture.behave(|behaviour| behaviour.canned = vec![("/token", crate::common::provider::Canned::Json(400, answer))]);
    let outcome = fixture.session.refresh().await;
    assert!(!format!("{outcome:?} {outcome:#?} {}", Error::ClientRefused).contains(SECRET));
}

/// Finds every type of the crate that holds a secret, so that nobody forgets to test a new one.
#[test]
fn the_test_of_redaction_knows_every_type_that_holds_a_secret() {
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
        // Printed in the test above, or part of a type that is.
        "DeviceAuthorization",
        "Form",
        "Contents",
        "Request",
        "Response",
        "TransferToken",
        // Private to the crate: printed in its unit tests, or without `Debug`.
        "TokenResponse",
        "Expected",
        "PendingSignIn",
        "SessionRecord",
        "AuthorizationResponse",
        "OpenRequest",
        "Revocation",
        "ReceivedIdToken",
    ]
    .map(str::to_owned)
    .into();
    assert_eq!(found, known);
}

/// The first form that a session sent.
struct SentForm(std::sync::Mutex<Option<Request>>);

impl SentForm {
    async fn of(fixture: &Fixture) -> Request {
        let sent = std::sync::Arc::new(SentForm(std::sync::Mutex::default()));
        let http = std::sync::Arc::new(Tee(sent.clone(), fixture.http.clone()));
        let session = session::Session::new(
            fixture.config.clone(),
            http,
            fixture.clock.clone(),
            std::sync::Arc::new(session::SystemRandom),
            fixture.store.clone(),
        );
        session.refresh().await;
        let request = sent.0.lock().unwrap().take();
        request.unwrap()
    }
}

struct Tee<T>(std::sync::Arc<SentForm>, std::sync::Arc<T>);

impl<T: Http> Http for Tee<T> {
    fn send(&self, request: Request) -> session::BoxFuture<Result<session::Response, session::HttpError>> {
        if request.form.is_some() {
            *self.0.0.lock().unwrap() = Some(request.clone());
        }
        self.1.send(request)
    }
}
