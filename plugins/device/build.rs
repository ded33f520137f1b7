//! Makes the Kotlin half part of the app's Gradle project. The plugin has no commands, so no page can call it.

fn main() {
    #[cfg(feature = "tauri")]
    tauri_plugin::Builder::new(&[]).android_path("android").build();
}
