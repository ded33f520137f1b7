//! Everything that is generated from the schema and the register of error codes: the declarations that MDM consoles
//! read, the settings that an administrator pastes into them, and the tables of the manual.
//!
//! Android's XML only declares keys to MDM consoles: the system never passes its default values to an app.

mod android;
mod apple;
mod json_schema;
mod manual;
mod mdm;
pub mod rules;

pub use android::{restrictions, strings};
pub use apple::specfile;
pub use json_schema::json_schema;
pub use manual::{error_codes, manual};
pub use mdm::{MdmConsole, example, for_console};

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, Event};

/// The app's id: the package name on Android, the bundle id on iPad.
pub const APP_ID: &str = "nl.kidskonnect.groep";

type Xml = Writer<Vec<u8>>;

/// Writes an XML document in UTF-8, indented by two spaces.
fn document(fill: impl FnOnce(&mut Xml) -> io::Result<()>) -> io::Result<String> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    fill(&mut writer)?;
    let mut text = String::from_utf8(writer.into_inner()).map_err(io::Error::other)?;
    text.push('\n');
    Ok(text)
}
