//! Keyed app states: the word in an administrator's console. A class of Kotlin's finds the device manager's app and binds
//! to it, which Rust alone cannot.

use jni::JNIEnv;
use jni::objects::{JClass, JObject, JObjectArray};

use super::context::{JniResult, with_context};
use crate::{DeviceError, Report, Severity};

/// In `plugins/device/android`; its `consumer-rules.pro` keeps the name.
const CLASS: &str = "nl.kidskonnect.groep.device.Feedback";

/// Hands the reports over; a fault where the system does not answer. That they were taken is not known: nobody has to be
/// there to take them.
pub(crate) fn tell(reports: &[Report]) -> Result<(), DeviceError> {
    with_context(|env, context| {
        let class = class(env, context)?;
        let keys = texts(env, reports.iter().map(|report| &report.key))?;
        let messages = texts(env, reports.iter().map(|report| &report.message))?;
        let errors: Vec<u8> = reports
            .iter()
            .map(|report| u8::from(matches!(report.severity, Severity::Error)))
            .collect();
        let severe = env.new_boolean_array(length(errors.len()))?;
        env.set_boolean_array_region(&severe, 0, &errors)?;
        let arguments = [context.into(), (&keys).into(), (&messages).into(), (&severe).into()];
        env.call_static_method(
            class,
            "report",
            "(Landroid/content/Context;[Ljava/lang/String;[Ljava/lang/String;[Z)V",
            &arguments,
        )?;
        Ok(())
    })
}

/// By the app's own loader: on a thread of Rust's, `FindClass` sees the system's classes only.
fn class<'local>(env: &mut JNIEnv<'local>, context: &JObject<'_>) -> JniResult<JClass<'local>> {
    let loader = env
        .call_method(context, "getClassLoader", "()Ljava/lang/ClassLoader;", &[])?
        .l()?;
    let name = env.new_string(CLASS)?;
    env.call_method(
        &loader,
        "loadClass",
        "(Ljava/lang/String;)Ljava/lang/Class;",
        &[(&name).into()],
    )?
    .l()
    .map(JClass::from)
}

fn texts<'local, 'text>(
    env: &mut JNIEnv<'local>,
    texts: impl ExactSizeIterator<Item = &'text String>,
) -> JniResult<JObjectArray<'local>> {
    let array = env.new_object_array(length(texts.len()), "java/lang/String", JObject::null())?;
    for (at, text) in (0..).zip(texts) {
        let text = env.new_string(text)?;
        let text = env.auto_local(text);
        env.set_object_array_element(&array, at, &text)?;
    }
    Ok(array)
}

/// More reports than an array can hold there are not.
fn length(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
