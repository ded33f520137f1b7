//! What the shell does on tablets alone, read from its source, because no test here runs it there.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

/// If Android ended the activity behind the browser, the callback comes by `onNewIntent` before the deep-link plugin
/// exists. tao reports it as `Opened`, and nobody else takes that event on Android.
#[test]
fn a_link_that_comes_before_the_deep_link_plugin_reaches_the_app_on_android() {
    let shell = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src-tauri/src/lib.rs");
    let text: String = fs::read_to_string(shell).unwrap().split_whitespace().collect();
    let (_, arm) = text
        .split_once("#[cfg(target_os=\"android\")]RunEvent::Opened{urls}=>")
        .expect("an arm for links on Android");
    let (arm, _) = arm.split_once("_=>{}").unwrap();
    assert!(arm.contains("handle.open_link(url.as_str())"), "{arm}");
}
