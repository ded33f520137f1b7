//! The diagnostics log: one JSON object a line on standard error, `event` first.
//!
//! Contains error codes, hosts and the app's own words; never a URL with its query, a token, or a name. How much is
//! written follows the setting `diagnostics`: nothing, errors, or every step. A build with debug assertions writes every
//! step with `errors`, too.

use settings::Diagnostics;
use tauri_plugin_device::SystemLog;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, reload};

/// The target of the app's own lines. Other crates' lines are never written: an HTTP client's hold URLs.
const TARGET: &str = "konnect";

/// Changes how much is written. Does nothing until [`init`] has made one that is connected.
#[derive(Clone, Default)]
pub struct LogLevel(Option<reload::Handle<Targets, Registry>>);

impl LogLevel {
    pub(crate) fn set(&self, level: Diagnostics) {
        if let Some(handle) = &self.0 {
            // Fails only while the process ends.
            let _ = handle.modify(|filter| *filter = filter_for(level, cfg!(debug_assertions)));
        }
    }
}

fn filter_for(level: Diagnostics, debug_build: bool) -> Targets {
    let level = match level {
        Diagnostics::Off => LevelFilter::OFF,
        Diagnostics::Errors if debug_build => LevelFilter::DEBUG,
        Diagnostics::Errors => LevelFilter::WARN,
        Diagnostics::Verbose => LevelFilter::DEBUG,
    };
    Targets::new().with_target(TARGET, level)
}

fn lines<W>(writer: W) -> impl Layer<Registry> + Send + Sync
where
    W: for<'a> tracing_subscriber::fmt::MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .without_time()
        .with_level(false)
        .with_target(false)
        .with_current_span(false)
        .with_span_list(false)
        .with_writer(writer)
}

/// Connects the log to standard error (on an iPad, to the system's log), for the whole process. Call once, before anything
/// is logged; a second call has no effect and returns a level that changes nothing.
#[must_use]
pub fn init() -> LogLevel {
    let (filter, handle) = reload::Layer::new(filter_for(Diagnostics::Errors, cfg!(debug_assertions)));
    let subscriber = tracing_subscriber::registry().with(lines(|| SystemLog).with_filter(filter));
    LogLevel(subscriber.try_init().is_ok().then_some(handle))
}

/// The lines themselves. Faults are warnings; the steps on the way to one are debug lines.
pub mod log {
    use app_state::Event;
    use error_codes::ErrorCode;
    use tauri_plugin_site_view::{Permission, RefusedWhat};
    use tracing::{debug, warn};
    use url::Url;

    use super::TARGET;

    /// An event that the state machine takes.
    pub(crate) fn event(event: &Event) {
        match event.error_code() {
            Some(code) => warn!(target: TARGET, event = event.name(), code = code.number()),
            None => debug!(target: TARGET, event = event.name()),
        }
    }

    /// A step without an error.
    pub(crate) fn step(event: &'static str) {
        debug!(target: TARGET, event);
    }

    /// A pop-up of the site at this host.
    pub(crate) fn popup_opened(url: &Url) {
        debug!(target: TARGET, event = "popup_opened", host = url.host_str().unwrap_or_default());
    }

    /// Something that could not be done, without a code of the register.
    pub fn failed(effect: &'static str, error: &dyn std::fmt::Display) {
        warn!(target: TARGET, event = "failed", effect, error = %error);
    }

    /// An effect was carried out, or not.
    pub(crate) fn failure(effect: &'static str, done: Result<(), impl std::fmt::Display>) {
        if let Err(error) = done {
            failed(effect, &error);
        }
    }

    /// Something that could not be done, with its code.
    pub(crate) fn failed_with(effect: &'static str, code: ErrorCode) {
        warn!(target: TARGET, event = "failed", effect, code = code.number());
    }

    /// A daily refresh that did not work this time.
    pub(crate) fn refresh_failed(code: ErrorCode) {
        warn!(target: TARGET, event = "refresh_failed", code = code.number());
    }

    /// A link of another app.
    pub(crate) fn link_ignored() {
        warn!(target: TARGET, event = "link_ignored", code = ErrorCode::NotOurLink.number());
    }

