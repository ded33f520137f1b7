//! The links with which the system starts the app, or connects its window again.
//!
//! For an app with a scene manifest, `UIKit` hands these links to `scene:willConnectToSession:options:` and nowhere
//! else. The scene delegate of Tauri's window library (`tao`) does not read them there. So this replaces the delegate's
//! method by one that reads the links and then calls the delegate's own. A changed copy of `tao` would do the same, and
//! would have to follow each of its versions.

use std::ffi::CStr;
use std::sync::OnceLock;

use objc2::runtime::{AnyClass, AnyObject, Imp, Sel};
use objc2::sel;
use objc2_ui_kit::{UIScene, UISceneConnectionOptions, UISceneSession};

use crate::DeviceError;
use crate::link_queue::LINKS;

/// `tao` registers this class when the event loop is made, which is before any plugin's set-up.
const DELEGATE: &CStr = c"TaoSceneDelegate";

type WillConnect = unsafe extern "C-unwind" fn(&AnyObject, Sel, &UIScene, &UISceneSession, &UISceneConnectionOptions);

/// The delegate's own method.
static ORIGINAL: OnceLock<WillConnect> = OnceLock::new();

/// Reads the links of every scene that connects from now on. Must run before the event loop does. Fails if the class or
/// its method is not there, because then a new version of `tao` needs another way.
pub(crate) fn watch_links() -> Result<(), DeviceError> {
    let method = AnyClass::get(DELEGATE)
        .and_then(|class| class.instance_method(sel!(scene:willConnectToSession:options:)))
        .ok_or_else(|| DeviceError::System("there is no scene delegate".to_owned()))?;
    // SAFETY: the method has the type that UISceneDelegate declares for this selector, `will_connect` has it too, and a
    // pointer to a function keeps its value when its type changes.
    let original = unsafe { std::mem::transmute::<Imp, WillConnect>(method.implementation()) };
    if ORIGINAL.set(original).is_ok() {
        // SAFETY: as above, and `will_connect` finds the delegate's own method in `ORIGINAL`.
        unsafe { method.set_implementation(std::mem::transmute::<WillConnect, Imp>(will_connect)) };
    }
    Ok(())
}

unsafe extern "C-unwind" fn will_connect(
    delegate: &AnyObject,
    selector: Sel,
    scene: &UIScene,
    session: &UISceneSession,
    options: &UISceneConnectionOptions,
) {
    // Before the delegate's own method, which starts the app: its listener then finds the links waiting.
    let opened = options.URLContexts();
    let opened = opened.iter().map(|context| context.URL());
    let continued = options.userActivities();
    let continued = continued.iter().filter_map(|activity| activity.webpageURL());
    for link in opened.chain(continued).filter_map(|url| url.absoluteString()) {
        LINKS.deliver(&link.to_string());
    }
    if let Some(original) = ORIGINAL.get() {
        // SAFETY: the arguments are those that UIKit passed for this very method.
        unsafe { original(delegate, selector, scene, session, options) };
    }
}
