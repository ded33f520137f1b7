//! Keyed app states: reports that an administrator reads in the MDM console. The Kotlin class `Feedback` finds the
//! MDM's app and binds to its service, which needs a subclass of a framework class and thus cannot be done from Rust.

use jni::JNIEnv;
use jni::objects::{JObject, JObjectArray};

use super::context::{JniResult, load_class, with_context};
use crate::{DeviceError, Report, Severity};

/// In `android/src/main/java/Feedback.kt`; `consumer-rules.pro` keeps the name.
const CLASS: &str = "nl.kidskonnect.groep.device.Feedback";

/// Of `Feedback.report(Context, Array<String>, Array<String>, BooleanArray)`.
const REPORT_SIGNATURE: &str = "(Landroid/content/Context;[Ljava/lang/String;[Ljava/lang/String;[Z)V";

/// Passes the reports to `Feedback`; blocks. Fails if the system does not answer. Success does not say that anybody
/// received the reports, because a device without an MDM has no receiver.
pub(crate) fn report(reports: &[Report]) -> Result<(), DeviceError> {
    with_context(|env, context| {
        let class = load_class(env, context, CLASS)?;
        let keys = texts(env, reports.iter().map(|report| &report.key))?;
        let messages = texts(env, reports.iter().map(|report| &report.message))?;
        let errors: Vec<u8> = reports
            .iter()
            .map(|report| u8::from(matches!(report.severity, Severity::Error)))
            .collect();
        let severities = env.new_boolean_array(length(errors.len()))?;
        env.set_boolean_array_region(&severities, 0, &errors)?;
        let arguments = [context.into(), (&keys).into(), (&messages).into(), (&severities).into()];
        env.call_static_method(class, "report", REPORT_SIGNATURE, &arguments)?;
        Ok(())
    })
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

fn length(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