    /// A navigation or a window that the policy refused.
    pub(crate) fn refused(url: &Url, code: ErrorCode, what: RefusedWhat) {
        let what = match what {
            RefusedWhat::Navigation => "navigation",
            RefusedWhat::PopupNavigation => "popup_navigation",
            RefusedWhat::Window => "window",
        };
        let (scheme, host) = (url.scheme(), url.host_str().unwrap_or_default());
        warn!(target: TARGET, event = "refused", code = code.number(), what, scheme, host);
    }

    /// What a person asked of the site view, and the device could not do. Never the address itself: that of a one-time code
    /// holds its secret.
    pub(crate) fn undone(url: &Url, code: ErrorCode) {
        warn!(target: TARGET, event = "undone", code = code.number(), scheme = url.scheme());
    }

    /// A permission that a page asked for and did not get.
    pub(crate) fn permission_denied(page: &Url, what: Permission) {
        let what = match what {
            Permission::Camera => "camera",
            Permission::Microphone => "microphone",
            Permission::Download => "download",
        };
        let (code, host) = (
            ErrorCode::PermissionDenied.number(),
            page.host_str().unwrap_or_default(),
        );
        warn!(target: TARGET, event = "denied", code, what, host);
    }

    /// What the tablet did with a part of the device policy.
    pub(crate) fn device(policy: &'static str, value: &str, outcome: &str) {
        debug!(target: TARGET, event = "device", asked = policy, value, outcome);
    }

    /// The app cannot start.
    pub fn fatal(error: &dyn std::fmt::Display) {
        warn!(target: TARGET, event = "fatal", code = ErrorCode::AppCannotStart.number(), error = %error);
    }

    /// The app re-executes itself.
    pub fn restarts(why: &str) {
        warn!(target: TARGET, event = "restarts", error = why);
    }
}

/// The log of one test.
#[cfg(test)]
pub(crate) mod capture {
    use std::io::Write;
    use std::sync::{Arc, Mutex, Once};

