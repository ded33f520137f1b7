//! The functions behind `NativeHost.kt`, under the names that JNI binds.
//!
//! Kotlin calls them on the main thread, with three exceptions: [`may_navigate`] and [`may_open_popup`] also run on the
//! engine's network threads, and [`on_user_activity`] also runs on the keyboard's thread.
#![allow(clippy::must_use_candidate, reason = "the JVM calls these")]

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use jni::JNIEnv;
use jni::objects::{JClass, JString};
use jni::sys::{jboolean, jint, jstring};
use url::Url;

use crate::rules::{ActivityThrottle, OpenPopups, android as rules};
use crate::{Host, SiteEvent};

static HOST: RwLock<Option<Arc<dyn Host>>> = RwLock::new(None);
static ACTIVITY: Mutex<ActivityThrottle> = Mutex::new(ActivityThrottle::new());

/// Sets the host that decides and receives events from now on. Until the first call everything is refused.
pub fn set_host(host: Arc<dyn Host>) {
    *HOST.write().unwrap_or_else(PoisonError::into_inner) = Some(host);
    *ACTIVITY.lock().unwrap_or_else(PoisonError::into_inner) = ActivityThrottle::new();
}

/// Calls `question` with the host and the texts. Without a host the answer is the default, which refuses.
fn ask<T: Default, const N: usize>(
    env: &mut JNIEnv<'_>,
    texts: [&JString<'_>; N],
    question: impl FnOnce(&dyn Host, [&str; N]) -> T,
) -> T {
    let Some(host) = HOST.read().unwrap_or_else(PoisonError::into_inner).clone() else {
        return T::default();
    };
    // A null becomes an empty text, which parses as no URL.
    let texts = texts.map(|text| env.get_string(text).map(String::from).unwrap_or_default());
    question(&*host, texts.each_ref().map(String::as_str))
}

fn report(event: SiteEvent) {
    let host = HOST.read().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(host) = host {
        host.on_event(event);
    }
}

/// `NativeHost.mayNavigate`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_NativeHost_mayNavigate")]
pub extern "system" fn may_navigate(
    mut env: JNIEnv<'_>,
    _: JClass<'_>,
    url: JString<'_>,
    popup: jboolean,
    main_frame: jboolean,
) -> jboolean {
    ask(&mut env, [&url], |host, [url]| {
        rules::may_navigate(host, url, popup != 0, main_frame != 0)
    })
    .into()
}

/// `NativeHost.mayOpenPopup`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_NativeHost_mayOpenPopup")]
pub extern "system" fn may_open_popup(
    mut env: JNIEnv<'_>,
    _: JClass<'_>,
    opener: JString<'_>,
    target: JString<'_>,
    by_opener: jint,
    in_total: jint,
) -> jboolean {
    // A negative number is no count; the largest one refuses.
    let count = |number| usize::try_from(number).unwrap_or(usize::MAX);
    let open = OpenPopups {
        by_opener: count(by_opener),
        in_total: count(in_total),
    };
    ask(&mut env, [&opener, &target], |host, [opener, target]| {
        rules::may_open_popup(host, opener, target, open)
    })
    .into()
}

/// `NativeHost.allows`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_NativeHost_allows")]
pub extern "system" fn allows(
    mut env: JNIEnv<'_>,
    _: JClass<'_>,
    page: JString<'_>,
    resource: JString<'_>,
) -> jboolean {
    ask(&mut env, [&page, &resource], |host, [page, resource]| {
        rules::allows(host, page, resource)
    })
    .into()
}

/// `NativeHost.mayDownload`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_NativeHost_mayDownload")]
pub extern "system" fn may_download(
    mut env: JNIEnv<'_>,
    _: JClass<'_>,
    page: JString<'_>,
    file: JString<'_>,
    popup: jboolean,
) -> jboolean {
    ask(&mut env, [&page, &file], |host, [page, file]| {
        rules::may_download(host, page, file, popup != 0)
    })
    .into()
}

/// `NativeHost.mayShow`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_NativeHost_mayShow")]
pub extern "system" fn may_show(mut env: JNIEnv<'_>, _: JClass<'_>, url: JString<'_>, popup: jboolean) -> jboolean {
    ask(&mut env, [&url], |host, [url]| rules::may_show(host, url, popup != 0)).into()
}

/// `NativeHost.isForOtherApp`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_NativeHost_isForOtherApp")]
pub extern "system" fn is_for_other_app(mut env: JNIEnv<'_>, _: JClass<'_>, url: JString<'_>) -> jboolean {
    ask(&mut env, [&url], |host, [url]| rules::is_for_other_app(host, url)).into()
}

/// `NativeHost.pageScript`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_NativeHost_pageScript")]
pub extern "system" fn page_script(mut env: JNIEnv<'_>, _: JClass<'_>, token: JString<'_>) -> jstring {
    let script = ask(&mut env, [&token], |_, [token]| rules::page_script(token));
    env.new_string(script).map_or(std::ptr::null_mut(), JString::into_raw)
}

/// `NativeHost.fileName`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_NativeHost_fileName")]
pub extern "system" fn file_name(mut env: JNIEnv<'_>, _: JClass<'_>, given: JString<'_>) -> jstring {
    let name = ask(&mut env, [&given], |_, [given]| rules::file_name(given));
    env.new_string(name).map_or(std::ptr::null_mut(), JString::into_raw)
}

/// `NativeHost.label`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_NativeHost_label")]
pub extern "system" fn label(mut env: JNIEnv<'_>, _: JClass<'_>, which: jint) -> jstring {
    let label = ask(&mut env, [], |host, []| rules::label(&host.labels(), which));
    env.new_string(label).map_or(std::ptr::null_mut(), JString::into_raw)
}

/// `NativeHost.onUserActivity`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_NativeHost_onUserActivity")]
pub extern "system" fn on_user_activity(_: JNIEnv<'_>, _: JClass<'_>) {
    let passes = ACTIVITY
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .passes(Instant::now());
    if passes {
        report(SiteEvent::UserActivity);
    }
}

/// `NativeHost.onLoaded`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_NativeHost_onLoaded")]
pub extern "system" fn on_loaded(env: JNIEnv<'_>, _: JClass<'_>, url: JString<'_>) {
    report_url(env, &url, SiteEvent::Loaded);
}

/// `NativeHost.onFailed`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_NativeHost_onFailed")]
pub extern "system" fn on_failed(_: JNIEnv<'_>, _: JClass<'_>, reason: jint) {
    report(rules::failure(reason));
}

/// `NativeHost.onHttpError`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_NativeHost_onHttpError")]
pub extern "system" fn on_http_error(
    mut env: JNIEnv<'_>,
    _: JClass<'_>,
    status: jint,
    headers: JString<'_>,
) -> jboolean {
    ask(&mut env, [&headers], |host, [headers]| {
        rules::on_http_error(host, status, headers)
    })
    .into()
}

/// `NativeHost.onNotSaved`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_NativeHost_onNotSaved")]
pub extern "system" fn on_not_saved(env: JNIEnv<'_>, _: JClass<'_>, url: JString<'_>) {
    report_url(env, &url, SiteEvent::NotSaved);
}

/// `NativeHost.onNoApp`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_NativeHost_onNoApp")]
pub extern "system" fn on_no_app(env: JNIEnv<'_>, _: JClass<'_>, url: JString<'_>) {
    report_url(env, &url, SiteEvent::NoApp);
}

/// `NativeHost.onPopupOpened`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_NativeHost_onPopupOpened")]
pub extern "system" fn on_popup_opened(env: JNIEnv<'_>, _: JClass<'_>, url: JString<'_>) {
    report_url(env, &url, SiteEvent::PopupOpened);
}

/// `NativeHost.onPopupClosed`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_NativeHost_onPopupClosed")]
pub extern "system" fn on_popup_closed(_: JNIEnv<'_>, _: JClass<'_>) {
    report(SiteEvent::PopupClosed);
}

/// Parses `url` and reports it to the host. Drops text that does not parse; pages that passed [`may_navigate`] always
/// parse.
fn report_url(mut env: JNIEnv<'_>, url: &JString<'_>, event: fn(Url) -> SiteEvent) {
    ask(&mut env, [url], |host, [url]| {
        if let Ok(url) = Url::parse(url) {
            host.on_event(event(url));
        }
    });
}
