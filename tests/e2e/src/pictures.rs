//! The pictures in `docs`: scenarios take them, and a run with `KEEP_PICTURES` in the environment replaces them.
//!
//! `KEEP_PICTURES=1 cargo xtask scenarios` refreshes all of them.

use std::path::Path;

use image::imageops::FilterType;

use crate::Outcome;
use crate::sandbox::root;

/// Each picture by its name in `target/scenarios`, with its name in `docs`.
const PICTURES: [(&str, &str); 3] = [("S2-button", "sign-in"), ("S3", "group"), ("S7-pop-up", "mfa-pop-up")];

/// In pixels. The display of the tests is 1280 by 800.
const WIDTH: u32 = 960;
const HEIGHT: u32 = 600;

/// Copies a picture that was just taken into `folder` to `docs`, smaller, if it is one of those and the environment asks
/// for it.
pub(crate) fn keep(folder: &Path, name: &str) -> Outcome {
    let Some((_, to)) = PICTURES.iter().find(|(from, _)| *from == name) else {
        return Ok(());
    };
    if std::env::var_os("KEEP_PICTURES").is_none() {
        return Ok(());
    }
    let picture = image::open(folder.join(format!("{name}.png")))?.to_rgb8();
    let smaller = image::imageops::resize(&picture, WIDTH, HEIGHT, FilterType::Lanczos3);
    Ok(smaller.save(root().join(format!("docs/{to}.png")))?)
}
