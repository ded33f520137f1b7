//! iPad: what the system's own frameworks know and do, through `objc2`.

#[cfg(feature = "tauri")]
pub(crate) mod background_work;
#[cfg(feature = "tauri")]
pub(crate) mod device;
pub(crate) mod log;
pub(crate) mod managed_config;
#[cfg(feature = "tauri")]
pub(crate) mod scene;
#[cfg(feature = "tauri")]
mod sign_in;
