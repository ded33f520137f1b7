//! A scenario: the sandbox and the services of one test, what its result and its pictures are called, and where they
//! go.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::FutureExt;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::sandbox::{Sandbox, root};
use crate::services::Services;
use crate::{App, Browser, Outcome, catalogue, forms, pictures};

/// What a test of the real app works with.
pub struct Scenario {
    /// The computer that the app runs on.
    pub sandbox: Sandbox,
    /// The servers that the app talks to.
    pub services: Services,
    /// Which test this is; nothing outside [`run_scenario`].
    test: Option<TestName>,
}

impl Scenario {
    /// Starts a sandbox and the services.
    pub fn new() -> Outcome<Self> {
        Ok(Self::with(Sandbox::new()?, Services::start()?))
    }

    /// Opens the status page by the shortcut in the menu of the app's icon. Whoever does that has not touched the app for
    /// a moment.
    pub async fn open_status_page(&self) -> Outcome {
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        self.sandbox.open_link("nl.kidskonnect.groep:/status")
    }

    /// A scenario with a sandbox and services that run already.
    #[must_use]
    pub fn with(sandbox: Sandbox, services: Services) -> Self {
        Self {
            sandbox,
            services,
            test: None,
        }
    }

    /// Starts the app.
    pub async fn app(&mut self) -> Outcome<App> {
        App::start(&mut self.sandbox, &self.services).await
    }

    /// Starts the system browser.
    pub async fn browser(&mut self) -> Outcome<Browser> {
        Browser::start(&mut self.sandbox, &self.services).await
    }

    /// Waits until the app has opened more than `count` URLs in the system browser, and returns the first after those.
    pub async fn next_opened_url(&self, count: usize) -> Outcome<String> {
        crate::until("the app to open the browser", async || {
            Ok(self.sandbox.opened_urls().get(count).cloned())
        })
        .await
    }

    /// Sets a new tablet up for the account's organisation and signs the account in: see [`Self::sign_in`].
    pub async fn to_group(&mut self, app: &App, username: &str) -> Outcome {
        let account = self.services.account(username);
        app.set_up(&account.tenant).await?;
        self.sign_in(app, username).await
    }

    /// Signs an account in from the sign-in screen, until the group view's page is in the site's window.
    ///
    /// No browser takes part: this sends the requests that a browser would send, and opens the redirect URI. Tests in
    /// which the browser matters use [`Self::browser`].
    pub async fn sign_in(&mut self, app: &App, username: &str) -> Outcome {
        let account = self.services.account(username);
        let count = self.sandbox.opened_urls().len();
        app.screen("sign_in").await?;
        app.press("sign_in").await?;
        let url = self.next_opened_url(count).await?;
        self.sandbox.open_link(&forms::sign_in(&url, &account)?)?;
        app.site("/groep").await
    }

    /// Takes a picture of the whole display, as `target/scenarios/<name of the test>-<moment>.png`.
    pub fn picture(&self, moment: &str) -> Outcome {
        let test = self.test.as_ref().ok_or("only a scenario that is run has pictures")?;
        let name = test.file_stem(Some(moment));
        self.sandbox.picture(&folder().join(format!("{name}.png")))?;
        pictures::keep(&folder(), &name)
    }
}

/// Where results and pictures go.
pub(crate) fn folder() -> PathBuf {
    root().join("target/scenarios")
}

/// Names the test that it stands in, for [`run_scenario`]. The label tells tests of one scenario apart in the names of
/// their pictures, and names the pictures of a test that belongs to no scenario.
///
/// The function's own name is the only place in the code that has the scenario's number.
#[macro_export]
macro_rules! this_test {
    ($($label:literal)?) => {{
        fn here() {}
        $crate::TestName::from_path(::std::any::type_name_of_val(&here))$(.labelled($label))?
    }};
}

/// The name of a test, such as `s15_without_internet_nobody_is_signed_out`.
#[derive(Clone, Debug)]
pub struct TestName {
    name: String,
    label: Option<&'static str>,
}

impl TestName {
    /// From the path of an item in the test's body, as [`std::any::type_name`] gives it.
    #[must_use]
    pub fn from_path(path: &str) -> Self {
        let name = path.rsplit("::").skip(1).find(|part| *part != "{{closure}}");
        Self {
            name: name.unwrap_or(path).to_owned(),
            label: None,
        }
    }

    /// With a label for the names of pictures.
    #[must_use]
    pub fn labelled(self, label: &'static str) -> Self {
        Self {
            label: Some(label),
            ..self
        }
    }

