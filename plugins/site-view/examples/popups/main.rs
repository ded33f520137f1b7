//! A Tauri app around one web site whose sign-in opens a pop-up.
//!
//! ```text
//! cargo run -p tauri-plugin-site-view --example popups
//! ```
//!
//! The site (`site.rs`) is a server on the loopback address, so that the example needs no network. Its page opens a
//! pop-up; the pop-up posts a message to its opener and closes itself, as a sign-in in a pop-up does.

mod site;

use std::sync::Arc;

use tauri_plugin_site_view::{Decision, Host, Navigation, Permission, RefusalReason, SiteEvent, SiteViewExt};
use url::{Origin, Url};

/// Allows the pages of one origin, and one pop-up per page.
struct OneOrigin(Origin);

impl Host for OneOrigin {
    fn decide(&self, navigation: &Navigation) -> Decision {
        if navigation.url.as_str() == "about:blank" || navigation.url.origin() == self.0 {
            Decision::Allow
        } else {
            Decision::Refuse(RefusalReason::Host)
        }
    }

    fn decide_popup(&self, opener: &Url, target: &Url, open: usize) -> Decision {
        if opener.origin() != self.0 {
            return Decision::Refuse(RefusalReason::Opener);
        }
        if open > 0 {
            return Decision::Refuse(RefusalReason::SecondPopup);
        }
        self.decide(&Navigation {
            url: target.clone(),
            popup: true,
        })
    }

    fn allows(&self, _page: &Url, what: Permission) -> bool {
        what == Permission::Download
    }

    fn on_event(&self, event: SiteEvent) {
        println!("{event:?}");
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let start = site::serve()?;
    tauri::Builder::default()
        .plugin(tauri_plugin_site_view::init(Arc::new(OneOrigin(start.origin()))))
        .setup(move |app| {
            // The app's own window, with Tauri's bridge. On a tablet the site covers it; on the desktop it is beside
            // it.
            tauri::WebviewWindowBuilder::new(app, "main", tauri::WebviewUrl::default()).build()?;
            let site = app.site_view();
            site.load(&start)?;
            site.show()?;
            Ok(())
        })
        .run(tauri::generate_context!("examples/popups/tauri.conf.json"))?;
    Ok(())
}
