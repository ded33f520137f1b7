//! Makes the Kotlin half part of the app's Gradle project. Its commands are for the Rust half alone: no page gets a
//! permission for any of them.

fn main() {
    #[cfg(feature = "tauri")]
    tauri_plugin::Builder::new(&[]).android_path("android").build();
}
