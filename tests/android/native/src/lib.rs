//! The app's side for the tests of the Kotlin half: the app's real navigation policy decides, and events are recorded.
#![allow(clippy::must_use_candidate, reason = "the JVM calls these")]

mod device;
mod keystore;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ::app::{decide, decide_popup};
use app_state::{HostRule, NavigationPolicy, Organisation};
use jni::JNIEnv;
use jni::objects::{JClass, JString};
use jni::sys::{jboolean, jstring};
use settings::{KEYS, Kind};
use tauri_plugin_site_view::{Decision, Host, Labels, Navigation, Permission, SiteEvent, android_jni};
use url::Url;

struct App {
    policy: NavigationPolicy,
    allowed: Vec<Permission>,
    events: Vec<String>,
}

static APP: Mutex<App> = Mutex::new(App {
    policy: NavigationPolicy::Closed,
    allowed: Vec::new(),
    events: Vec::new(),
});

fn app() -> MutexGuard<'static, App> {
    APP.lock().unwrap_or_else(PoisonError::into_inner)
}

struct AppHost;

impl Host for AppHost {
    fn decide(&self, navigation: &Navigation) -> Decision {
        decide(&app().policy, navigation)
    }

    fn decide_popup(&self, opener: &Url, target: &Url, open: usize) -> Decision {
        decide_popup(&app().policy, opener, target, open)
    }

    fn allows(&self, page: &Url, what: Permission) -> bool {
        let mut app = app();
        let navigation = Navigation {
            url: page.clone(),
            popup: false,
        };
        let allowed = decide(&app.policy, &navigation) == Decision::Allow && app.allowed.contains(&what);
        if !allowed {
            app.events.push(format!("denied {what:?} {page}"));
        }
        allowed
    }

    fn labels(&self) -> Labels {
        Labels::DUTCH
    }

    fn on_event(&self, event: SiteEvent) {
        app().events.push(line(&event));
    }
}

/// The event's name in snake case, then what it carries.
fn line(event: &SiteEvent) -> String {
    match event {
        SiteEvent::NavigationIntercepted(url) => format!("navigation_intercepted {url}"),
        SiteEvent::Refused { url, reason, what } => format!("refused {what:?} {} {url}", reason.name()),
        SiteEvent::RedirectedAway { url, reason, .. } => format!("redirected_away {} {url}", reason.name()),
        SiteEvent::Loaded(url) => format!("loaded {url}"),
        SiteEvent::Failed(error) => format!("failed {error:?}"),
        SiteEvent::Crashed => "crashed".to_owned(),
        SiteEvent::NotSaved(url) => format!("not_saved {url}"),
        SiteEvent::NoApp(url) => format!("no_app {url}"),
        SiteEvent::UserActivity => "user_activity".to_owned(),
        SiteEvent::PopupOpened(url) => format!("popup_opened {url}"),
        SiteEvent::PopupClosed => "popup_closed".to_owned(),
        SiteEvent::WindowClosed => "window_closed".to_owned(),
    }
}

fn organisation() -> Option<Organisation> {
    Some(Organisation {
        name: "Zonnetje".to_owned(),
        session_key: "s".to_owned(),
        group_url: Url::parse("https://zonnetje.example/groep").ok()?,
        authorization_endpoint: Url::parse("https://id.example/authorize").ok()?,
        redirect_uri: Url::parse("nl.kidskonnect.groep:/callback").ok()?,
        trusted_hosts: vec![HostRule::Below("mfa.example".to_owned())],
        loopback_http: false,
    })
}

/// `App.setPolicy`: `closed`, `sign-in`, `group`, or `session-transfer`. Clears the events and allows nothing.
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_App_setPolicy")]
pub extern "system" fn set_policy(mut env: JNIEnv<'_>, _: JClass<'_>, name: JString<'_>) {
    let name: String = env.get_string(&name).map(String::from).unwrap_or_default();
    let policy = match (name.as_str(), organisation()) {
        ("sign-in", Some(organisation)) => NavigationPolicy::SignIn { organisation },
        ("group", Some(organisation)) => NavigationPolicy::Group {
            organisation,
            intercept_authorization: false,
        },
        ("session-transfer", Some(organisation)) => NavigationPolicy::Group {
            organisation,
            intercept_authorization: true,
        },
        _ => NavigationPolicy::Closed,
    };
    *app() = App {
        policy,
        allowed: Vec::new(),
        events: Vec::new(),
    };
    android_jni::set_host(Arc::new(AppHost));
}

/// `App.allow`: what the settings allow the site from now on.
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_App_allow")]
pub extern "system" fn allow(_: JNIEnv<'_>, _: JClass<'_>, camera: jboolean, microphone: jboolean, download: jboolean) {
    let all = [
        (camera, Permission::Camera),
        (microphone, Permission::Microphone),
        (download, Permission::Download),
    ];
    app().allowed = all
        .into_iter()
        .filter(|(allowed, _)| *allowed != 0)
        .map(|(_, what)| what)
        .collect();
}

/// `App.events`: the events since the last call, one per line.
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_App_events")]
pub extern "system" fn events(env: JNIEnv<'_>, _: JClass<'_>) -> jstring {
    let events = std::mem::take(&mut app().events).join("\n");
    env.new_string(events).map_or(std::ptr::null_mut(), JString::into_raw)
}

/// `App.settings`: the settings as Android must know them, one per line: name, type, default, title, description,
/// separated by tabs.
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_App_settings")]
pub extern "system" fn settings(mut env: JNIEnv<'_>, _: JClass<'_>, language: JString<'_>) -> jstring {
    let language: String = env.get_string(&language).map(String::from).unwrap_or_default();
    let rows = KEYS.iter().map(|key| {
        let kind = match key.kind {
            Kind::Flag(_) => "1",
            Kind::Choice(_) => "2",
            Kind::Number(..) => "5",
            _ => "6",
        };
        [
            key.name,
            kind,
            &key.default_text(),
            key.title.in_language(&language),
            key.description.in_language(&language),
        ]
        .join("\t")
    });
    let rows = rows.collect::<Vec<_>>().join("\n");
    env.new_string(rows).map_or(std::ptr::null_mut(), JString::into_raw)
}
