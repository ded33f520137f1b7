//! The log of the system, which Console and `log stream` show.

use std::ffi::{CString, c_char, c_void};
use std::sync::OnceLock;

use objc2_foundation::NSBundle;

/// `OS_LOG_TYPE_DEFAULT`, which every iPad keeps. The caller decides what is worth a line.
const DEFAULT: u8 = 0;

/// The format of a line: one text, which the log shows as it is. The system looks for formats in this section only.
#[unsafe(link_section = "__TEXT,__oslogstring,cstring_literals")]
static FORMAT: [u8; 11] = *b"%{public}s\0";

unsafe extern "C" {
    static __dso_handle: c_void;
    fn os_log_create(subsystem: *const c_char, category: *const c_char) -> *mut c_void;
    /// What Apple's macro `os_log` becomes in a compiled program.
    fn _os_log_impl(
        library: *const c_void,
        log: *mut c_void,
        kind: u8,
        format: *const c_char,
        arguments: *const u8,
        size: u32,
    );
}

/// The app's own log, which lives as long as the process.
struct Log(*mut c_void);

// SAFETY: Apple documents that every thread may use a log object.
unsafe impl Send for Log {}
// SAFETY: as above.
unsafe impl Sync for Log {}

static LOG: OnceLock<Log> = OnceLock::new();

/// Writes a line under the app's identifier.
pub(crate) fn write(line: &str) {
    let log = LOG.get_or_init(|| {
        let id = NSBundle::mainBundle().bundleIdentifier();
        let id = CString::new(id.map(|id| id.to_string()).unwrap_or_default()).unwrap_or_default();
        // SAFETY: two texts that end with zero; the system copies them.
        Log(unsafe { os_log_create(id.as_ptr(), c"app".as_ptr()) })
    });
    // Only a line with a zero in it fails, which JSON never has.
    let Ok(line) = CString::new(line) else { return };
    // Two bytes of head (an argument that is a pointer; one argument), then its kind (a public text) and its size.
    let mut arguments = [0_u8; 12];
    arguments[..4].copy_from_slice(&[2, 1, 0x22, 8]);
    arguments[4..].copy_from_slice(&line.as_ptr().expose_provenance().to_ne_bytes());
    // SAFETY: the arguments are laid out as clang lays them out for this format, and the system copies the text before it
    // returns.
    unsafe {
        _os_log_impl(
            &raw const __dso_handle,
            log.0,
            DEFAULT,
            FORMAT.as_ptr().cast(),
            arguments.as_ptr(),
            12,
        );
    }
}
