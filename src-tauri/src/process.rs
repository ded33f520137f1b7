//! Process-level measures: re-execution after a lost handover, no core dumps.

use std::error::Error;

use app::diagnostics::log;

/// Re-executes the app if the running instance exited while this one forwarded its deep link to it. Returns if that is
/// not what happened, or happened too often.
pub fn restart_after_handover(error: &(dyn Error + 'static)) {
    use std::os::unix::process::CommandExt;

    let Some(tauri::Error::PluginInitialization(plugin, why)) = error.downcast_ref() else {
        return;
    };
    let Some(restarts) = app::next_restart(plugin, std::env::var(app::RESTARTS).ok().as_deref()) else {
        return;
    };
    let Ok(program) = std::env::current_exe() else { return };
    log::restarts(why);
    std::thread::sleep(std::time::Duration::from_millis(300));
    let mut command = std::process::Command::new(program);
    // Returns with an error only; the caller reports the first one.
    let _ = command
        .args(std::env::args_os().skip(1))
        .env(app::RESTARTS, restarts.to_string())
        .exec();
}

/// Keeps a crash from writing memory to a file: the app's, and that of the web engine's processes, which inherit this.
#[cfg(target_os = "linux")]
pub fn forbid_core_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};

    if let Err(error) = setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    ) {
        log::failed("forbid_core_dumps", &error);
    }
}
