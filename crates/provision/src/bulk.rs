//! `provision qr` and `provision bulk`: a setup card for one tablet, or one for each tablet of a fleet.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::path::Path;

use error_codes::ErrorCode;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::card::{Fonts, Layout, a6, a7, svg};
use crate::cards::{CardMaker, diagnostic, without_place};
use crate::cli::{Linking, Platform, Sheet};
use crate::context::{Context, Outcome};
use crate::devices::{self, Device};
use crate::diagnostic::{Diagnostic, Diagnostics, Exit};
use crate::pdf::Pdf;
use crate::{atomic_write, evaluate, png, read};

/// `provision qr`: prints a setup link and writes its card.
pub fn qr(context: &Context, file: &str, linking: &Linking, out: Option<&Path>) -> Outcome {
    let read = evaluate::valid_settings(context, file, Platform::Link)?;
    let maker = CardMaker::new(
        context,
        linking,
        read.settings.get("environment").and_then(Value::as_str),
    )?;
    let link = maker.link(&read.settings).map_err(|error| {
        let diagnostic = diagnostic(error);
        let span = diagnostic.key.as_ref().and_then(|key| read.spans.get(key).copied());
        Diagnostics {
            file: read.file.clone(),
            source: read.source.clone(),
            all: vec![diagnostic.at(span)],
        }
    })?;
    if let Some(path) = out {
        let fonts = Fonts::new().map_err(without_place)?;
        let drawn = a6(&maker.card(&read.settings, link.clone()), &maker.messages, &fonts).map_err(without_place)?;
        let bytes = match path.extension().and_then(|extension| extension.to_str()) {
            Some("svg") => svg(&drawn, &link).into_bytes(),
            Some("png") => png::draw(&svg(&drawn, &link)).map_err(without_place)?,
            Some("pdf") => {
                let mut pdf = Pdf::new().map_err(without_place)?;
                pdf.card(&drawn).map_err(without_place)?;
                pdf.finish().map_err(without_place)?
            }
            _ => {
                eprintln!("{}", context.messages.get("qr-extension"));
                return Ok(Exit::Usage);
            }
        };
        atomic_write::file(path, &bytes, false)?;
    }
    context.print(
        &link,
        &json!({ "ok": true, "link": link, "file": out.map(|path| path.display().to_string()) }),
    );
    Ok(Exit::Ok)
}

/// `provision bulk --example`: prints a table of `count` invented tablets.
pub fn example(count: u32) -> Outcome {
    let mut text = String::from("device_label,location_id,login_hint\n");
    let groups = ["Blauw", "Geel", "Groen", "Oranje", "Paars", "Rood", "Wit", "Roze"];
    for (at, group) in (1..=count).zip(groups.iter().cycle()) {
        let location = (at - 1) / 8 + 1;
        // Writing to a String never fails.
        let _ = writeln!(
            text,
            "Groep {group} {at},loc-{location},groep.{}.{at}@zonnetje.example",
            group.to_lowercase()
        );
    }
    atomic_write::text(None, &text)?;
    Ok(Exit::Ok)
}

/// `provision bulk`: writes a card and a link for each tablet of a table.
pub fn bulk(
    context: &Context,
    devices: Option<&Path>,
    template: &str,
    linking: &Linking,
    sheet: Sheet,
    folder: &Path,
) -> Outcome {
    let file = devices.unwrap_or(Path::new("-"));
    let template = read::settings_file(template)?;
    let bytes = read::bytes(file)?;
    let (devices, warnings) = devices::read(
        &file.display().to_string(),
        &bytes,
        &template.settings,
        &context.environments,
    )?;
    if !context.json {
        warnings.print(&context.messages);
    }
    let maker = CardMaker::new(
        context,
        linking,
        template.settings.get("environment").and_then(Value::as_str),
    )?;
    let links = links(&maker, &devices, &file.display().to_string())?;
    let bar = bar(devices.len());
    let pdf = cards(&maker, &devices, &links, sheet, &bar)?;
    bar.finish_and_clear();
    std::fs::create_dir_all(folder).map_err(|error| {
        Diagnostics::one(
            folder.display().to_string(),
            Diagnostic::new(ErrorCode::Unreadable).detail(error.to_string()),
        )
    })?;
    atomic_write::together(&[
        (&folder.join("cards.pdf"), &pdf),
        (&folder.join("links.csv"), table(&devices, &links).as_bytes()),
    ])?;
    let (count, folder_name) = (devices.len().to_string(), folder.display().to_string());
    context.print(
        &context.messages.with("bulk-done", &[("count", &count), ("folder", &folder_name)]),
        &json!({ "ok": true, "cards": devices.len(), "folder": folder_name, "findings": warnings.to_json(context.messages.language) }),
    );
    Ok(Exit::Ok)
}

/// The link of each device, or a diagnostic for each device whose link fails.
fn links(maker: &CardMaker, devices: &[Device], file: &str) -> Result<Vec<String>, Diagnostics> {
    let (mut links, mut all) = (Vec::with_capacity(devices.len()), vec![]);
    for device in devices {
        match maker.link(&device.settings) {
            Ok(link) => links.push(link),
            Err(error) => all.push(diagnostic(error).line(device.line)),
        }
    }
    if all.is_empty() {
        Ok(links)
    } else {
        Err(Diagnostics {
            file: file.to_owned(),
            source: String::new(),
            all,
        })
    }
}

/// How many cards are drawn in parallel before they go into the PDF; a multiple of the eight cards of a sheet. Limits
/// the memory for large fleets.
const BATCH: usize = 256;

/// Draws all cards into one PDF.
fn cards(
    maker: &CardMaker,
    devices: &[Device],
    links: &[String],
    sheet: Sheet,
    bar: &ProgressBar,
) -> Result<Vec<u8>, Diagnostics> {
    let fonts = Fonts::new().map_err(without_place)?;
    let mut pdf = Pdf::new().map_err(without_place)?;
    for (devices, links) in devices.chunks(BATCH).zip(links.chunks(BATCH)) {
        let draw = |(device, link): (&Device, &String)| {
            let card = maker.card(&device.settings, link.clone());
            match sheet {
                Sheet::A6 => a6(&card, &maker.messages, &fonts),
                Sheet::A4 => a7(&card, &maker.messages, &fonts),
            }
        };
        let drawn: Vec<Layout> = devices
            .par_iter()
            .zip(links)
            .map(draw)
            .collect::<Result<_, ErrorCode>>()
            .map_err(without_place)?;
        match sheet {
            Sheet::A6 => drawn.iter().try_for_each(|card| pdf.card(card)),
            Sheet::A4 => drawn.chunks(8).try_for_each(|cards| pdf.sheet(cards)),
        }
        .map_err(without_place)?;
        bar.inc(u64::try_from(drawn.len()).unwrap_or_default());
    }
    pdf.finish().map_err(without_place)
}

/// The links as CSV.
fn table(devices: &[Device], links: &[String]) -> String {
    let mut writer = csv::Writer::from_writer(vec![]);
    let text = |device: &Device, name: &str| {
        device
            .settings
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    // Writing to memory never fails.
    let _ = writer.write_record(["device_label", "location_id", "login_hint", "link"]);
    for (device, link) in devices.iter().zip(links) {
        let _ = writer.write_record([
            text(device, "device_label"),
            text(device, "location_id"),
            text(device, "login_hint"),
            link.clone(),
        ]);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// A progress bar on standard error; hidden if that is no terminal.
fn bar(count: usize) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(u64::try_from(count).ok(), target);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}") {
        bar.set_style(style);
    }
    bar
}
