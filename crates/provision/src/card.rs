//! The layout of a setup card, in millimetres. SVG, PNG and PDF draw the same pieces.

use std::fmt::Write as _;

use error_codes::ErrorCode;
use qrcode::{Color, EcLevel, QrCode};
use quick_xml::escape::escape;
use ttf_parser::Face;

use crate::messages::Messages;

/// The font of every card, embedded so that cards look the same on every computer.
pub const REGULAR: &[u8] = include_bytes!("../assets/DejaVuSans.ttf");
/// The bold face of that font.
pub const BOLD: &[u8] = include_bytes!("../assets/DejaVuSans-Bold.ttf");

/// The content of a card.
#[derive(Clone, Debug, Default)]
pub struct Card {
    pub link: String,
    pub organisation: String,
    pub label: Option<String>,
    pub location: Option<String>,
    pub account: Option<String>,
    pub contact: Option<String>,
    pub until: Option<String>,
}

/// One element of a card.
pub enum Piece {
    /// Text with its baseline at `x`, `y`; `size` in millimetres.
    Text {
        x: f32,
        y: f32,
        size: f32,
        bold: bool,
        text: String,
    },
    /// The dark modules of a QR code whose corner is at `x`, `y`: runs of column, row and length, counted in modules of
    /// `module` millimetres. Whole numbers keep the files small.
    QrModules {
        x: f32,
        y: f32,
        module: f32,
        runs: Vec<[u8; 3]>,
    },
}

/// A card with the place of every element.
pub struct Layout {
    pub width: f32,
    pub height: f32,
    pub pieces: Vec<Piece>,
}

/// The faces of the font, to measure text.
pub struct Fonts {
    regular: Face<'static>,
    bold: Face<'static>,
}

impl Fonts {
    pub fn new() -> Result<Self, ErrorCode> {
        let face = |data| Face::parse(data, 0).map_err(|_| ErrorCode::Unprintable);
        Ok(Self {
            regular: face(REGULAR)?,
            bold: face(BOLD)?,
        })
    }

    fn width(&self, text: &str, size: f32, bold: bool) -> f32 {
        let face = if bold { &self.bold } else { &self.regular };
        let advance = |c: char| {
            face.glyph_index(c)
                .and_then(|glyph| face.glyph_hor_advance(glyph))
                .unwrap_or(face.units_per_em())
        };
        text.chars().map(|c| f32::from(advance(c))).sum::<f32>() * size / f32::from(face.units_per_em())
    }

    /// Breaks a text into lines that fit; breaks a word only if it does not fit on a line of its own.
    fn wrap(&self, text: &str, size: f32, bold: bool, width: f32) -> Vec<String> {
        let mut lines: Vec<String> = vec![];
        let mut line = String::new();
        for word in text.split_whitespace() {
            let longer = if line.is_empty() {
                word.to_owned()
            } else {
                format!("{line} {word}")
            };
            if self.width(&longer, size, bold) <= width {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for c in word.chars() {
                line.push(c);
                if self.width(&line, size, bold) > width {
                    line.pop();
                    lines.push(std::mem::replace(&mut line, c.to_string()));
                }
            }
        }
        lines.push(line);
        lines
    }
}

/// A column of text, filled from top to bottom.
struct Column<'a> {
    fonts: &'a Fonts,
    x: f32,
    y: f32,
    width: f32,
    bottom: f32,
    pieces: Vec<Piece>,
}

impl Column<'_> {
    /// Adds at most `most` lines of a text and ends them with an ellipsis if the text is longer. Leaves out lines below
    /// the bottom.
    fn text(&mut self, text: &str, size: f32, bold: bool, most: usize) {
        let mut lines = self.fonts.wrap(text, size, bold, self.width);
        if lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                while last.chars().count() > 1 && self.fonts.width(&format!("{last}…"), size, bold) > self.width {
                    last.pop();
                }
                last.push('…');
            }
        }
        for text in lines {
            self.y += size * 1.25;
            if self.y <= self.bottom {
                self.pieces.push(Piece::Text {
                    x: self.x,
                    y: self.y,
                    size,
                    bold,
                    text,
                });
            }
        }
    }
}

/// A card of A6, portrait.
pub fn a6(card: &Card, messages: &Messages, fonts: &Fonts) -> Result<Layout, ErrorCode> {
    let mut column = Column {
        fonts,
        x: 8.0,
        y: 7.0,
        width: 89.0,
        bottom: 144.0,
        pieces: vec![],
    };
    column.text(&card.organisation, 5.6, true, 2);
    device_lines(&mut column, card, messages, 3.6);
    let top = column.y + 4.0;
    let side = (101.0 - top).clamp(45.0, 66.0);
    column.pieces.push(qr(&card.link, (105.0 - side) / 2.0, top, side)?);
    column.y = top + side + 1.5;
    steps(&mut column, card, messages, 3.1);
    Ok(Layout {
        width: 105.0,
        height: 148.0,
        pieces: column.pieces,
    })
}

