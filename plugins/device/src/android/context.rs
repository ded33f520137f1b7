//! The application's context, which tao stores in `ndk_context`, and what every call through JNI needs.

#[cfg(any(feature = "tauri", feature = "jvm"))]
use jni::objects::JClass;
use jni::objects::{JObject, JString, JValueOwned};
use jni::{JNIEnv, JavaVM};

use crate::DeviceError;

pub(crate) type JniResult<T> = Result<T, jni::errors::Error>;

/// Calls `act` on this thread with the application's context. A Java exception becomes an error and is cleared.
pub(crate) fn with_context<T>(
    act: impl FnOnce(&mut JNIEnv<'_>, &JObject<'_>) -> JniResult<T>,
) -> Result<T, DeviceError> {
    let context = ndk_context::android_context();
    // SAFETY: tao keeps a valid VM and a global reference to the application until the process ends.
    let (vm, application) = unsafe {
        (
            JavaVM::from_raw(context.vm().cast()),
            JObject::from_raw(context.context().cast()),
        )
    };
    let vm = vm.map_err(|error| system(&error))?;
    let mut env = vm.attach_current_thread().map_err(|error| system(&error))?;
    let outcome = env.with_local_frame(32, |env| act(env, &application));
    clear_exception(&mut env, outcome)
}

/// Turns a failed call into an error, and clears the Java exception behind it: the next call through JNI would abort
/// the app if an exception were still pending.
pub(crate) fn clear_exception<T>(env: &mut JNIEnv<'_>, outcome: JniResult<T>) -> Result<T, DeviceError> {
    outcome.map_err(|error| {
        let name = take_exception(env).unwrap_or_else(|| error.to_string());
        if name.contains("SecurityException") {
            DeviceError::NotPermitted
        } else {
            DeviceError::System(name)
        }
    })
}

/// Clears the pending exception and returns the name of its class.
fn take_exception(env: &mut JNIEnv<'_>) -> Option<String> {
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

pub(crate) fn string(env: &mut JNIEnv<'_>, text: JObject<'_>) -> JniResult<String> {
    let text = JString::from(text);
    let text = env.get_string(&text)?;
    Ok(text.into())
}

/// Loads a class of the app through the app's class loader. On a thread that Rust started, `FindClass` sees the system's
/// classes only.
#[cfg(any(feature = "tauri", feature = "jvm"))]
pub(crate) fn load_class<'local>(
    env: &mut JNIEnv<'local>,
    context: &JObject<'_>,
    name: &str,
) -> JniResult<JClass<'local>> {
    let loader = env
        .call_method(context, "getClassLoader", "()Ljava/lang/ClassLoader;", &[])?
        .l()?;
    let name = env.new_string(name)?;
    env.call_method(
        &loader,
        "loadClass",
        "(Ljava/lang/String;)Ljava/lang/Class;",
        &[(&name).into()],
    )?
    .l()
    .map(JClass::from)
}

/// A system service, by its name in `Context`; null if the device does not have it.
pub(crate) fn service<'local>(
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

/// Whether lock task is on: only the apps that the device administrator names can come to the foreground.
#[cfg(any(feature = "tauri", feature = "jvm"))]
pub(crate) fn is_lock_task_on(env: &mut JNIEnv<'_>, context: &JObject<'_>) -> JniResult<bool> {
    Ok(lock_task_state(env, context)? != 0)
}

/// `ActivityManager.getLockTaskModeState`: that of the whole device, whoever turned lock task on.
#[cfg(any(feature = "tauri", feature = "jvm"))]
pub(crate) fn lock_task_state(env: &mut JNIEnv<'_>, context: &JObject<'_>) -> JniResult<i32> {
    let activities = service(env, context, "activity")?;
    if activities.is_null() {
        return Ok(0);
    }
    env.call_method(&activities, "getLockTaskModeState", "()I", &[])?.i()
}