    /// The scenario that the test belongs to, such as `S15`: the number at the start of its name.
    #[must_use]
    pub fn id(&self) -> Option<String> {
        let number: u8 = self.name.strip_prefix('s')?.split_once('_')?.0.parse().ok()?;
        Some(format!("S{number}"))
    }

    /// The test's name as a sentence, without the scenario's number.
    fn sentence(&self) -> String {
        let words = match self.id() {
            Some(_) => self.name.split_once('_').map_or("", |(_, words)| words),
            None => &self.name,
        };
        words.replace('_', " ")
    }

    /// The name, without extension, of a picture of this test at that moment. The picture at its end has no moment.
    fn file_stem(&self, moment: Option<&str>) -> String {
        let id = self.id();
        let label = self.label.or_else(|| id.is_none().then_some(self.name.as_str()));
        let parts: Vec<&str> = [id.as_deref(), label, moment].into_iter().flatten().collect();
        parts.join("-")
    }
}

/// Runs a test with a new sandbox and new services.
///
/// Writes the result to `target/scenarios/<name>.json`, from which `cargo xtask scenarios` makes its table, and a
/// picture of the whole display at the end of the test to `<name>.png`.
///
/// Panics with the app's log if the test fails, and if `docs/scenarios.md` has no row for a test of a scenario.
pub async fn run_scenario(test: TestName, body: impl AsyncFnOnce(&mut Scenario) -> Outcome) {
    // A scenario mostly waits. With more than three at a time, they wait for each other's processes.
    static SANDBOXES: Semaphore = Semaphore::const_new(3);
    let _sandbox = SANDBOXES.acquire().await;
    let name = test.file_stem(None);
    let picture = format!("{name}.png");
    if let Some(id) = test.id() {
        catalogue::require_row(&id, &test.name, &picture);
    }
    let (outcome, log) = match Scenario::new() {
        Ok(mut scenario) => {
            scenario.test = Some(test.clone());
            let outcome = AssertUnwindSafe(body(&mut scenario))
                .catch_unwind()
                .await
                .unwrap_or_else(|panic| Err(panic_message(&*panic).into()));
            match scenario.sandbox.picture(&folder().join(&picture)) {
                Ok(()) if outcome.is_ok() => pictures::keep(&folder(), &name).expect("a picture for the documents"),
                Ok(()) => {}
                Err(error) => eprintln!("{name}: {error}"),
            }
            (outcome, scenario.sandbox.log(crate::app::LOG))
        }
        Err(error) => (Err(error), String::new()),
    };
    let result = json!({
        "id": test.id().unwrap_or_else(|| name.clone()),
        "title": test.sentence(),
        "result": if outcome.is_ok() { "passed" } else { "failed" },
        "picture": format!("target/scenarios/{picture}"),
        "note": outcome.as_ref().err().map(ToString::to_string),
    });
    std::fs::create_dir_all(folder()).expect("a folder for results");
    std::fs::write(folder().join(format!("{name}.json")), result.to_string()).expect("a result");
    if let Err(error) = outcome {
        panic!("{name}: {error}\n{log}");
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|message| (*message).to_owned()))
        .unwrap_or_else(|| "a panic".to_owned())
}

#[cfg(test)]
mod tests {
    use super::TestName;

    #[test]
    fn a_test_of_a_scenario_is_named_after_its_number_and_its_label() {
        let name = TestName::from_path("app::scenarios::s05_after_sixty_days::{{closure}}::here");
        assert_eq!(name.id().as_deref(), Some("S5"));
        assert_eq!(name.sentence(), "after sixty days");
        assert_eq!(name.file_stem(None), "S5");
        assert_eq!(
            name.clone().labelled("unused").file_stem(Some("refused")),
            "S5-unused-refused"
        );
    }

    #[test]
    fn another_test_is_named_after_its_label_or_itself() {
        let name = TestName::from_path("app::faults::signing_out::{{closure}}::here");
        assert_eq!(name.id(), None);
        assert_eq!(name.sentence(), "signing out");
        assert_eq!(name.file_stem(Some("end")), "signing_out-end");
        assert_eq!(name.labelled("sign-out").file_stem(None), "sign-out");
    }

    #[test]
    fn the_macro_names_the_test_around_it() {
        let name = async { crate::this_test!("x") };
        let name = futures_util::FutureExt::now_or_never(name).unwrap();
        assert_eq!(name.name, "the_macro_names_the_test_around_it");
    }
}
