#![doc = include_str!("../README.md")]
#![cfg_attr(
    not(any(target_os = "android", feature = "jvm")),
    allow(
        dead_code,
        reason = "without Android or a JVM, only the tests use what needs neither"
    )
)]

#[cfg(any(target_os = "android", feature = "jvm"))]
mod cipher;
#[cfg(any(target_os = "android", feature = "jvm", test))]
mod fault;
#[cfg(any(target_os = "android", feature = "jvm", test))]
mod format;
#[cfg(any(target_os = "android", feature = "jvm"))]
mod java;
#[cfg(any(target_os = "android", feature = "jvm"))]
mod key;
#[cfg(any(target_os = "android", feature = "jvm"))]
mod preferences;
#[cfg(any(target_os = "android", feature = "jvm"))]
mod store;

#[cfg(any(target_os = "android", feature = "jvm"))]
pub use store::{Credential, Store};
