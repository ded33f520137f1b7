//! A Custom Tab, without androidx: a plain intent that carries a session of nobody's.

use std::time::Duration;

use jni::JNIEnv;
use jni::objects::{JObject, JValue};
use tauri::{AppHandle, Runtime};
use url::Url;

use super::{JniResult, locked, with_activity};
use crate::{BrowserFault, Fault, browser};

/// Nothing is thrown where a kiosk keeps a browser away: the app just stays in front. A browser is there by then.
const LOOK: Duration = Duration::from_millis(1_500);

#[derive(Clone, Copy)]
pub(super) enum Tab {
    /// The browser itself.
    Plain,
    /// Over the app's own task; private where the browser knows how (Chrome 136).
    Custom { private: bool },
}

pub(super) async fn start<R: Runtime>(app: &AppHandle<R>, url: &Url, tab: Tab) -> Result<(), BrowserFault> {
    let address = url.to_string();
    let begun = with_activity(app, move |env, activity| {
        begin(env, activity, &address, tab)?;
        locked(env, activity)
    })
    .await;
    match begun {
        Ok(false) => Ok(()),
        Ok(true) => {
            tokio::time::sleep(LOOK).await;
            // An activity that is gone is not in front.
            let in_front = with_activity(app, |env, activity| env.call_method(activity, "hasWindowFocus", "()Z", &[])?.z()).await;
            browser::started(true, true, in_front.unwrap_or(false))
        }
        Err(Fault::NoWindow) => Err(BrowserFault::NoBrowser),
        Err(_) => {
            let kiosk = with_activity(app, locked).await;
            browser::started(false, kiosk.unwrap_or(false), true)
        }
    }
}

fn begin(env: &mut JNIEnv<'_>, activity: &JObject<'_>, address: &str, tab: Tab) -> JniResult<()> {
    let address = env.new_string(address)?;
    let uri = env.call_static_method("android/net/Uri", "parse", "(Ljava/lang/String;)Landroid/net/Uri;", &[(&address).into()])?.l()?;
    let action = env.new_string("android.intent.action.VIEW")?;
    let intent = env.new_object("android/content/Intent", "(Ljava/lang/String;Landroid/net/Uri;)V", &[(&action).into(), (&uri).into()])?;
    // What is no browser and only claims to open this address is not asked.
    let category = env.new_string("android.intent.category.BROWSABLE")?;
    env.call_method(&intent, "addCategory", "(Ljava/lang/String;)Landroid/content/Intent;", &[(&category).into()])?;
    if let Tab::Custom { private } = tab {
        let extras = env.new_object("android/os/Bundle", "()V", &[])?;
        let session = env.new_string("android.support.customtabs.extra.SESSION")?;
        env.call_method(&extras, "putBinder", "(Ljava/lang/String;Landroid/os/IBinder;)V", &[(&session).into(), (&JObject::null()).into()])?;
        for (name, value) in [("android.support.customtabs.extra.TITLE_VISIBILITY", 1), ("androidx.browser.customtabs.extra.SHARE_STATE", 2)] {
            let name = env.new_string(name)?;
            env.call_method(&extras, "putInt", "(Ljava/lang/String;I)V", &[(&name).into(), JValue::Int(value)])?;
        }
        let ephemeral = env.new_string("androidx.browser.customtabs.extra.ENABLE_EPHEMERAL_BROWSING")?;
        env.call_method(&extras, "putBoolean", "(Ljava/lang/String;Z)V", &[(&ephemeral).into(), JValue::Bool(private.into())])?;
        env.call_method(&intent, "putExtras", "(Landroid/os/Bundle;)Landroid/content/Intent;", &[(&extras).into()])?;
    }
    env.call_method(activity, "startActivity", "(Landroid/content/Intent;)V", &[(&intent).into()])?;
    Ok(())
}
