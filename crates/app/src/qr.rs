//! A QR code as an SVG path.

use app_state::Qr;
use qrcode::{Color, QrCode};

/// Modules of light space on each side (ISO/IEC 18004, section 6.3.8).
const QUIET_ZONE: usize = 4;

/// Draws `text` as a QR code. Empty (size 0) if the text is too long for one.
pub(crate) fn draw(text: &str) -> Qr {
    let Ok(code) = QrCode::new(text.as_bytes()) else {
        return Qr {
            size: 0,
            path: String::new(),
        };
    };
    let width = code.width();
    let dark = code
        .to_colors()
        .into_iter()
        .enumerate()
        .filter(|(_, color)| *color == Color::Dark);
    let module = |(at, _)| format!("M{} {}h1v1h-1z", at % width + QUIET_ZONE, at / width + QUIET_ZONE);
    Qr {
        size: u32::try_from(width + 2 * QUIET_ZONE).unwrap_or(0),
        path: dark.map(module).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_quiet_zone_and_begins_with_the_finder_pattern() {
        let qr = draw("https://id.example/activate?user_code=WDJB-MJHT");
        assert_eq!(
            (qr.size - 8 - 17) % 4,
            0,
            "17 modules and 4 more for each version: {}",
            qr.size
        );
        assert!(qr.path.starts_with("M4 4h1v1h-1zM5 4h1v1h-1z"), "{}", &qr.path[..40]);
        assert!(!qr.path.contains("M3 ") && !qr.path.contains(" 3h"));
    }

    #[test]
    fn each_dark_module_is_a_square_of_the_drawing_and_no_light_one_is() {
        let text = "https://id.example/activate?user_code=WDJB-MJHT";
        let (drawn, code) = (draw(text), QrCode::new(text).unwrap());
        for (at, color) in code.to_colors().into_iter().enumerate() {
            let (x, y) = (at % code.width() + 4, at / code.width() + 4);
            let is_drawn = drawn.path.contains(&format!("M{x} {y}h1v1h-1z"));
            assert_eq!(is_drawn, color == Color::Dark, "{x} {y}");
        }
    }

    #[test]
    fn a_text_too_long_for_a_code_gives_none() {
        assert_eq!(
            draw(&"x".repeat(8_000)),
            Qr {
                size: 0,
                path: String::new()
            }
        );
    }
}
