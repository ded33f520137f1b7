//! The device's functions on an iPad that need Tauri: its main thread and the app's window.

use std::cell::RefCell;
use std::ffi::CStr;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use block2::RcBlock;
use objc2::MainThreadMarker;
use objc2::rc::Retained;
use objc2::runtime::{AnyObject, Bool, NSObjectProtocol, ProtocolObject};
use objc2_foundation::{
    NSDictionary, NSNotification, NSNotificationCenter, NSProcessInfo, NSString, NSUserDefaults, ns_string,
};
use objc2_ui_kit::{
    UIAccessibilityIsGuidedAccessEnabled, UIAccessibilityRequestGuidedAccessSession, UIApplication,
    UIApplicationDidBecomeActiveNotification, UIApplicationWillResignActiveNotification, UIColor, UIDevice,
    UIDeviceBatteryState, UIView, UIViewAutoresizing, UIViewController, UIWindow,
};
use tauri::{AppHandle, Manager, Runtime};
use tokio::sync::oneshot;
use url::Url;

use super::{background_work, sign_in};
use crate::{BackgroundWork, BrowserError, BrowserOutcome, DeviceError, DeviceInfo, Report};

thread_local! {
    /// Covers the app's picture in the list of recent apps while screenshots are blocked.
    static COVER: RefCell<Option<Cover>> = const { RefCell::new(None) };
}

/// A view that is over the window while the app is not active.
struct Cover {
    view: Retained<UIView>,
    observers: [Retained<ProtocolObject<dyn NSObjectProtocol>>; 2],
}

/// Calls `act` on the main thread and returns its result.
async fn on_main<R: Runtime, T: Send + 'static>(
    app: &AppHandle<R>,
    act: impl FnOnce(MainThreadMarker) -> T + Send + 'static,
) -> Result<T, DeviceError> {
    let (done, outcome) = oneshot::channel();
    app.run_on_main_thread(move || {
        if let Some(mtm) = MainThreadMarker::new() {
            let _ = done.send(act(mtm));
        }
    })?;
    outcome.await.map_err(|_| DeviceError::NoWindow)
}

/// Calls `act` with the app's window, on the main thread, and returns its result.
async fn with_window<R: Runtime, T: Send + 'static>(
    app: &AppHandle<R>,
    act: impl FnOnce(MainThreadMarker, Retained<UIWindow>) -> T + Send + 'static,
) -> Result<T, DeviceError> {
    let shell = app
        .webview_windows()
        .into_values()
        .next()
        .ok_or(DeviceError::NoWindow)?;
    let (done, outcome) = oneshot::channel();
    shell.with_webview(move |shell| {
        let controller = NonNull::new(shell.view_controller().cast::<UIViewController>());
        // SAFETY: Tauri hands out the live controller of its web view.
        let window = controller
            .and_then(|controller| unsafe { controller.as_ref() }.view())
            .and_then(|view| view.window());
        if let (Some(mtm), Some(window)) = (MainThreadMarker::new(), window) {
            let _ = done.send(act(mtm, window));
        }
    })?;
    outcome.await.map_err(|_| DeviceError::NoWindow)
}

pub(crate) async fn keep_screen_on<R: Runtime>(app: &AppHandle<R>, on: bool) -> Result<(), DeviceError> {
    on_main(app, move |mtm| {
        UIApplication::sharedApplication(mtm).setIdleTimerDisabled(on);
    })
    .await
}

/// An app cannot block screenshots on an iPad (the device administrator can). It can cover its picture in the list of
/// recent apps, which iPadOS takes when the app stops being active.
pub(crate) async fn block_screenshots<R: Runtime>(app: &AppHandle<R>, on: bool) -> Result<(), DeviceError> {
    with_window(app, move |mtm, window| {
        let before = COVER.take();
        if let Some(before) = before {
            uncover(&before);
        }
        if on {
            COVER.set(Some(cover(mtm, window)));
        }
    })
    .await
}

