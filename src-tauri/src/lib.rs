//! Konnect Groep: the shell.
//!
//! Thin on purpose. [`shell`] turns what happens (a link, a navigation, a button, a resume) into events of `app-state` and
//! [`effects`] carries out what `app-state` answers; `session`, `settings` and the plugins do the work.

mod device;
mod effects;
mod ground;
mod identity;
mod log;
mod notes;
mod shell;
mod site;
mod sources;

use std::error::Error;
use std::sync::Arc;

use app_state::{Action, Event, Shown};
use tauri::webview::NewWindowResponse;
use tauri::{App, Manager, RunEvent, State, WebviewUrl, WebviewWindowBuilder, WindowEvent, Wry};
use tauri_plugin_deep_link::DeepLinkExt;
#[cfg(desktop)]
use tauri_plugin_site_view::SiteViewExt;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use notes::Notes;
use shell::{MAIN, Shell};
use site::{Site, Told};
use sources::Sources;

/// Memory that is given back is wiped: every layer that sends or keeps a token copies it.
#[global_allocator]
static WIPED: zeroizing_alloc::ZeroAlloc<std::alloc::System> = zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// What the shell's page shows now.
#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // what Tauri hands to a command
fn shown(shell: State<'_, Arc<Shell>>) -> Shown {
    shell.shown()
}

/// A person did something on the shell's page.
#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // what Tauri hands to a command
fn act(shell: State<'_, Arc<Shell>>, action: Action) {
    shell.touch();
    shell.tell(Event::Person(action));
}

/// Runs the app until it is closed.
#[cfg_attr(mobile, tauri::mobile_entry_point)]
pub fn run() {
    #[cfg(target_os = "linux")]
    leave_no_core();
    if let Err(error) = start() {
        #[cfg(all(desktop, unix))]
        again(&*error);
        log::line("fatal", &[("code", "E001"), ("error", &error.to_string())]);
        std::process::exit(1);
    }
}

/// Starts anew where an app that was ending went away while this one handed its link over. Comes back where that was not
/// what happened, or too often.
#[cfg(all(desktop, unix))]
fn again(error: &(dyn Error + 'static)) {
    use std::os::unix::process::CommandExt;

    const COUNT: &str = "KONNECT_GROEP_STARTS";
    const MOST: u32 = 10;
    let Some(tauri::Error::PluginInitialization(plugin, why)) = error.downcast_ref() else {
        return;
    };
    let count = std::env::var(COUNT)
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(0);
    let Ok(program) = std::env::current_exe() else { return };
    if plugin != "single-instance" || count >= MOST {
        return;
    }
    log::line("starts_again", &[("error", why)]);
    std::thread::sleep(std::time::Duration::from_millis(300));
    // Comes back only with an error; the caller tells the first one.
    let _ = std::process::Command::new(program)
        .args(std::env::args_os().skip(1))
        .env(COUNT, (count + 1).to_string())
        .exec();
}

/// A crash writes no memory to a file: not the app's, and not that of the web engine's processes, which inherit this.
#[cfg(target_os = "linux")]
fn leave_no_core() {
    use rustix::process::{Resource, Rlimit, setrlimit};

    if let Err(error) = setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    ) {
        log::line("failed", &[("effect", "leave_no_core"), ("error", &error.to_string())]);
    }
}

fn start() -> Result<(), Box<dyn Error>> {
    let (events, told) = unbounded_channel();
    let site = Arc::new(Site::new(events.clone()));
    let host = site.clone();
    let builder = tauri::Builder::<Wry>::default();
    // First, so that a second start hands its link over and does nothing else.
    #[cfg(desktop)]
    let builder = builder.plugin(tauri_plugin_single_instance::init(|app, _, _| {
        for label in [tauri_plugin_site_view::SITE, MAIN] {
            if let Some(window) = app
                .get_webview_window(label)
                .filter(|window| window.is_visible().unwrap_or(false))
            {
                let _ = window.set_focus();
                return;
            }
        }
    }));
    let app = builder
        .plugin(tauri_plugin_deep_link::init())
        .plugin(tauri_plugin_site_view::init(host))
        .plugin(tauri_plugin_device::init())
        .invoke_handler(tauri::generate_handler![shown, act])
        .setup(move |app| set_up(app, &events, site, told))
        .build(tauri::generate_context!())?;
    app.run(|app, event| match event {
        RunEvent::WindowEvent {
            event: WindowEvent::Focused(true),
            ..
        } => {
            if let Some(shell) = app.try_state::<Arc<Shell>>() {
                shell.front();
            }
        }
        // The shell's page is the app: closing it ends it, whatever else is open.
        RunEvent::WindowEvent {
            label,
            event: WindowEvent::CloseRequested { .. },
            ..
        } if label == MAIN => app.exit(0),
        _ => {}
    });
    Ok(())
}

fn set_up(
    app: &mut App<Wry>,
    events: &tokio::sync::mpsc::UnboundedSender<Told>,
    site: Arc<Site>,
    told: UnboundedReceiver<Told>,
) -> Result<(), Box<dyn Error>> {
    // Before the first window: the web engine writes below these.
    let folder = app.path().app_local_data_dir()?;
    notes::private_folder(&app.path().app_cache_dir()?)?;
    let notes = Notes::open(&folder)?;
    let shell = Arc::new(Shell::new(
        app.handle().clone(),
        events.clone(),
        site,
        Sources::new()?,
        notes,
    ));
    app.manage(shell.clone());

    let links = shell.clone();
    app.deep_link()
        .on_open_url(move |event| event.urls().iter().for_each(|url| links.link(url.as_str())));
    let window = WebviewWindowBuilder::new(app, MAIN, WebviewUrl::App("index.html".into()))
        .title("Konnect Groep")
        .inner_size(1280., 800.)
        .min_inner_size(320., 480.)
        .on_navigation(|url| {
            url.scheme() == "tauri" || (url.scheme() == "http" && url.host_str() == Some("tauri.localhost"))
        })
        .on_new_window(|_, _| NewWindowResponse::Deny);
    #[cfg(desktop)]
    let window = window.on_download(|webview, event| webview.site_view().download(event));
    window.build()?;
    if let Some(links) = app.deep_link().get_current()? {
        for url in links {
            shell.link(url.as_str());
        }
    }
    tauri::async_runtime::spawn(shell.run(told));
    Ok(())
}
