//! Compiles in the environments, and declares the app's own commands so that the access control list covers them.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use settings::Environments;

const ENVIRONMENTS: &str = "../environments.toml";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={ENVIRONMENTS}");
    println!("cargo:rerun-if-changed=../capabilities");
    let mut environments = Environments::from_toml(&fs::read_to_string(ENVIRONMENTS)?)?;
    if env::var_os("CARGO_FEATURE_STORE").is_some() {
        environments = environments.for_store()?;
    }
    let out = env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("environments.toml"), environments.to_toml()?)?;

    let commands = tauri_build::AppManifest::new().commands(&["get_view", "dispatch"]);
    let attributes = tauri_build::Attributes::new()
        .app_manifest(commands)
        .capabilities_path_pattern("../capabilities/**/*");
    tauri_build::try_build(attributes)?;
    Ok(())
}