    use tracing::subscriber::DefaultGuard;
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    /// Where the lines go.
    #[derive(Clone, Default)]
    pub(super) struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Buffer {
        pub(super) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Buffer {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    /// Keeps what this thread logs, every step at first, until it is dropped.
    pub(crate) struct LogLines {
        pub(crate) level: LogLevel,
        buffer: Buffer,
        _guard: DefaultGuard,
    }

    impl LogLines {
        /// A registry that takes every line serves the threads without a log of their own. While only one subscriber
        /// exists, `tracing` asks the current thread alone whether a line matters, and keeps the answer for all
        /// threads: another test, which keeps no log, would have switched the line off for this one.
        pub(crate) fn keep() -> Self {
            static OTHER_THREADS: Once = Once::new();
            OTHER_THREADS.call_once(|| tracing_subscriber::registry().init());
            let buffer = Buffer::default();
            let (filter, handle) = reload::Layer::new(filter_for(Diagnostics::Verbose, true));
            let subscriber = tracing_subscriber::registry().with(lines(buffer.clone()).with_filter(filter));
            Self {
                level: LogLevel(Some(handle)),
                buffer,
                _guard: subscriber.set_default(),
            }
        }

        /// The lines so far, with this text in them.
        pub(crate) fn with(&self, text: &str) -> Vec<String> {
            let all = self.buffer.text();
            all.lines()
                .filter(|line| line.contains(text))
                .map(str::to_owned)
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use app_state::Event;

    use super::capture::{Buffer, LogLines};
    use super::*;

    fn written(level: Diagnostics, debug_build: bool, act: impl FnOnce()) -> String {
        let buffer = Buffer::default();
        let layer = lines(buffer.clone()).with_filter(filter_for(level, debug_build));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), act);
        buffer.text()
    }

    #[test]
    fn a_line_is_one_json_object_with_the_event_first() {
        let url = url::Url::parse("https://user@evil.example/path?secret=1#x").unwrap();
        let refused = || {
            log::refused(
                &url,
                error_codes::ErrorCode::HostNotTrusted,
                tauri_plugin_site_view::RefusedWhat::Window,
            );
        };
        let line = written(Diagnostics::Errors, false, refused);
        assert_eq!(
            line,
            "{\"event\":\"refused\",\"code\":\"E515\",\"what\":\"window\",\"scheme\":\"https\",\"host\":\"evil.example\"}\n"
        );
    }

    #[test]
    fn nothing_is_written_with_diagnostics_off_and_errors_are_written_by_default() {
        let both = || {
            log::event(&Event::Resumed);
            log::link_ignored();
        };
        assert_eq!(written(Diagnostics::Off, true, both), "");
        assert_eq!(
            written(Diagnostics::Errors, false, both),
            "{\"event\":\"link_ignored\",\"code\":\"E140\"}\n"
        );
        for (level, debug_build) in [(Diagnostics::Errors, true), (Diagnostics::Verbose, false)] {
            assert!(
                written(level, debug_build, both).starts_with("{\"event\":\"resumed\"}\n{\"event\":\"link_ignored\"")
            );
        }
    }

    #[test]
    fn lines_of_other_crates_are_never_written() {
        let other = || tracing::error!(target: "hyper", url = "https://id.example/?code=secret");
        assert_eq!(written(Diagnostics::Verbose, true, other), "");
    }

    #[test]
    fn each_line_has_the_fields_that_its_readers_search_for() {
        use tauri_plugin_site_view::{Permission, RefusedWhat};
        let url = url::Url::parse("https://user@site.example/path?secret=1#x").unwrap();
        let code = error_codes::ErrorCode::NotJson;
        let lines = LogLines::keep();
        log::event(&Event::SignInFailed(code.into()));
        log::step("refreshed");
        log::popup_opened(&url);
        log::failed("load_site", &"no site is open");
        log::failed_with("revoke", code);
        log::refresh_failed(code);
        log::refused(&url, code, RefusedWhat::PopupNavigation);
        log::refused(&url, code, RefusedWhat::Navigation);
        log::permission_denied(&url, Permission::Camera);
        log::permission_denied(&url, Permission::Microphone);
        log::permission_denied(&url, Permission::Download);
        log::device("kiosk", "true", "done");
        log::fatal(&"no display");
        log::restarts("handed over");
        assert_eq!(
            lines.with("event"),
            [
                r#"{"event":"sign_in_failed","code":"E308"}"#,
                r#"{"event":"refreshed"}"#,
                r#"{"event":"popup_opened","host":"site.example"}"#,
                r#"{"event":"failed","effect":"load_site","error":"no site is open"}"#,
                r#"{"event":"failed","effect":"revoke","code":"E308"}"#,
                r#"{"event":"refresh_failed","code":"E308"}"#,
                r#"{"event":"refused","code":"E308","what":"popup_navigation","scheme":"https","host":"site.example"}"#,
                r#"{"event":"refused","code":"E308","what":"navigation","scheme":"https","host":"site.example"}"#,
                r#"{"event":"denied","code":"E518","what":"camera","host":"site.example"}"#,
                r#"{"event":"denied","code":"E518","what":"microphone","host":"site.example"}"#,
                r#"{"event":"denied","code":"E518","what":"download","host":"site.example"}"#,
                r#"{"event":"device","asked":"kiosk","value":"true","outcome":"done"}"#,
                r#"{"event":"fatal","code":"E001","error":"no display"}"#,
                r#"{"event":"restarts","error":"handed over"}"#,
            ]
        );
    }

    #[test]
    fn the_setting_changes_how_much_is_written_from_then_on() {
        let log = LogLines::keep();
        log::link_ignored();
        log.level.set(Diagnostics::Off);
        log::link_ignored();
        assert_eq!(log.with("link_ignored").len(), 1);
        log.level.set(Diagnostics::Verbose);
        log::step("refreshed");
        assert_eq!(log.with("refreshed"), ["{\"event\":\"refreshed\"}"]);
        // A level that no log is connected to changes nothing.
        LogLevel::default().set(Diagnostics::Off);
        log::step("refreshed");
        assert_eq!(log.with("refreshed").len(), 2);
    }
}
