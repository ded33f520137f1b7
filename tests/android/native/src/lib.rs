//! The app's side for the tests of the Kotlin half: the real policy of `app-state` decides, and what is told is kept.
#![allow(clippy::must_use_candidate, reason = "the JVM calls these")]

mod tablet;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app_state::{HostRule, Navigation, Place, Policy};
use jni::JNIEnv;
use jni::objects::{JClass, JString};
use jni::sys::{jboolean, jstring};
use settings::{KEYS, Kind};
use tauri_plugin_site_view::{Decision, Host, Permission, Refusal, SiteEvent, Words, android_jni};
use url::Url;

/// As the tablet's own files know it.
#[derive(Debug)]
pub(crate) enum Fault {
    NotPermitted,
    #[allow(dead_code, reason = "read in what is printed of it")]
    System(String),
}

/// As the tablet's own files know it.
#[derive(Debug)]
pub(crate) enum ManagedFault {
    Unreadable,
}

/// As the tablet's own files know it.
#[derive(PartialEq, Eq)]
pub(crate) enum Severity {
    Info,
    Error,
}

/// As the tablet's own files know it.
pub(crate) struct Report {
    key: String,
    severity: Severity,
    message: String,
}

struct App {
    policy: Policy,
    permitted: Vec<Permission>,
    told: Vec<String>,
}

static APP: Mutex<App> = Mutex::new(App {
    policy: Policy::Closed,
    permitted: Vec::new(),
    told: Vec::new(),
});

fn app() -> MutexGuard<'static, App> {
    APP.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Answers;

impl Host for Answers {
    fn decide(&self, url: &Url, popup: bool) -> Decision {
        translate(&app().policy.decide(&Navigation {
            url: url.clone(),
            popup,
        }))
    }

    fn decide_popup(&self, opener: &Url, target: &Url, open: usize) -> Decision {
        translate(&app().policy.decide_popup(opener, target, open))
    }

    fn permits(&self, page: &Url, what: Permission) -> bool {
        let mut app = app();
        let shown = app.policy.decide(&Navigation {
            url: page.clone(),
            popup: false,
        }) == app_state::Decision::Allow;
        let permitted = shown && app.permitted.contains(&what);
        if !permitted {
            app.told.push(format!("denied {what:?} {page}"));
        }
        permitted
    }

    fn words(&self) -> Words {
        Words::DUTCH
    }

    fn happened(&self, event: SiteEvent) {
        app().told.push(line(&event));
    }
}

fn translate(decision: &app_state::Decision) -> Decision {
    match decision {
        app_state::Decision::Allow => Decision::Allow,
        app_state::Decision::Refuse(why) => Decision::Refuse(Refusal { code: why.code() }),
        app_state::Decision::Hold(_) => Decision::Hold,
    }
}

/// One word, and what it is about.
fn line(event: &SiteEvent) -> String {
    match event {
        SiteEvent::Held(url) => format!("held {url}"),
        SiteEvent::Refused { url, refusal, what } => format!("refused {what:?} {} {url}", refusal.code),
        SiteEvent::Astray { url, refusal, .. } => format!("astray {} {url}", refusal.code),
        SiteEvent::Loaded(url) => format!("loaded {url}"),
        SiteEvent::Failed(fault) => format!("failed {fault:?}"),
        SiteEvent::Crashed => "crashed".to_owned(),
        SiteEvent::Touched => "touched".to_owned(),
        SiteEvent::PopupOpened(url) => format!("opened {url}"),
        SiteEvent::PopupClosed => "closed".to_owned(),
        SiteEvent::Closed => "quit".to_owned(),
    }
}

fn place() -> Option<Place> {
    Some(Place {
        organisation: "Zonnetje".to_owned(),
        session: "s".to_owned(),
        group: Url::parse("https://zonnetje.example/groep").ok()?,
        authorize: Url::parse("https://id.example/authorize").ok()?,
        callback: Url::parse("nl.kidskonnect.groep:/callback").ok()?,
        trusted: vec![HostRule::Below("mfa.example".to_owned())],
        loopback: false,
    })
}

/// `App.policy`: `closed`, `sign-in`, `group`, or `hand-off`. Forgets what was told and what was permitted.
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_App_policy")]
pub extern "system" fn policy(mut env: JNIEnv<'_>, _: JClass<'_>, name: JString<'_>) {
    let name: String = env.get_string(&name).map(String::from).unwrap_or_default();
    let policy = match (name.as_str(), place()) {
        ("sign-in", Some(place)) => Policy::SignIn { place },
        ("group", Some(place)) => Policy::Group { place, hand_off: false },
        ("hand-off", Some(place)) => Policy::Group { place, hand_off: true },
        _ => Policy::Closed,
    };
    *app() = App {
        policy,
        permitted: Vec::new(),
        told: Vec::new(),
    };
    android_jni::answer_with(Arc::new(Answers));
}

/// `App.permit`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_App_permit")]
pub extern "system" fn permit(
    _: JNIEnv<'_>,
    _: JClass<'_>,
    camera: jboolean,
    microphone: jboolean,
    download: jboolean,
) {
    let all = [
        (camera, Permission::Camera),
        (microphone, Permission::Microphone),
        (download, Permission::Download),
    ];
    app().permitted = all
        .into_iter()
        .filter(|(given, _)| *given != 0)
        .map(|(_, what)| what)
        .collect();
}

/// `App.told`: what was told since it was last asked, a line each.
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_App_told")]
pub extern "system" fn told(env: JNIEnv<'_>, _: JClass<'_>) -> jstring {
    let told = std::mem::take(&mut app().told).join("\n");
    env.new_string(told).map_or(std::ptr::null_mut(), JString::into_raw)
}

/// `App.settings`: the table of settings as Android is to know it, a line each: name, type, default, title, description.
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_App_settings")]
pub extern "system" fn settings(mut env: JNIEnv<'_>, _: JClass<'_>, language: JString<'_>) -> jstring {
    let language: String = env.get_string(&language).map(String::from).unwrap_or_default();
    let rows = KEYS.iter().map(|key| {
        let of = match key.kind {
            Kind::Flag(_) => "1",
            Kind::Choice(_) => "2",
            Kind::Number(..) => "5",
            _ => "6",
        };
        [
            key.name,
            of,
            &key.default_text(),
            key.title.in_language(&language),
            key.description.in_language(&language),
        ]
        .join("\t")
    });
    let rows = rows.collect::<Vec<_>>().join("\n");
    env.new_string(rows).map_or(std::ptr::null_mut(), JString::into_raw)
}
