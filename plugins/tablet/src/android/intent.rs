//! The intents that start a browser.

use jni::JNIEnv;
use jni::objects::{JObject, JValue};

use super::context::JniResult;

#[derive(Clone, Copy)]
pub(super) enum Tab {
    /// The browser itself.
    Plain,
    /// Over the app's own task; private where the browser knows how (Chrome 136).
    Custom { private: bool },
}

pub(super) fn begin(env: &mut JNIEnv<'_>, activity: &JObject<'_>, address: &str, tab: Tab) -> JniResult<()> {
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
