//! The intents that start a browser. A Custom Tab needs no androidx: it is a plain intent with the extras below.

use jni::JNIEnv;
use jni::objects::{JObject, JValue};

use super::context::JniResult;

#[derive(Clone, Copy)]
pub(crate) enum Tab {
    /// The browser itself.
    Plain,
    /// A Custom Tab in the app's own task, private where the browser supports that (Chrome 136 and later).
    Custom { private: bool },
}

/// Starts a browser from `activity` at `address`.
pub(crate) fn start(env: &mut JNIEnv<'_>, activity: &JObject<'_>, address: &str, tab: Tab) -> JniResult<()> {
    let address = env.new_string(address)?;
    let uri = env
        .call_static_method(
            "android/net/Uri",
            "parse",
            "(Ljava/lang/String;)Landroid/net/Uri;",
            &[(&address).into()],
        )?
        .l()?;
    let intent = to_view(env, &uri)?;
    // Name the browser, so that an app that claims the server's URL does not receive it (RFC 8252, section 8.12).
    if let Some(browser) = browser(env, activity)? {
        env.call_method(
            &intent,
            "setPackage",
            "(Ljava/lang/String;)Landroid/content/Intent;",
            &[(&browser).into()],
        )?;
    }
    if let Tab::Custom { private } = tab {
        let extras = env.new_object("android/os/Bundle", "()V", &[])?;
        // A null session makes the intent one for a Custom Tab that belongs to no session.
        let session = env.new_string("android.support.customtabs.extra.SESSION")?;
        env.call_method(
            &extras,
            "putBinder",
            "(Ljava/lang/String;Landroid/os/IBinder;)V",
            &[(&session).into(), (&JObject::null()).into()],
        )?;
        for (name, value) in [
            ("android.support.customtabs.extra.TITLE_VISIBILITY", 1),
            ("androidx.browser.customtabs.extra.SHARE_STATE", 2),
        ] {
            let name = env.new_string(name)?;
            env.call_method(
                &extras,
                "putInt",
                "(Ljava/lang/String;I)V",
                &[(&name).into(), JValue::Int(value)],
            )?;
        }
        let ephemeral = env.new_string("androidx.browser.customtabs.extra.ENABLE_EPHEMERAL_BROWSING")?;
        env.call_method(
            &extras,
            "putBoolean",
            "(Ljava/lang/String;Z)V",
            &[(&ephemeral).into(), JValue::Bool(private.into())],
        )?;
        env.call_method(
            &intent,
            "putExtras",
            "(Landroid/os/Bundle;)Landroid/content/Intent;",
            &[(&extras).into()],
        )?;
    }
    env.call_method(
        activity,
        "startActivity",
        "(Landroid/content/Intent;)V",
        &[(&intent).into()],
    )?;
    Ok(())
}

/// `BROWSABLE` leaves out apps that open URLs for other apps only.
fn to_view<'local>(env: &mut JNIEnv<'local>, uri: &JObject<'_>) -> JniResult<JObject<'local>> {
    let action = env.new_string("android.intent.action.VIEW")?;
    let intent = env.new_object(
        "android/content/Intent",
        "(Ljava/lang/String;Landroid/net/Uri;)V",
        &[(&action).into(), uri.into()],
    )?;
    let category = env.new_string("android.intent.category.BROWSABLE")?;
    env.call_method(
        &intent,
        "addCategory",
        "(Ljava/lang/String;)Landroid/content/Intent;",
        &[(&category).into()],
    )?;
    Ok(intent)
}

/// The package of the default browser; `None` if the system would ask the person which browser to use.
fn browser<'local>(env: &mut JNIEnv<'local>, activity: &JObject<'_>) -> JniResult<Option<JObject<'local>>> {
    let (scheme, nowhere) = (env.new_string("https")?, env.new_string("")?);
    let nothing = JObject::null();
    let arguments = [(&scheme).into(), (&nowhere).into(), (&nothing).into()];
    let uri = env
        .call_static_method(
            "android/net/Uri",
            "fromParts",
            "(Ljava/lang/String;Ljava/lang/String;Ljava/lang/String;)Landroid/net/Uri;",
            &arguments,
        )?
        .l()?;
    let any = to_view(env, &uri)?;
    let packages = env
        .call_method(
            activity,
            "getPackageManager",
            "()Landroid/content/pm/PackageManager;",
            &[],
        )?
        .l()?;
    let found = env
        .call_method(
            &any,
            "resolveActivity",
            "(Landroid/content/pm/PackageManager;)Landroid/content/ComponentName;",
            &[(&packages).into()],
        )?
        .l()?;
    if found.is_null() {
        return Ok(None);
    }
    let package = env
        .call_method(&found, "getPackageName", "()Ljava/lang/String;", &[])?
        .l()?;
    let name: String = env.get_string((&package).into())?.into();
    // `android` is the system's own chooser.
    Ok((name != "android").then_some(package))
}
