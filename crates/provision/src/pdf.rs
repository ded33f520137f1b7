//! Setup cards as PDF, to print.

use error_codes::ErrorCode;
use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Transform};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font, TextDirection};

use crate::card::{BOLD, Layout, Piece, REGULAR};

/// Points per millimetre.
const POINTS: f32 = 72.0 / 25.4;
/// Width and height in millimetres.
const A4: (f32, f32) = (210.0, 297.0);

/// A PDF that is being written.
pub struct Pdf {
    document: Document,
    regular: Font,
    bold: Font,
}

impl Pdf {
    pub fn new() -> Result<Self, ErrorCode> {
        let font = |data: &'static [u8]| Font::new(data.to_vec().into(), 0).ok_or(ErrorCode::Unprintable);
        Ok(Self {
            document: Document::new(),
            regular: font(REGULAR)?,
            bold: font(BOLD)?,
        })
    }

    /// Adds a page with one card.
    pub fn card(&mut self, card: &Layout) -> Result<(), ErrorCode> {
        let page = PageSettings::from_wh(card.width * POINTS, card.height * POINTS).ok_or(ErrorCode::Unprintable)?;
        let (regular, bold) = (self.regular.clone(), self.bold.clone());
        let mut page = self.document.start_page_with(page);
        let mut surface = page.surface();
        draw(&mut surface, card, 0.0, 0.0, &regular, &bold);
        surface.finish();
        page.finish();
        Ok(())
    }

    /// Adds a sheet of A4 with up to eight cards and hairlines to cut along.
    pub fn sheet(&mut self, cards: &[Layout]) -> Result<(), ErrorCode> {
        let page = PageSettings::from_wh(A4.0 * POINTS, A4.1 * POINTS).ok_or(ErrorCode::Unprintable)?;
        let (regular, bold) = (self.regular.clone(), self.bold.clone());
        let mut page = self.document.start_page_with(page);
        let mut surface = page.surface();
        let (mut x, mut y) = (0.0, 0.0);
        for card in cards.iter().take(8) {
            draw(&mut surface, card, x, y, &regular, &bold);
            if x > 0.0 {
                y += card.height;
            }
            x = if x > 0.0 { 0.0 } else { card.width };
        }
        let mut lines = PathBuilder::new();
        for (from, to) in [
            ((105.0, 0.0), (105.0, A4.1)),
            ((0.0, 74.25), (A4.0, 74.25)),
            ((0.0, 148.5), (A4.0, 148.5)),
            ((0.0, 222.75), (A4.0, 222.75)),
        ] {
            lines.move_to(from.0 * POINTS, from.1 * POINTS);
            lines.line_to(to.0 * POINTS, to.1 * POINTS);
        }
        if let Some(lines) = lines.finish() {
            surface.set_fill(None);
            surface.set_stroke(Some(Stroke {
                paint: rgb::Color::new(190, 190, 190).into(),
                width: 0.25,
                ..Stroke::default()
            }));
            surface.draw_path(&lines);
        }
        surface.finish();
        page.finish();
        Ok(())
    }

    pub fn finish(self) -> Result<Vec<u8>, ErrorCode> {
        self.document.finish().map_err(|_| ErrorCode::Unprintable)
    }
}

fn draw(surface: &mut Surface<'_>, card: &Layout, x: f32, y: f32, regular: &Font, bold: &Font) {
    surface.push_transform(&Transform::from_translate(x * POINTS, y * POINTS));
    text(surface);
    for piece in &card.pieces {
        match piece {
            Piece::Text {
                x,
                y,
                size,
                bold: heavy,
                text,
            } => {
                let font = if *heavy { bold } else { regular };
                surface.draw_text(
                    Point::from_xy(x * POINTS, y * POINTS),
                    font.clone(),
                    size * POINTS,
                    text,
                    false,
                    TextDirection::LeftToRight,
                );
            }
            Piece::QrModules { x, y, module, runs } => {
                // A thick line needs two points, a rectangle four: that halves the size of the file.
                let mut path = PathBuilder::new();
                for [column, row, run] in runs.iter().map(|run| run.map(f32::from)) {
                    path.move_to(column, row);
                    path.line_to(column + run, row);
                }
                if let Some(path) = path.finish() {
                    let scale = module * POINTS;
                    surface.push_transform(&Transform::from_row(
                        scale,
                        0.0,
                        0.0,
                        scale,
                        x * POINTS,
                        (y + module / 2.0) * POINTS,
                    ));
                    surface.set_fill(None);
                    surface.set_stroke(Some(Stroke {
                        paint: rgb::Color::new(0, 0, 0).into(),
                        width: 1.0,
                        ..Stroke::default()
                    }));
                    surface.draw_path(&path);
                    surface.pop();
                    text(surface);
                }
            }
        }
    }
    surface.pop();
}

/// Sets fill and stroke for text.
fn text(surface: &mut Surface<'_>) {
    surface.set_stroke(None);
    surface.set_fill(Some(Fill {
        paint: rgb::Color::new(0, 0, 0).into(),
        ..Fill::default()
    }));
}
