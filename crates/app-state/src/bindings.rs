//! Exports the types that cross the bridge to the pages' TypeScript.

use std::path::Path;

use ts_rs::{Config, TS};

use crate::{Action, View};

/// `UPDATE_BINDINGS=1 cargo test -p app-state bindings` rewrites the file.
#[test]
fn the_pages_have_the_present_types_of_the_bridge() {
    let folder = std::env::temp_dir().join(format!("konnect-groep-bindings-{}", std::process::id()));
    let config = Config::new().with_out_dir(&folder);
    View::export_all(&config).unwrap();
    Action::export_all(&config).unwrap();
    let exported = std::fs::read_to_string(folder.join("bridge.ts")).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(exported.contains("export type Screen =") && exported.contains("export type Action ="));

    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/bindings/bridge.ts");
    if std::env::var_os("UPDATE_BINDINGS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &exported).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(
        committed, exported,
        "ui/src/bindings/bridge.ts is out of date: run UPDATE_BINDINGS=1 cargo test -p app-state bindings"
    );
}
