//! Asks the system to let the process run for a while after the app left the screen.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use block2::RcBlock;
use objc2::MainThreadMarker;
use objc2::rc::Retained;
use objc2_foundation::ns_string;
use objc2_ui_kit::{UIApplication, UIBackgroundTaskIdentifier, UIBackgroundTaskInvalid};
use tauri::{AppHandle, Runtime};

use crate::{BackgroundWork, DeviceError};

static APPLICATION: OnceLock<Application> = OnceLock::new();

/// The app's one `UIApplication`, which lives as long as the process.
struct Application(Retained<UIApplication>);

// SAFETY: only `begin` and `end` use it, Apple documents that the two methods that they call may be called on any thread,
// and nothing drops it.
unsafe impl Send for Application {}
// SAFETY: as above.
unsafe impl Sync for Application {}

/// Remembers the application, which only the main thread may ask for. It exists once the event loop runs.
pub(crate) fn prepare<R: Runtime>(app: &AppHandle<R>) -> tauri::Result<()> {
    app.run_on_main_thread(|| {
        if let Some(mtm) = MainThreadMarker::new() {
            let application = UIApplication::sharedApplication(mtm);
            APPLICATION.get_or_init(|| Application(application));
        }
    })
}

/// How far a task of the system is.
enum Task {
    /// The system has not returned its number yet.
    Beginning,
    UnderWay(UIBackgroundTaskIdentifier),
    Ended,
}

/// Begins a task that ends when the result is dropped, or before that when the system's time is up.
pub(crate) fn begin() -> Result<BackgroundWork, DeviceError> {
    let application = APPLICATION
        .get()
        .ok_or_else(|| DeviceError::System("the app is still starting".to_owned()))?;
    let task = Arc::new(Mutex::new(Task::Beginning));
    let expiring = task.clone();
    // A task that does not end when its time is up ends the app.
    let expired = RcBlock::new(move || end(application, &expiring));
    let number = application
        .0
        .beginBackgroundTaskWithName_expirationHandler(Some(ns_string!("exchange")), Some(&expired));
    // SAFETY: a constant of UIKit.
    if number == unsafe { UIBackgroundTaskInvalid } {
        return Err(DeviceError::NotPermitted);
    }
    let is_over = {
        let mut task = task.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = matches!(*task, Task::Ended);
        *task = Task::UnderWay(number);
        is_over
    };
    if is_over {
        // Its time was up before its number was known here.
        end(application, &task);
    }
    Ok(BackgroundWork::new(move || end(application, &task)))
}

/// Ends the task, once.
fn end(application: &Application, task: &Mutex<Task>) {
    let before = std::mem::replace(&mut *task.lock().unwrap_or_else(PoisonError::into_inner), Task::Ended);
    if let Task::UnderWay(number) = before {
        application.0.endBackgroundTask(number);
    }
}
