//! The shell of Konnect Groep: windows, deep links, and the adapters of the application's ports.
//!
//! Decides nothing: `app` does that, and knows nothing of Tauri.

mod adapters;
#[cfg(all(desktop, unix))]
mod process;

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use app::diagnostics::{self, log};
use app::{App, AppHandle, Development, DiskFile, Inbox, Messages, Parts, SavedStateStore, SettingsSources, SiteHost};
use app_state::{Action, View};
use tauri::webview::NewWindowResponse;
use tauri::{Manager, RunEvent, State, WebviewUrl, WebviewWindowBuilder, WindowEvent, Wry};
use tauri_plugin_deep_link::DeepLinkExt;
#[cfg(desktop)]
use tauri_plugin_site_view::SiteViewExt;

use adapters::{DeviceAdapter, SiteViewAdapter, UiAdapter, platform};

/// The window of the shell's own pages.
const MAIN: &str = "main";

/// Wipes memory when it is freed, because every layer that sends or keeps a token copies it.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> = zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// What the shell's page shows now. The page calls it at its start and after each `view-changed`.
#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri's signature of a command
fn get_view(app: State<'_, AppHandle>) -> View {
    app.view()
}

/// A person did something on the shell's page.
#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri's signature of a command
fn dispatch(app: State<'_, AppHandle>, action: Action) {
    app.dispatch(action);
}

/// Runs the app until it is closed.
#[cfg_attr(mobile, tauri::mobile_entry_point)]
pub fn run() {
    let log_level = diagnostics::init();
    #[cfg(target_os = "linux")]
    process::forbid_core_dumps();
    if let Err(error) = start(log_level) {
        #[cfg(all(desktop, unix))]
        process::restart_after_handover(&*error);
        log::fatal(&error);
        std::process::exit(1);
    }
}

/// What `setup` takes over from [`start`].
struct Start {
    inbox: Inbox,
    messages: Messages,
    site_host: Arc<SiteHost>,
    log_level: diagnostics::LogLevel,
}

fn start(log_level: diagnostics::LogLevel) -> Result<(), Box<dyn Error>> {
    let (inbox, messages) = app::channel();
    let site_host = Arc::new(SiteHost::new(inbox.clone()));
    let builder = tauri::Builder::<Wry>::default();
    // First, so that a second instance hands its link over and does nothing else.
    #[cfg(desktop)]
    let builder = builder.plugin(tauri_plugin_single_instance::init(|app, _, _| focus_front_window(app)));
    let builder = builder
        .plugin(tauri_plugin_deep_link::init())
        .plugin(tauri_plugin_site_view::init(site_host.clone()))
        .plugin(tauri_plugin_device::init())
        .invoke_handler(tauri::generate_handler![get_view, dispatch]);
    let start = Mutex::new(Some(Start {
        inbox,
        messages,
        site_host,
        log_level,
    }));
    let app = builder
        .setup(move |app| {
            let start = start.lock().unwrap_or_else(PoisonError::into_inner).take();
            start.map_or(Ok(()), |start| set_up(app, start))
        })
        .build(tauri::generate_context!())?;
    app.run(|app, event| match event {
        RunEvent::WindowEvent {
            event: WindowEvent::Focused(true),
            ..
        } => {
            if let Some(handle) = app.try_state::<AppHandle>() {
                handle.came_to_front();
            }
        }
        // Closing the shell's page ends the app, whatever else is open.
        RunEvent::WindowEvent {
            label,
            event: WindowEvent::CloseRequested { .. },
            ..
        } if label == MAIN => app.exit(0),
        // Also where Android ended the activity behind the browser: the deep-link plugin is not there yet when the link
        // comes. A link that comes by both ways counts once.
        #[cfg(target_os = "android")]
        RunEvent::Opened { urls } => {
            if let Some(handle) = app.try_state::<AppHandle>() {
                for url in &urls {
                    handle.open_link(url.as_str());
                }
            }
        }
        // The system took the window of an app in the background away, to free memory. Tauri makes no new one when a
        // person comes back; the next start does.
        #[cfg(target_os = "ios")]
        RunEvent::WindowEvent {
            label,
            event: WindowEvent::Destroyed,
            ..
        } if label == MAIN => std::process::exit(0),
        _ => {}
    });
    Ok(())
}

#[cfg(desktop)]
fn focus_front_window(app: &tauri::AppHandle<Wry>) {
    let windows = [tauri_plugin_site_view::SITE, MAIN]
        .into_iter()
        .filter_map(|label| app.get_webview_window(label));
    if let Some(front) = windows.into_iter().find(|window| window.is_visible().unwrap_or(false)) {
        let _ = front.set_focus();
    }
}

fn set_up(tauri_app: &mut tauri::App<Wry>, start: Start) -> Result<(), Box<dyn Error>> {
    // Before the first window, because the web engine writes below these folders.
    app::create_private_folder(&tauri_app.path().app_cache_dir()?)?;
    let state_file = DiskFile::in_folder(&tauri_app.path().app_local_data_dir()?)?;

    let compiled = include_str!(concat!(env!("OUT_DIR"), "/environments.toml"));
    let development = Development::from_compiled(compiled, |name| std::env::var_os(name))?;
    let device = Arc::new(DeviceAdapter::new(
        tauri_app.handle().clone(),
        development.managed_config_file,
    ));
    let application = App::new(Parts {
        inbox: start.inbox,
        messages: start.messages,
        site_host: start.site_host,
        site: Arc::new(SiteViewAdapter(tauri_app.handle().clone())),
        device: device.clone(),
        ui: Arc::new(UiAdapter(tauri_app.handle().clone())),
        platform: platform(),
        sources: SettingsSources::new(development.environments, device),
        saved: SavedStateStore::open(state_file),
        log_level: start.log_level,
    });
    let handle = application.handle();
    tauri_app.manage(handle.clone());

    let links = handle.clone();
    tauri_app
        .deep_link()
        .on_open_url(move |event| event.urls().iter().for_each(|url| links.open_link(url.as_str())));
    open_main_window(tauri_app)?;
    for url in tauri_app.deep_link().get_current()?.unwrap_or_default() {
        handle.open_link(url.as_str());
    }
    tauri_plugin_device::on_launch_link(move |url| handle.open_link(url.as_str()));
    tauri::async_runtime::spawn(application.run());
    Ok(())
}

fn open_main_window(app: &tauri::App<Wry>) -> tauri::Result<()> {
    let window = WebviewWindowBuilder::new(app, MAIN, WebviewUrl::App("index.html".into()))
        .title("Konnect Groep")
        .inner_size(1280., 800.)
        .min_inner_size(320., 480.)
        .on_navigation(app::is_shell_page)
        .on_new_window(|_, _| NewWindowResponse::Deny);
    #[cfg(desktop)]
    let window = window.on_download(|webview, event| webview.site_view().download(event));
    window.build().map(drop)
}
