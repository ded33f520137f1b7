//! The proxy of the network, or of the device administrator. Android tells Java's `ProxySelector`, which also runs a
//! proxy script, and nobody else.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use jni::JNIEnv;
use jni::objects::{JObject, JValue};
use url::Url;

use super::context::{JniResult, string, with_context};
use crate::proxy::{Proxy, choose, connects};

/// How many proxies are tried. A script may name any number.
const MOST: i32 = 8;

/// How long a proxy script and the proxies together may take.
const LIMIT: Duration = Duration::from_secs(5);

/// The proxy for `url`; `None` for a direct connection, also if the system does not answer in time. The system's own
/// HTTP clients likewise try the proxies in order, and then connect directly.
pub(crate) fn of(url: &Url) -> Option<Url> {
    let (sender, answer) = mpsc::channel();
    let url = url.clone();
    // On a thread of its own, because a script or a name server may take longer than the limit.
    thread::Builder::new()
        .name("proxy".to_owned())
        .spawn(move || {
            let named = with_context(|env, _| select(env, &url)).unwrap_or_default();
            // Nobody listens any more once the limit has passed.
            let _ = sender.send(choose(named, connects));
        })
        .ok()?;
    off_worker(|| answer.recv_timeout(LIMIT)).ok().flatten()
}

/// Waits so that the other tasks of this thread, if it is a worker of a tokio runtime, go on elsewhere.
#[cfg(feature = "tauri")]
fn off_worker<T>(wait: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    if Handle::try_current().is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread) {
        tokio::task::block_in_place(wait)
    } else {
        wait()
    }
}

#[cfg(not(feature = "tauri"))]
fn off_worker<T>(wait: impl FnOnce() -> T) -> T {
    wait()
}

/// The proxies that the system names, in its order.
fn select(env: &mut JNIEnv<'_>, url: &Url) -> JniResult<Vec<Proxy>> {
    let selector = env
        .call_static_method(
            "java/net/ProxySelector",
            "getDefault",
            "()Ljava/net/ProxySelector;",
            &[],
        )?
        .l()?;
    if selector.is_null() {
        return Ok(vec![]);
    }
    let address = env.new_string(url.as_str())?;
    let uri = env.new_object("java/net/URI", "(Ljava/lang/String;)V", &[(&address).into()])?;
    let proxies = env
        .call_method(
            &selector,
            "select",
            "(Ljava/net/URI;)Ljava/util/List;",
            &[(&uri).into()],
        )?
        .l()?;
    if proxies.is_null() {
        return Ok(vec![]);
    }
    let count = env.call_method(&proxies, "size", "()I", &[])?.i()?;
    (0..count.min(MOST))
        .map(|at| env.with_local_frame(16, |env| proxy_at(env, &proxies, at)))
        .collect()
}

fn proxy_at(env: &mut JNIEnv<'_>, proxies: &JObject<'_>, at: i32) -> JniResult<Proxy> {
    let proxy = env
        .call_method(proxies, "get", "(I)Ljava/lang/Object;", &[JValue::Int(at)])?
        .l()?;
    let kind = env.call_method(&proxy, "type", "()Ljava/net/Proxy$Type;", &[])?.l()?;
    let kind = text_of(env, &kind, "name")?;
    let address = env
        .call_method(&proxy, "address", "()Ljava/net/SocketAddress;", &[])?
        .l()?;
    if address.is_null() || !env.is_instance_of(&address, "java/net/InetSocketAddress")? {
        return Ok(Proxy::named(&kind, "", 0));
    }
    let host = text_of(env, &address, "getHostString")?;
    let port = env.call_method(&address, "getPort", "()I", &[])?.i()?;
    Ok(Proxy::named(&kind, &host, port))
}

fn text_of(env: &mut JNIEnv<'_>, object: &JObject<'_>, method: &str) -> JniResult<String> {
    let text = env.call_method(object, method, "()Ljava/lang/String;", &[])?.l()?;
    string(env, text)
}
