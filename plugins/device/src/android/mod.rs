//! Android: what the framework knows and does, through JNI.
//!
//! What needs no window uses the application's context, which tao stores in `ndk_context`, and runs on any thread. What
//! needs a window goes through the activity of the app's web view, on its thread (`activity`).

#[cfg(all(feature = "tauri", target_os = "android"))]
mod activity;
#[cfg(any(feature = "tauri", feature = "jvm"))]
pub(crate) mod background_work;
#[cfg(all(feature = "tauri", target_os = "android"))]
mod browser;
pub(crate) mod context;
#[cfg(all(feature = "tauri", target_os = "android"))]
pub(crate) mod device;
#[cfg(any(feature = "tauri", feature = "jvm"))]
pub(crate) mod feedback;
#[cfg(any(feature = "tauri", feature = "jvm"))]
pub(crate) mod intent;
#[cfg(any(feature = "tauri", feature = "jvm"))]
pub(crate) mod lock_task;
pub(crate) mod managed_config;
pub(crate) mod proxy;
pub(crate) mod roots;
#[cfg(any(feature = "tauri", feature = "jvm"))]
pub(crate) mod web_view;
#[cfg(any(feature = "tauri", feature = "jvm"))]
pub(crate) mod window_flags;
