//! What every call through JNI needs: the application's context, and exceptions as values.

use jni::errors::Error;
use jni::objects::{JObject, JString, JThrowable};
use jni::{JNIEnv, JavaVM};

use crate::fault::{Fault, Throwable, Thrown};

pub(crate) type JniResult<T> = Result<T, Error>;

/// Calls `act` on this thread with the application's context. The caller's framework must have stored both in
/// `ndk_context`; tao does when an app starts.
pub(crate) fn with_context<T>(act: impl FnOnce(&mut JNIEnv<'_>, &JObject<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
    let context = ndk_context::android_context();
    // SAFETY: whoever fills `ndk_context` keeps a valid VM and a global reference to the application until the process
    // ends.
    let (vm, application) = unsafe {
        (
            JavaVM::from_raw(context.vm().cast()),
            JObject::from_raw(context.context().cast()),
        )
    };
    let passing = |error: Error| Fault::Passing(error.to_string());
    let vm = vm.map_err(passing)?;
    let mut env = vm.attach_current_thread().map_err(passing)?;
    env.with_local_frame(64, |env| Ok(act(env, &application)))
        .map_err(passing)?
}

/// Makes calls through JNI. If one of them throws, this takes the exception from the thread, because the next call
/// through JNI would abort the app if an exception were still pending.
pub(crate) fn attempt<'local, T>(
    env: &mut JNIEnv<'local>,
    calls: impl FnOnce(&mut JNIEnv<'local>) -> JniResult<T>,
) -> Result<T, Thrown> {
    calls(env).map_err(|error| {
        let chain = take_exception(env).unwrap_or_default();
        if chain.is_empty() {
            let (class, text) = (String::new(), error.to_string());
            return Thrown::new(vec![Throwable { class, text }]);
        }
        Thrown::new(chain)
    })
}

/// Clears the pending exception and returns it with its causes. `None` if nothing is pending, or if the exception does
/// not let itself be read.
fn take_exception(env: &mut JNIEnv<'_>) -> Option<Vec<Throwable>> {
    let exception = env.exception_occurred().ok().filter(|exception| !exception.is_null())?;
    env.exception_clear().ok()?;
    let chain = chain(env, exception);
    if chain.is_err() {
        env.exception_clear().ok()?;
    }
    chain.ok()
}

/// The exception and its causes, up to a limit, because a chain of causes may be a circle.
fn chain(env: &mut JNIEnv<'_>, exception: JThrowable<'_>) -> JniResult<Vec<Throwable>> {
    const LONGEST: usize = 8;
    let mut chain = Vec::new();
    let mut next = JObject::from(exception);
    while !next.is_null() && chain.len() < LONGEST {
        let class = env.get_object_class(&next)?;
        let class = env.call_method(&class, "getName", "()Ljava/lang/String;", &[])?.l()?;
        let text = env.call_method(&next, "toString", "()Ljava/lang/String;", &[])?.l()?;
        chain.push(Throwable {
            class: string(env, class)?,
            text: string(env, text)?,
        });
        next = env
            .call_method(&next, "getCause", "()Ljava/lang/Throwable;", &[])?
            .l()?;
    }
    Ok(chain)
}

pub(crate) fn string(env: &mut JNIEnv<'_>, text: JObject<'_>) -> JniResult<String> {
    let text = JString::from(text);
    let text = env.get_string(&text)?;
    Ok(text.into())
}
