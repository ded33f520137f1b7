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
    let uri = env
        .call_static_method(
            "android/net/Uri",
            "parse",
            "(Ljava/lang/String;)Landroid/net/Uri;",
            &[(&address).into()],
        )?
        .l()?;
    let intent = to_view(env, &uri)?;
    // An app that has the server's address for its own does not get it either (RFC 8252, 8.12).
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

/// Whatever is no browser and only claims to open addresses is not asked.
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

/// The package of the browser that opens any address; none where the system would ask which.
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
    // Where nobody has chosen a browser, the answer is the system's own question.
    Ok((name != "android").then_some(package))
}
