//! Android: what the framework knows and does, through JNI.
//!
//! What needs no window uses the application's context, which tao leaves in `ndk_context`; what does goes through the
//! activity of the shell's web view, on its thread.

mod browser;
pub(crate) mod managed;
pub(crate) mod roots;

use jni::objects::{JObject, JString, JValue, JValueOwned};
use jni::{JNIEnv, JavaVM};
use tauri::{AppHandle, Manager, Runtime};
use tokio::sync::oneshot;
use url::Url;

use crate::{Browsed, BrowserFault, Facts, Fault, Report};

type JniResult<T> = Result<T, jni::errors::Error>;

/// `WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON` and `FLAG_SECURE`.
const FLAG_KEEP_SCREEN_ON: i32 = 0x80;
const FLAG_SECURE: i32 = 0x2000;

/// Runs on this thread with the application's context. An exception of Java's is an error here, and pending no more.
fn with_context<T>(act: impl FnOnce(&mut JNIEnv<'_>, &JObject<'_>) -> JniResult<T>) -> Result<T, Fault> {
    let context = ndk_context::android_context();
    // SAFETY: tao keeps a valid VM and a global reference to the application for as long as the process lives.
    let (vm, application) = unsafe { (JavaVM::from_raw(context.vm().cast()), JObject::from_raw(context.context().cast())) };
    let vm = vm.map_err(|error| system(&error))?;
    let mut env = vm.attach_current_thread().map_err(|error| system(&error))?;
    let did = env.with_local_frame(32, |env| act(env, &application));
    settled(&mut env, did)
}

/// Runs on the activity's thread, with the activity.
async fn with_activity<R: Runtime, T: Send + 'static>(
    app: &AppHandle<R>,
    act: impl FnOnce(&mut JNIEnv<'_>, &JObject<'_>) -> JniResult<T> + Send + 'static,
) -> Result<T, Fault> {
    let shell = app.webview_windows().into_values().next().ok_or(Fault::NoWindow)?;
    let (done, came) = oneshot::channel();
    shell.with_webview(move |shell| {
        shell.jni_handle().exec(move |env, activity, _| {
            let did = act(env, activity);
            let _ = done.send(settled(env, did));
        });
    })?;
    came.await.map_err(|_| Fault::NoWindow)?
}

fn settled<T>(env: &mut JNIEnv<'_>, did: JniResult<T>) -> Result<T, Fault> {
    did.map_err(|error| {
        // One left pending would end the app at the next call.
        let name = thrown(env).unwrap_or_else(|| error.to_string());
        if name.contains("SecurityException") { Fault::NotPermitted } else { Fault::System(name) }
    })
}

/// Takes the pending exception away; answers with its class.
fn thrown(env: &mut JNIEnv<'_>) -> Option<String> {
    let exception = env.exception_occurred().ok().filter(|exception| !exception.is_null())?;
    env.exception_clear().ok()?;
    let class = env.get_object_class(&exception).ok()?;
    let name = env.call_method(&class, "getName", "()Ljava/lang/String;", &[]).and_then(JValueOwned::l).ok()?;
    string(env, name).ok()
}

fn system(error: &jni::errors::Error) -> Fault {
    Fault::System(error.to_string())
}

fn string(env: &mut JNIEnv<'_>, text: JObject<'_>) -> JniResult<String> {
    let text = JString::from(text);
    let text = env.get_string(&text)?;
    Ok(text.into())
}

/// A service of the system, by the name that `Context` has for it; null where there is none.
fn service<'local>(env: &mut JNIEnv<'local>, context: &JObject<'_>, name: &str) -> JniResult<JObject<'local>> {
    let name = env.new_string(name)?;
    env.call_method(context, "getSystemService", "(Ljava/lang/String;)Ljava/lang/Object;", &[(&name).into()])?.l()
}

