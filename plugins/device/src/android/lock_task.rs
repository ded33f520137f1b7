//! Lock task, Android's kiosk mode.

use jni::JNIEnv;
use jni::objects::{JObject, JValue};

use super::context::{JniResult, lock_task_state, service};
use crate::lock_task::{LockTask, Step, step};

/// Where the app remembers that it started lock task: shared preferences, because the lock task outlives the process.
const PREFERENCES: &str = "device";
/// The count of the device's starts at which the app started lock task, because no lock task outlives a restart.
const STARTED_AT_BOOT: &str = "lock_task_started_at_boot";

/// Starts lock task, or ends the one that this app started. Returns false if the device administrator does not name
/// this app: Android would then start screen pinning, which asks the person and which the person can leave.
pub(crate) fn set(env: &mut JNIEnv<'_>, activity: &JObject<'_>, on: bool) -> JniResult<bool> {
    let now = LockTask::from_state(lock_task_state(env, activity)?);
    let is_permitted = is_permitted(env, activity)?;
    let mut is_ours = is_ours(env, activity)?;
    // Ours has ended, or Android ended it with the permission. Forgotten before any return, because the next lock task
    // of the device may be somebody else's.
    if is_ours && (now == LockTask::Off || !is_permitted) {
        remember(env, activity, false)?;
        is_ours = false;
    }
    if on && !is_permitted {
        return Ok(false);
    }
    match step(on, now, is_ours) {
        Step::Start => {
            env.call_method(activity, "startLockTask", "()V", &[])?;
            remember(env, activity, true)?;
        }
        Step::End => {
            env.call_method(activity, "stopLockTask", "()V", &[])?;
            remember(env, activity, false)?;
        }
        Step::Leave => {}
    }
    Ok(true)
}

fn is_permitted(env: &mut JNIEnv<'_>, activity: &JObject<'_>) -> JniResult<bool> {
    let policy = service(env, activity, "device_policy")?;
    if policy.is_null() {
        return Ok(false);
    }
    let package = env
        .call_method(activity, "getPackageName", "()Ljava/lang/String;", &[])?
        .l()?;
    env.call_method(
        &policy,
        "isLockTaskPermitted",
        "(Ljava/lang/String;)Z",
        &[(&package).into()],
    )?
    .z()
}

fn is_ours(env: &mut JNIEnv<'_>, context: &JObject<'_>) -> JniResult<bool> {
    let preferences = preferences(env, context)?;
    let name = env.new_string(STARTED_AT_BOOT)?;
    let started_at = env
        .call_method(
            &preferences,
            "getInt",
            "(Ljava/lang/String;I)I",
            &[(&name).into(), JValue::Int(-1)],
        )?
        .i()?;
    Ok(started_at == boot_count(env, context)?)
}

fn remember(env: &mut JNIEnv<'_>, context: &JObject<'_>, started: bool) -> JniResult<()> {
    let preferences = preferences(env, context)?;
    let editor = env
        .call_method(
            &preferences,
            "edit",
            "()Landroid/content/SharedPreferences$Editor;",
            &[],
        )?
        .l()?;
    let value = if started { boot_count(env, context)? } else { -1 };
    let name = env.new_string(STARTED_AT_BOOT)?;
    env.call_method(
        &editor,
        "putInt",
        "(Ljava/lang/String;I)Landroid/content/SharedPreferences$Editor;",
        &[(&name).into(), JValue::Int(value)],
    )?;
    env.call_method(&editor, "apply", "()V", &[])?;
    Ok(())
}

fn preferences<'local>(env: &mut JNIEnv<'local>, context: &JObject<'_>) -> JniResult<JObject<'local>> {
    let name = env.new_string(PREFERENCES)?;
    env.call_method(
        context,
        "getSharedPreferences",
        "(Ljava/lang/String;I)Landroid/content/SharedPreferences;",
        &[(&name).into(), JValue::Int(0)],
    )?
    .l()
}

/// How often the device has started.
fn boot_count(env: &mut JNIEnv<'_>, context: &JObject<'_>) -> JniResult<i32> {
    let resolver = env
        .call_method(
            context,
            "getContentResolver",
            "()Landroid/content/ContentResolver;",
            &[],
        )?
        .l()?;
    let name = env.new_string("boot_count")?;
    env.call_static_method(
        "android/provider/Settings$Global",
        "getInt",
        "(Landroid/content/ContentResolver;Ljava/lang/String;I)I",
        &[(&resolver).into(), (&name).into(), JValue::Int(0)],
    )?
    .i()
}
