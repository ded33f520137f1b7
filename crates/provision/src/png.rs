//! Setup cards as PNG: drawn from the SVG, and read back.

use std::sync::{Arc, OnceLock};

use error_codes::ErrorCode;
use resvg::{tiny_skia, usvg};

use crate::card::{BOLD, REGULAR};

/// Pixels per millimetre: 300 dpi.
const PIXELS_PER_MM: f32 = 300.0 / 25.4;
/// The largest width and height that is read, in pixels: a small file can claim to be a huge picture.
const MAX_PIXELS: u32 = 12_000;

/// Draws the SVG of a card.
pub fn draw(svg: &str) -> Result<Vec<u8>, ErrorCode> {
    static FONTS: OnceLock<Arc<usvg::fontdb::Database>> = OnceLock::new();
    let fonts = FONTS.get_or_init(|| {
        let mut fonts = usvg::fontdb::Database::new();
        fonts.load_font_data(REGULAR.to_vec());
        fonts.load_font_data(BOLD.to_vec());
        Arc::new(fonts)
    });
    let options = usvg::Options {
        fontdb: fonts.clone(),
        dpi: 25.4,
        font_family: "DejaVu Sans".into(),
        ..usvg::Options::default()
    };
    let tree = usvg::Tree::from_str(svg, &options).map_err(|_| ErrorCode::Unprintable)?;
    let size = tree
        .size()
        .to_int_size()
        .scale_by(PIXELS_PER_MM)
        .ok_or(ErrorCode::Unprintable)?;
    let mut pixels = tiny_skia::Pixmap::new(size.width(), size.height()).ok_or(ErrorCode::Unprintable)?;
    pixels.fill(tiny_skia::Color::WHITE);
    resvg::render(
        &tree,
        tiny_skia::Transform::from_scale(PIXELS_PER_MM, PIXELS_PER_MM),
        &mut pixels.as_mut(),
    );
    pixels.encode_png().map_err(|_| ErrorCode::Unprintable)
}

/// Reads the QR code in a picture.
pub fn link(png: &[u8]) -> Result<String, ErrorCode> {
    let mut reader = image::ImageReader::new(std::io::Cursor::new(png));
    reader.set_format(image::ImageFormat::Png);
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(MAX_PIXELS);
    limits.max_image_height = Some(MAX_PIXELS);
    reader.limits(limits);
    let picture = reader.decode().map_err(|_| ErrorCode::NoQr)?.to_luma8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut prepared =
        rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| picture.as_raw()[y * width + x]);
    prepared
        .detect_grids()
        .iter()
        .find_map(|grid| grid.decode().ok())
        .map(|(_, text)| text)
        .ok_or(ErrorCode::NoQr)
}
