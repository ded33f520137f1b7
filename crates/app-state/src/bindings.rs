//! The types that cross the bridge, as the pages' TypeScript knows them.

use std::path::Path;

use ts_rs::{Config, TS};

use crate::{Action, View};

/// `UPDATE_BINDINGS=1 cargo test -p app-state bindings` writes the file anew.
#[test]
fn the_pages_know_the_types_of_the_bridge_as_they_are() {
    let fresh = std::env::temp_dir().join(format!("konnect-groep-bindings-{}", std::process::id()));
    let config = Config::new().with_out_dir(&fresh);
    View::export_all(&config).unwrap();
    Action::export_all(&config).unwrap();
    let now = std::fs::read_to_string(fresh.join("bridge.ts")).unwrap();
    std::fs::remove_dir_all(&fresh).unwrap();
    assert!(now.contains("export type Screen =") && now.contains("export type Action ="));

    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/bindings/bridge.ts");
    if std::env::var_os("UPDATE_BINDINGS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &now).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(
        kept, now,
        "ui/src/bindings/bridge.ts is behind: UPDATE_BINDINGS=1 cargo test -p app-state bindings"
    );
}