fn cover(mtm: MainThreadMarker, window: Retained<UIWindow>) -> Cover {
    let view = UIView::new(mtm);
    view.setBackgroundColor(Some(&UIColor::systemBackgroundColor()));
    view.setAutoresizingMask(UIViewAutoresizing::FlexibleWidth | UIViewAutoresizing::FlexibleHeight);
    let (shown, hidden) = (view.clone(), view.clone());
    let away = RcBlock::new(move |_: NonNull<NSNotification>| {
        shown.setFrame(window.bounds());
        window.addSubview(&shown);
    });
    let back = RcBlock::new(move |_: NonNull<NSNotification>| hidden.removeFromSuperview());
    let center = NSNotificationCenter::defaultCenter();
    // SAFETY: UIKit posts these on the main thread, where the blocks and what they capture live.
    let observers = unsafe {
        [
            center.addObserverForName_object_queue_usingBlock(
                Some(UIApplicationWillResignActiveNotification),
                None,
                None,
                &away,
            ),
            center.addObserverForName_object_queue_usingBlock(
                Some(UIApplicationDidBecomeActiveNotification),
                None,
                None,
                &back,
            ),
        ]
    };
    Cover { view, observers }
}

fn uncover(cover: &Cover) {
    for observer in &cover.observers {
        // SAFETY: the notification centre returned this observer when it was added.
        unsafe { NSNotificationCenter::defaultCenter().removeObserver(observer.as_ref()) };
    }
    cover.view.removeFromSuperview();
}

/// Starts or ends autonomous single app mode. The device administrator names the apps that may use it.
pub(crate) async fn kiosk<R: Runtime>(app: &AppHandle<R>, on: bool) -> Result<(), DeviceError> {
    let (done, outcome) = oneshot::channel();
    on_main(app, move |_| {
        if UIAccessibilityIsGuidedAccessEnabled() == on {
            let _ = done.send(true);
            return;
        }
        let done = RefCell::new(Some(done));
        let answer = RcBlock::new(move |did: Bool| {
            if let Some(done) = done.take() {
                let _ = done.send(did.as_bool());
            }
        });
        UIAccessibilityRequestGuidedAccessSession(on, &answer);
    })
    .await?;
    crate::error::kiosk_outcome(on, outcome.await.unwrap_or(false))
}

/// Stores the reports under the key that an MDM reads and shows in its console.
pub(crate) async fn report<R: Runtime>(app: &AppHandle<R>, reports: Vec<Report>) -> Result<(), DeviceError> {
    on_main(app, move |_| {
        let keys: Vec<_> = reports.iter().map(|report| NSString::from_str(&report.key)).collect();
        let texts: Vec<_> = reports
            .iter()
            .map(|report| NSString::from_str(&crate::managed_config::console_text(report)))
            .collect();
        let keys: Vec<&NSString> = keys.iter().map(|key| &**key).collect();
        let feedback = NSDictionary::<NSString, NSString>::from_retained_objects(&keys, &texts);
        let feedback: &AnyObject = feedback.as_ref();
        // SAFETY: a dictionary of strings is a property list, as the defaults require.
        unsafe {
            NSUserDefaults::standardUserDefaults()
                .setObject_forKey(Some(feedback), ns_string!("com.apple.feedback.managed"));
        };
    })
    .await
}

pub(crate) fn begin_background_work() -> Result<BackgroundWork, DeviceError> {
    background_work::begin()
}

pub(crate) async fn charging<R: Runtime>(app: &AppHandle<R>) -> Option<bool> {
    let state = on_main(app, |mtm| {
        let device = UIDevice::currentDevice(mtm);
        device.setBatteryMonitoringEnabled(true);
        device.batteryState()
    })
    .await
    .ok()?;
    match state {
        UIDeviceBatteryState::Charging | UIDeviceBatteryState::Full => Some(true),
        UIDeviceBatteryState::Unplugged => Some(false),
        _ => None,
    }
}

