//! Writes the restrictions that the table of settings emits for Android, with their strings, as a folder of resources.

use std::path::Path;
use std::{env, fs, io};

use settings::emit;

fn main() -> io::Result<()> {
    let folder = env::args_os().nth(1).ok_or_else(|| io::Error::other("which folder?"))?;
    let files = [
        ("xml", "app_restrictions.xml", emit::restrictions()?),
        ("values", "strings.xml", emit::strings("en")?),
        ("values-nl", "strings.xml", emit::strings("nl")?),
    ];
    for (kind, name, text) in files {
        let folder = Path::new(&folder).join(kind);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}