/// A card of A7, landscape: an eighth of A4.
pub fn a7(card: &Card, messages: &Messages, fonts: &Fonts) -> Result<Layout, ErrorCode> {
    let mut column = Column {
        fonts,
        x: 55.0,
        y: 5.0,
        width: 45.0,
        bottom: 71.0,
        pieces: vec![qr(&card.link, 5.0, 13.0, 47.0)?],
    };
    column.text(&card.organisation, 4.0, true, 2);
    device_lines(&mut column, card, messages, 2.8);
    column.y += 1.5;
    steps(&mut column, card, messages, 2.3);
    Ok(Layout {
        width: 105.0,
        height: 74.25,
        pieces: column.pieces,
    })
}

/// Label, location and account of the tablet.
fn device_lines(column: &mut Column<'_>, card: &Card, messages: &Messages, size: f32) {
    if let Some(label) = &card.label {
        column.text(label, size * 1.15, true, 2);
    }
    for (id, value) in [("card-location", &card.location), ("card-account", &card.account)] {
        if let Some(value) = value {
            column.text(&messages.with(id, &[("value", value)]), size, false, 3);
        }
    }
}

/// The four steps, the helpdesk and the expiry.
fn steps(column: &mut Column<'_>, card: &Card, messages: &Messages, size: f32) {
    for id in ["card-step-1", "card-step-2", "card-step-3", "card-step-4"] {
        column.text(&messages.get(id), size, false, 3);
        column.y += size * 0.25;
    }
    for (id, value) in [("card-help", &card.contact), ("card-until", &card.until)] {
        if let Some(value) = value {
            let value = value.trim_start_matches("tel:").trim_start_matches("mailto:");
            column.text(&messages.with(id, &[("value", value)]), size, false, 3);
        }
    }
}

/// A QR code in a square of `side` millimetres, including its quiet zone of four modules (ISO/IEC 18004, section 6.3.8).
fn qr(link: &str, x: f32, y: f32, side: f32) -> Result<Piece, ErrorCode> {
    // With the lowest error correction a long link needs fewer modules, which are then larger and easier to scan. A card
    // gets no scratches that would need more correction.
    let level = if link.len() > 400 { EcLevel::L } else { EcLevel::M };
    let code = QrCode::with_error_correction_level(link, level).map_err(|_| ErrorCode::Unprintable)?;
    let width = code.width();
    let colors = code.to_colors();
    #[expect(clippy::cast_precision_loss, reason = "a QR code has 177 modules at most")]
    let module = side / (width + 8) as f32;
    let mut runs = vec![];
    for (row, modules) in colors.chunks(width).enumerate() {
        let mut at = 0;
        while at < width {
            let run = modules[at..].iter().take_while(|color| **color == Color::Dark).count();
            let numbers = [at + 4, row + 4, run].map(u8::try_from);
            if let ([Ok(column), Ok(row), Ok(run)], true) = (numbers, run > 0) {
                runs.push([column, row, run]);
            }
            at += run.max(1);
        }
    }
    Ok(Piece::QrModules { x, y, module, runs })
}

/// Writes a card as SVG. Its description is the link, so that `inspect` can read it.
pub fn svg(layout: &Layout, link: &str) -> String {
    let (width, height) = (layout.width, layout.height);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" viewBox=\"0 0 {width} {height}\">\n<desc>{}</desc>\n<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n",
        escape(link)
    );
    // Writing to a String never fails.
    for piece in &layout.pieces {
        match piece {
            Piece::Text { x, y, size, bold, text } => {
                let weight = if *bold { " font-weight=\"bold\"" } else { "" };
                let _ = writeln!(
                    svg,
                    "<text x=\"{x:.3}\" y=\"{y:.3}\" font-family=\"DejaVu Sans, sans-serif\" font-size=\"{size:.3}\"{weight}>{}</text>",
                    escape(text)
                );
            }
            Piece::QrModules { x, y, module, runs } => {
                let _ = write!(
                    svg,
                    "<path shape-rendering=\"crispEdges\" transform=\"translate({x:.3} {y:.3}) scale({module:.5})\" d=\""
                );
                for [column, row, run] in runs {
                    let _ = write!(svg, "M{column} {row}h{run}v1h-{run}z");
                }
                svg.push_str("\"/>\n");
            }
        }
    }
    svg.push_str("</svg>\n");
    svg
}
