//! The application's context, which tao leaves in `ndk_context`, and what every call through JNI needs.

use jni::objects::{JObject, JString, JValueOwned};
use jni::{JNIEnv, JavaVM};

use crate::DeviceError;

pub(super) type JniResult<T> = Result<T, jni::errors::Error>;

/// Runs on this thread with the application's context. An exception of Java's is an error here, and pending no more.
pub(super) fn with_context<T>(act: impl FnOnce(&mut JNIEnv<'_>, &JObject<'_>) -> JniResult<T>) -> Result<T, DeviceError> {
    let context = ndk_context::android_context();
    // SAFETY: tao keeps a valid VM and a global reference to the application for as long as the process lives.
    let (vm, application) = unsafe {
        (
            JavaVM::from_raw(context.vm().cast()),
            JObject::from_raw(context.context().cast()),
        )
    };
    let vm = vm.map_err(|error| system(&error))?;
    let mut env = vm.attach_current_thread().map_err(|error| system(&error))?;
    let did = env.with_local_frame(32, |env| act(env, &application));
    settled(&mut env, did)
}

pub(super) fn settled<T>(env: &mut JNIEnv<'_>, did: JniResult<T>) -> Result<T, DeviceError> {
    did.map_err(|error| {
        // One left pending would end the app at the next call.
        let name = thrown(env).unwrap_or_else(|| error.to_string());
        if name.contains("SecurityException") {
            DeviceError::NotPermitted
        } else {
            DeviceError::System(name)
        }
    })
}

/// Takes the pending exception away; answers with its class.
fn thrown(env: &mut JNIEnv<'_>) -> Option<String> {
    let exception = env.exception_occurred().ok().filter(|exception| !exception.is_null())?;
    env.exception_clear().ok()?;
    let class = env.get_object_class(&exception).ok()?;
    let name = env
        .call_method(&class, "getName", "()Ljava/lang/String;", &[])
        .and_then(JValueOwned::l)
        .ok()?;
    string(env, name).ok()
}

fn system(error: &jni::errors::Error) -> DeviceError {
    DeviceError::System(error.to_string())
}

pub(super) fn string(env: &mut JNIEnv<'_>, text: JObject<'_>) -> JniResult<String> {
    let text = JString::from(text);
    let text = env.get_string(&text)?;
    Ok(text.into())
}

/// A service of the system, by the name that `Context` has for it; null where there is none.
pub(super) fn service<'local>(
    env: &mut JNIEnv<'local>,
    context: &JObject<'_>,
    name: &str,
) -> JniResult<JObject<'local>> {
    let name = env.new_string(name)?;
    env.call_method(
        context,
        "getSystemService",
        "(Ljava/lang/String;)Ljava/lang/Object;",
        &[(&name).into()],
    )?
    .l()
}

/// Lock task is on: nothing else comes up but what the device manager names.
pub(super) fn locked(env: &mut JNIEnv<'_>, context: &JObject<'_>) -> JniResult<bool> {
    let activities = service(env, context, "activity")?;
    if activities.is_null() {
        return Ok(false);
    }
    Ok(env.call_method(&activities, "getLockTaskModeState", "()I", &[])?.i()? != 0)
}
