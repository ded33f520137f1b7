//! One JSON object a line on standard error, `event` first. Never an address with its query, a token or a name.

use std::io::Write;
use std::sync::{PoisonError, RwLock};

use app_state::{Effect, Event};
use settings::Diagnostics;
use tauri_plugin_site_view::{Permission, Refused};
use url::Url;

static LEVEL: RwLock<Diagnostics> = RwLock::new(Diagnostics::Errors);

/// How much is written from now on (`diagnostics`).
pub fn set_level(level: Diagnostics) {
    *LEVEL.write().unwrap_or_else(PoisonError::into_inner) = level;
}

/// A line without a code tells the way to a fault; it is written where `diagnostics` asks for it, and in every build
/// for development.
fn is_wanted(level: Diagnostics, fields: &[(&str, &str)]) -> bool {
    match level {
        Diagnostics::Off => false,
        Diagnostics::Errors => {
            cfg!(debug_assertions) || fields.iter().any(|(key, _)| *key == "code" || *key == "error")
        }
        Diagnostics::Verbose => true,
    }
}

/// Writes one line.
pub fn line(event: &str, fields: &[(&str, &str)]) {
    if !is_wanted(*LEVEL.read().unwrap_or_else(PoisonError::into_inner), fields) {
        return;
    }
    let json = |text: &str| serde_json::Value::from(text);
    let fields: Vec<String> = [("event", event)]
        .iter()
        .chain(fields)
        .map(|(key, value)| format!("{}:{}", json(key), json(value)))
        .collect();
    let text = format!("{{{}}}\n", fields.join(","));
    // Nobody may be listening.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// A navigation or a window that was refused.
pub fn refused(url: &Url, code: &str, what: Refused) {
    let what = match what {
        Refused::Navigation => "navigation",
        Refused::PopupNavigation => "popup_navigation",
        Refused::Window => "window",
    };
    line(
        "refused",
        &[
            ("code", code),
            ("what", what),
            ("scheme", url.scheme()),
            ("host", url.host_str().unwrap_or_default()),
        ],
    );
}

/// Something of the tablet that a page may not use.
pub fn denied(page: &Url, what: Permission) {
    let what = match what {
        Permission::Camera => "camera",
        Permission::Microphone => "microphone",
        Permission::Download => "download",
    };
    line(
        "denied",
        &[
            ("code", "E518"),
            ("what", what),
            ("host", page.host_str().unwrap_or_default()),
        ],
    );
}

/// An event's name, and its code where it has one.
pub fn event(event: &Event) {
    let (name, code) = match event {
        Event::Settings { ground, .. } => ("settings", ground.fault.as_ref()),
        Event::TenantRefused { fault, .. } => ("tenant_refused", Some(fault)),
        Event::LinkOffered(_) => ("link_offered", None),
        Event::LinkRefused(fault) => ("link_refused", Some(fault)),
        Event::Keystore(app_state::Found::Session) => ("keystore_session", None),
        Event::Keystore(app_state::Found::Nothing) => ("keystore_nothing", None),
        Event::Keystore(app_state::Found::Unreadable(fault)) => ("keystore_unreadable", Some(fault)),
        Event::Person(_) => ("person", None),
        Event::AuthorizeReady(_) => ("authorize_ready", None),
        Event::CodeReady(_) => ("code_ready", None),
        Event::SignInFailed(fault) => ("sign_in_failed", Some(fault)),
        Event::CallbackIgnored => ("callback_ignored", None),
        Event::Callback(_) => ("callback", None),
        Event::SignedIn { unsaved } => ("signed_in", unsaved.as_ref()),
        Event::BrowserFailed(fault) => ("browser_failed", Some(fault)),
        Event::HandOffReady(_) => ("hand_off_ready", None),
        Event::HandOffMissing => ("hand_off_missing", None),
        Event::HandOffKept(fault) => ("hand_off_kept", Some(fault)),
        Event::SessionOver(_) => ("session_over", None),
        Event::Saved => ("saved", None),
        Event::Held(_) => ("held", None),
        Event::SiteLoaded(_) => ("site_loaded", None),
        Event::SiteFailed(fault) => ("site_failed", Some(fault)),
        Event::SiteLedAstray { fault, .. } => ("site_led_astray", Some(fault)),
        Event::Facts(_) => ("facts", None),
        Event::Resumed => ("resumed", None),
        Event::RetryDue => ("retry_due", None),
        Event::Settled => ("settled", None),
        Event::Idle => ("idle", None),
    };
    match code {
        Some(fault) => line(name, &[("code", &fault.code)]),
        None => line(name, &[]),
    }
}

/// An effect that could not be carried out.
pub fn failed(effect: &Effect, error: &dyn std::fmt::Display) {
    let name = match effect {
        Effect::LoadSite(_) => "load_site",
        Effect::ShowSite => "show_site",
        Effect::HideSite => "hide_site",
        Effect::CloseSite => "close_site",
        Effect::ClearSite => "clear_site",
        Effect::Note(_) => "note",
        Effect::SetTenant(_) => "set_tenant",
        Effect::ForgetTenant => "forget_tenant",
        Effect::UseLink => "use_link",
        _ => "effect",
    };
    line("failed", &[("effect", name), ("error", &error.to_string())]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_written_where_diagnostics_is_off_and_faults_are_by_default() {
        let fault = [("code", "E501")];
        assert!(!is_wanted(Diagnostics::Off, &fault) && !is_wanted(Diagnostics::Off, &[]));
        assert!(
            is_wanted(Diagnostics::Errors, &fault)
                && is_wanted(Diagnostics::Verbose, &fault)
                && is_wanted(Diagnostics::Verbose, &[])
        );
    }
}
