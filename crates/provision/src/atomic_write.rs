//! Writes files atomically: into a temporary file in the same folder, which is then renamed. After a failure the previous
//! file is unchanged.

use std::io::Write;
use std::path::Path;

use crate::diagnostic::{Diagnostic, Diagnostics};
use error_codes::ErrorCode;

/// Writes a text to a file, or to standard output if `path` is `None`.
pub fn text(path: Option<&Path>, text: &str) -> Result<(), Diagnostics> {
    match path {
        Some(path) => file(path, text.as_bytes(), false),
        None => {
            // If the reader of a pipe is gone, such as `head`, nobody misses the text.
            let _ = std::io::stdout().lock().write_all(text.as_bytes());
            Ok(())
        }
    }
}

/// Writes a file. A `private` file is readable by its owner only and never replaces an existing file.
pub fn file(path: &Path, bytes: &[u8], private: bool) -> Result<(), Diagnostics> {
    write(path, bytes, private).map_err(|error| unwritten(path, &error))
}

/// Writes files that belong together. Renames none before all are written, so that a full disk leaves all of them
/// unchanged.
pub fn together(files: &[(&Path, &[u8])]) -> Result<(), Diagnostics> {
    let staged = files
        .iter()
        .map(|(path, bytes)| stage(path, bytes, false).map_err(|error| unwritten(path, &error)))
        .collect::<Result<Vec<_>, _>>()?;
    for ((path, _), temporary) in files.iter().zip(staged) {
        temporary.persist(path).map_err(|error| unwritten(path, &error.error))?;
    }
    Ok(())
}

fn unwritten(path: &Path, error: &std::io::Error) -> Diagnostics {
    Diagnostics::one(
        path.display().to_string(),
        Diagnostic::new(ErrorCode::Unreadable).detail(error.to_string()),
    )
}

fn write(path: &Path, bytes: &[u8], private: bool) -> std::io::Result<()> {
    let temporary = stage(path, bytes, private)?;
    if private {
        // A new private key must not overwrite an existing one, whose cards would stop working.
        temporary.persist_noclobber(path)?;
    } else {
        temporary.persist(path)?;
    }
    Ok(())
}

/// Writes the temporary file and flushes it to the disk.
fn stage(path: &Path, bytes: &[u8], private: bool) -> std::io::Result<tempfile::NamedTempFile> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    temporary.write_all(bytes)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = if private { 0o600 } else { 0o644 };
        temporary
            .as_file()
            .set_permissions(std::fs::Permissions::from_mode(mode))?;
    }
    temporary.as_file().sync_all()?;
    Ok(temporary)
}
