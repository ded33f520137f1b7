//! The flags of the app's windows. The Kotlin object `WindowFlags` gives them to each new activity, too.

use jni::JNIEnv;
use jni::objects::{JObject, JValue};

use super::context::{JniResult, load_class};

/// In `android/src/main/java/WindowFlags.kt`; `consumer-rules.pro` keeps the name.
const CLASS: &str = "nl.kidskonnect.groep.device.WindowFlags";

/// Sets or clears a flag of `WindowManager.LayoutParams` for this activity and those that follow.
pub(crate) fn set(env: &mut JNIEnv<'_>, activity: &JObject<'_>, flag: i32, on: bool) -> JniResult<()> {
    let class = load_class(env, activity, CLASS)?;
    let arguments = [activity.into(), JValue::Int(flag), JValue::Bool(on.into())];
    env.call_static_method(class, "set", "(Landroid/app/Activity;IZ)V", &arguments)?;
    Ok(())
}
