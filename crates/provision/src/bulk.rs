//! Cards: one, or one for each tablet of a fleet.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::path::Path;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;
use serde_json::{Value, json};
use settings::Code;

use crate::card::{Drawn, Fonts, a6, a7, svg};
use crate::cli::{For, Linking, Sheet};
use crate::commands::{settings_of, sound};
use crate::devices::{self, Device};
use crate::finding::{Exit, Finding, Findings};
use crate::making::{Maker, finding, plain};
use crate::pdf::Pdf;
use crate::{Done, Ground, out, png, read};

pub fn qr(ground: &Ground, file: &str, linking: &Linking, out: Option<&Path>) -> Done {
    let read = sound(ground, file, For::Link)?;
    let maker = Maker::new(
        ground,
        linking,
        read.settings.get("environment").and_then(Value::as_str),
    )?;
    let link = maker.link(&read.settings).map_err(|fault| {
        let finding = finding(fault);
        let span = finding.key.as_ref().and_then(|key| read.spans.get(key).copied());
        Findings {
            file: read.file.clone(),
            source: read.source.clone(),
            all: vec![finding.at(span)],
        }
    })?;
    if let Some(path) = out {
        let fonts = Fonts::new().map_err(plain)?;
        let drawn = a6(&maker.card(&read.settings, link.clone()), &maker.words, &fonts).map_err(plain)?;
        let bytes = match path.extension().and_then(|extension| extension.to_str()) {
            Some("svg") => svg(&drawn, &link).into_bytes(),
            Some("png") => png::draw(&svg(&drawn, &link)).map_err(plain)?,
            Some("pdf") => {
                let mut pdf = Pdf::new().map_err(plain)?;
                pdf.card(&drawn).map_err(plain)?;
                pdf.finish().map_err(plain)?
            }
            _ => {
                eprintln!("{}", ground.words.get("qr-extension"));
                return Ok(Exit::Usage);
            }
        };
        out::file(path, &bytes, false)?;
    }
    ground.say(
        &link,
        &json!({ "ok": true, "link": link, "file": out.map(|path| path.display().to_string()) }),
    );
    Ok(Exit::Ok)
}

pub fn example(count: u32) -> Done {
    let mut text = String::from("device_label,location_id,login_hint\n");
    let groups = ["Blauw", "Geel", "Groen", "Oranje", "Paars", "Rood", "Wit", "Roze"];
    for (at, group) in (1..=count).zip(groups.iter().cycle()) {
        let location = (at - 1) / 8 + 1;
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "Groep {group} {at},loc-{location},groep.{}.{at}@zonnetje.example",
            group.to_lowercase()
        );
    }
    out::text(None, &text)?;
    Ok(Exit::Ok)
}

pub fn bulk(
    ground: &Ground,
    devices: Option<&Path>,
    template: &str,
    linking: &Linking,
    sheet: Sheet,
    folder: &Path,
) -> Done {
    let file = devices.unwrap_or(Path::new("-"));
    let template = settings_of(template)?;
    let bytes = read::bytes(file)?;
    let (devices, warnings) = devices::read(
        &file.display().to_string(),
        &bytes,
        &template.settings,
        &ground.environments,
    )?;
    if !ground.json {
        warnings.print(&ground.words);
    }
    let maker = Maker::new(
        ground,
        linking,
        template.settings.get("environment").and_then(Value::as_str),
    )?;
    let links = links(&maker, &devices, &file.display().to_string())?;
    let bar = bar(devices.len());
    let pdf = cards(&maker, &devices, &links, sheet, &bar)?;
    bar.finish_and_clear();
    std::fs::create_dir_all(folder).map_err(|error| {
        Findings::one(
            folder.display().to_string(),
            Finding::new(Code::Unreadable).detail(error.to_string()),
        )
    })?;
    out::together(&[
        (&folder.join("cards.pdf"), &pdf),
        (&folder.join("links.csv"), table(&devices, &links).as_bytes()),
    ])?;
    let (count, shown) = (devices.len().to_string(), folder.display().to_string());
    ground.say(
        &ground.words.with("bulk-done", &[("count", &count), ("folder", &shown)]),
        &json!({ "ok": true, "cards": devices.len(), "folder": shown, "findings": warnings.to_json(ground.words.language) }),
    );
    Ok(Exit::Ok)
}

fn links(maker: &Maker, devices: &[Device], file: &str) -> Result<Vec<String>, Findings> {
    let (mut links, mut all) = (Vec::with_capacity(devices.len()), vec![]);
    for device in devices {
        match maker.link(&device.settings) {
            Ok(link) => links.push(link),
            Err(fault) => all.push(finding(fault).line(device.line)),
        }
    }
    if all.is_empty() {
        Ok(links)
    } else {
        Err(Findings {
            file: file.to_owned(),
            source: String::new(),
            all,
        })
    }
}

/// So many cards are drawn at a time, on all cores; eight of them are a sheet.
const BATCH: usize = 256;

fn cards(
    maker: &Maker,
    devices: &[Device],
    links: &[String],
    sheet: Sheet,
    bar: &ProgressBar,
) -> Result<Vec<u8>, Findings> {
    let fonts = Fonts::new().map_err(plain)?;
    let mut pdf = Pdf::new().map_err(plain)?;
    for (devices, links) in devices.chunks(BATCH).zip(links.chunks(BATCH)) {
        let draw = |(device, link): (&Device, &String)| {
            let card = maker.card(&device.settings, link.clone());
            match sheet {
                Sheet::A6 => a6(&card, &maker.words, &fonts),
                Sheet::A4 => a7(&card, &maker.words, &fonts),
            }
        };
        let drawn: Vec<Drawn> = devices
            .par_iter()
            .zip(links)
            .map(draw)
            .collect::<Result<_, Code>>()
            .map_err(plain)?;
        match sheet {
            Sheet::A6 => drawn.iter().try_for_each(|card| pdf.card(card)),
            Sheet::A4 => drawn.chunks(8).try_for_each(|cards| pdf.sheet(cards)),
        }
        .map_err(plain)?;
        bar.inc(u64::try_from(drawn.len()).unwrap_or_default());
    }
    pdf.finish().map_err(plain)
}

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
    // Writing to memory cannot fail.
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