pub(crate) async fn info<R: Runtime>(app: &AppHandle<R>) -> DeviceInfo {
    let kiosk = on_main(app, |mtm| {
        (
            UIAccessibilityIsGuidedAccessEnabled(),
            UIDevice::currentDevice(mtm).systemName().to_string(),
        )
    })
    .await;
    let (kiosk, system) = kiosk.unwrap_or((false, "iPadOS".to_owned()));
    let version = NSProcessInfo::processInfo().operatingSystemVersion();
    let number = format!(
        "{}.{}.{}",
        version.majorVersion, version.minorVersion, version.patchVersion
    );
    DeviceInfo {
        system,
        version: Some(number),
        model: model(),
        engine: tauri::webview_version().ok(),
        kiosk,
    }
}

/// The model identifier, such as `iPad13,18`.
fn model() -> Option<String> {
    unsafe extern "C" {
        fn sysctlbyname(name: *const i8, old: *mut u8, length: *mut usize, new: *const u8, new_length: usize) -> i32;
    }
    let mut text = [0_u8; 64];
    let mut length = text.len();
    // SAFETY: `length` is the length of the buffer.
    let failed = unsafe {
        sysctlbyname(
            c"hw.machine".as_ptr().cast(),
            text.as_mut_ptr(),
            &raw mut length,
            std::ptr::null(),
            0,
        )
    };
    if failed != 0 {
        return None;
    }
    CStr::from_bytes_until_nul(&text).ok()?.to_str().ok().map(str::to_owned)
}

/// Closes the sign-in sheet when the future that waits for it is dropped.
struct SheetGuard<'a, R: Runtime>(&'a AppHandle<R>, u64);

impl<R: Runtime> Drop for SheetGuard<'_, R> {
    fn drop(&mut self) {
        let number = self.1;
        let _ = self.0.run_on_main_thread(move || sign_in::close(number));
    }
}

/// Shows the system's sign-in sheet until it returns or this future is dropped. The sheet shares Safari's cookies
/// unless `private` is set.
pub(crate) async fn sign_in<R: Runtime>(
    app: &AppHandle<R>,
    url: &Url,
    callback: &Url,
    private: bool,
) -> Result<BrowserOutcome, BrowserError> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let (url, callback) = (url.to_string(), callback.clone());
    let (done, outcome) = oneshot::channel();
    let sheet = SheetGuard(app, NUMBER.fetch_add(1, Ordering::Relaxed));
    let number = sheet.1;
    with_window(app, move |mtm, window| {
        sign_in::start(mtm, window, number, &url, &callback, private, done);
    })
    .await
    .map_err(|_| BrowserError::NoBrowser)?;
    outcome
        .await
        .unwrap_or(Err(BrowserError::NoBrowser))
        .map(BrowserOutcome::Redirected)
}

pub(crate) async fn open_browser<R: Runtime>(app: &AppHandle<R>, url: &Url) -> Result<(), BrowserError> {
    let text = url.to_string();
    let (done, outcome) = oneshot::channel();
    on_main(app, move |mtm| {
        if UIAccessibilityIsGuidedAccessEnabled() {
            let _ = done.send(Err(BrowserError::Blocked));
            return;
        }
        let Some(url) = objc2_foundation::NSURL::URLWithString(&NSString::from_str(&text)) else {
            let _ = done.send(Err(BrowserError::NotAnAddress));
            return;
        };
        let done = RefCell::new(Some(done));
        let answer = RcBlock::new(move |opened: Bool| {
            if let Some(done) = done.take() {
                let _ = done.send(if opened.as_bool() {
                    Ok(())
                } else {
                    Err(BrowserError::NoBrowser)
                });
            }
        });
        let options = NSDictionary::new();
        // SAFETY: an empty dictionary has no option of a wrong type.
        unsafe {
            UIApplication::sharedApplication(mtm).openURL_options_completionHandler(&url, &options, Some(&answer));
        };
    })
    .await
    .map_err(|_| BrowserError::NoBrowser)?;
    outcome.await.unwrap_or(Err(BrowserError::NoBrowser))
}
