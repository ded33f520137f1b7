//! The functions behind `Rust.kt`, by the names that JNI binds.
//!
//! They are called on the main thread, except [`navigate`] and [`may_open`], which are also called on the engine's network
//! threads, and [`touched`], which the keyboard's thread calls too.
#![allow(clippy::must_use_candidate, reason = "the JVM calls these")]

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use jni::JNIEnv;
use jni::objects::{JClass, JString};
use jni::sys::{jboolean, jint, jstring};
use url::Url;

use crate::android_rules::{self as rules, Touches};
use crate::{Host, SiteEvent};

static HOST: RwLock<Option<Arc<dyn Host>>> = RwLock::new(None);
static TOUCHES: Mutex<Option<Touches>> = Mutex::new(None);

/// From now on this host decides and is told. Before the first, everything is refused.
pub fn answer_with(host: Arc<dyn Host>) {
    *HOST.write().unwrap_or_else(PoisonError::into_inner) = Some(host);
    *TOUCHES.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

/// Asks the host; without one, or with text that is none, the answer is the default.
fn ask<T: Default, const N: usize>(
    env: &mut JNIEnv<'_>,
    texts: [&JString<'_>; N],
    question: impl FnOnce(&dyn Host, [&str; N]) -> T,
) -> T {
    let Some(host) = HOST.read().unwrap_or_else(PoisonError::into_inner).clone() else {
        return T::default();
    };
    // A null reads as an address that nobody can read.
    let texts = texts.map(|text| env.get_string(text).map(String::from).unwrap_or_default());
    question(&*host, texts.each_ref().map(String::as_str))
}

fn tell(event: SiteEvent) {
    let host = HOST.read().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(host) = host {
        host.on_event(event);
    }
}

/// `Rust.navigate`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Rust_navigate")]
pub extern "system" fn navigate(
    mut env: JNIEnv<'_>,
    _: JClass<'_>,
    address: JString<'_>,
    popup: jboolean,
    main_frame: jboolean,
) -> jboolean {
    ask(&mut env, [&address], |host, [address]| {
        rules::navigate(host, address, popup != 0, main_frame != 0)
    })
    .into()
}

/// `Rust.mayOpen`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Rust_mayOpen")]
pub extern "system" fn may_open(
    mut env: JNIEnv<'_>,
    _: JClass<'_>,
    opener: JString<'_>,
    target: JString<'_>,
    open: jint,
) -> jboolean {
    // A number below nothing is no count: too many.
    let open = usize::try_from(open).unwrap_or(usize::MAX);
    ask(&mut env, [&opener, &target], |host, [opener, target]| {
        rules::may_open(host, opener, target, open)
    })
    .into()
}

/// `Rust.permits`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Rust_permits")]
pub extern "system" fn permits(
    mut env: JNIEnv<'_>,
    _: JClass<'_>,
    address: JString<'_>,
    resource: JString<'_>,
) -> jboolean {
    ask(&mut env, [&address, &resource], |host, [address, resource]| {
        rules::permits(host, address, resource)
    })
    .into()
}

/// `Rust.maySave`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Rust_maySave")]
pub extern "system" fn may_save(
    mut env: JNIEnv<'_>,
    _: JClass<'_>,
    page: JString<'_>,
    file: JString<'_>,
    popup: jboolean,
) -> jboolean {
    ask(&mut env, [&page, &file], |host, [page, file]| {
        rules::may_save(host, page, file, popup != 0)
    })
    .into()
}

/// `Rust.closeWord`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Rust_closeWord")]
pub extern "system" fn close_word(mut env: JNIEnv<'_>, _: JClass<'_>) -> jstring {
    let word = ask(&mut env, [], |host, []| host.labels().close);
    env.new_string(word).map_or(std::ptr::null_mut(), JString::into_raw)
}

/// `Rust.touched`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Rust_touched")]
pub extern "system" fn touched(_: JNIEnv<'_>, _: JClass<'_>) {
    let told = TOUCHES
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .get_or_insert_default()
        .tell(Instant::now());
    if told {
        tell(SiteEvent::UserActivity);
    }
}

/// `Rust.loaded`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Rust_loaded")]
pub extern "system" fn loaded(env: JNIEnv<'_>, _: JClass<'_>, address: JString<'_>) {
    tell_of(env, &address, SiteEvent::Loaded);
}

/// `Rust.failed`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Rust_failed")]
pub extern "system" fn failed(_: JNIEnv<'_>, _: JClass<'_>, status: jint) {
    tell(SiteEvent::Failed(rules::fault(status)));
}

/// `Rust.crashed`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Rust_crashed")]
pub extern "system" fn crashed(_: JNIEnv<'_>, _: JClass<'_>) {
    tell(SiteEvent::Crashed);
}

/// `Rust.popupOpened`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Rust_popupOpened")]
pub extern "system" fn popup_opened(env: JNIEnv<'_>, _: JClass<'_>, address: JString<'_>) {
    tell_of(env, &address, SiteEvent::PopupOpened);
}

/// `Rust.popupClosed`
#[unsafe(export_name = "Java_nl_kidskonnect_groep_site_Rust_popupClosed")]
pub extern "system" fn popup_closed(_: JNIEnv<'_>, _: JClass<'_>) {
    tell(SiteEvent::PopupClosed);
}

/// What is on screen was let through as an address; what is none is not told.
fn tell_of(mut env: JNIEnv<'_>, address: &JString<'_>, event: fn(Url) -> SiteEvent) {
    ask(&mut env, [address], |host, [address]| {
        if let Ok(url) = Url::parse(address) {
            host.on_event(event(url));
        }
    });
}