async fn flag<R: Runtime>(app: &AppHandle<R>, flag: i32, on: bool) -> Result<(), Fault> {
    with_activity(app, move |env, activity| {
        let window = env.call_method(activity, "getWindow", "()Landroid/view/Window;", &[])?.l()?;
        env.call_method(&window, if on { "addFlags" } else { "clearFlags" }, "(I)V", &[JValue::Int(flag)])?;
        Ok(())
    })
    .await
}

pub(crate) async fn keep_screen_on<R: Runtime>(app: &AppHandle<R>, on: bool) -> Result<(), Fault> {
    flag(app, FLAG_KEEP_SCREEN_ON, on).await
}

pub(crate) async fn block_screenshots<R: Runtime>(app: &AppHandle<R>, on: bool) -> Result<(), Fault> {
    flag(app, FLAG_SECURE, on).await
}

/// Lock task, only where the device manager names this app: screen pinning would ask the person, and let them out.
pub(crate) async fn kiosk<R: Runtime>(app: &AppHandle<R>, on: bool) -> Result<(), Fault> {
    let permitted = with_activity(app, move |env, activity| {
        if on {
            let policy = service(env, activity, "device_policy")?;
            let package = env.call_method(activity, "getPackageName", "()Ljava/lang/String;", &[])?.l()?;
            let permitted = !policy.is_null() && env.call_method(&policy, "isLockTaskPermitted", "(Ljava/lang/String;)Z", &[(&package).into()])?.z()?;
            if !permitted {
                return Ok(false);
            }
        }
        if locked(env, activity)? != on {
            env.call_method(activity, if on { "startLockTask" } else { "stopLockTask" }, "()V", &[])?;
        }
        Ok(true)
    })
    .await?;
    if permitted { Ok(()) } else { Err(Fault::NotPermitted) }
}

/// Lock task is on: nothing else comes up but what the device manager names.
fn locked(env: &mut JNIEnv<'_>, context: &JObject<'_>) -> JniResult<bool> {
    let activities = service(env, context, "activity")?;
    if activities.is_null() {
        return Ok(false);
    }
    Ok(env.call_method(&activities, "getLockTaskModeState", "()I", &[])?.i()? != 0)
}

/// Keyed app states go to the device manager's app through a bound service, which takes a class of Java's: there is none.
pub(crate) fn report<R: Runtime>(_: &AppHandle<R>, _reports: Vec<Report>) -> std::future::Ready<Result<(), Fault>> {
    std::future::ready(Err(Fault::Unsupported))
}

pub(crate) async fn facts<R: Runtime>(_: &AppHandle<R>) -> Facts {
    let read = || {
        with_context(|env, context| {
            let [version, maker, model] =
                [("android/os/Build$VERSION", "RELEASE"), ("android/os/Build", "MANUFACTURER"), ("android/os/Build", "MODEL")].map(|(class, name)| {
                    let text = env.get_static_field(class, name, "Ljava/lang/String;")?.l()?;
                    string(env, text)
                });
            let model = maker.and_then(|maker| Ok(format!("{maker} {}", model?)))?;
            Ok((version?, model, locked(env, context)?))
        })
    };
    let engine = tauri::webview_version().ok();
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok((version, model, kiosk))) => Facts { system: "Android".to_owned(), version: Some(version), model: Some(model), engine, kiosk },
        _ => Facts { system: "Android".to_owned(), engine, ..Facts::default() },
    }
}

/// The Custom Tab of the person's own browser. It is the browser's choice what it shares: there is no private one.
pub(crate) async fn sign_in<R: Runtime>(app: &AppHandle<R>, url: &Url, _callback: &Url, private: bool) -> Result<Browsed, BrowserFault> {
    browser::start(app, url, browser::Tab::Custom { private }).await.map(|()| Browsed::Opened)
}

pub(crate) async fn open_browser<R: Runtime>(app: &AppHandle<R>, url: &Url) -> Result<(), BrowserFault> {
    browser::start(app, url, browser::Tab::Plain).await
}
