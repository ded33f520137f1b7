//! Everything that is written from the table: what consoles read, and what a manager pastes into them.
//!
//! Android's XML declares keys to consoles only; its default values never reach an app.

mod android;
mod apple;
mod manual;
mod mdm;
pub mod rules;
mod schema;

pub use android::{restrictions, strings};
pub use apple::specfile;
pub use manual::manual;
pub use mdm::{Console, example, for_console};
pub use schema::json_schema;

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, Event};

/// The app's id on Android and iPad.
pub const APP_ID: &str = "nl.kidskonnect.groep";

type Xml = Writer<Vec<u8>>;

/// An indented document in UTF-8.
fn document(fill: impl FnOnce(&mut Xml) -> io::Result<()>) -> io::Result<String> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    fill(&mut writer)?;
    let mut text = String::from_utf8(writer.into_inner()).map_err(io::Error::other)?;
    text.push('\n');
    Ok(text)
}
