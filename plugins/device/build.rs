//! Makes the Kotlin half part of the app's Gradle project. No page has a permission for any command of it.

fn main() {
    tauri_plugin::Builder::new(&[]).android_path("android").build();
}
