//! The proxy of the network, or of the device administrator. Android tells Java's `ProxySelector`, which also runs a
//! proxy script, and nobody else.

use jni::JNIEnv;
use jni::objects::{JObject, JValue};
use url::Url;

use super::context::{JniResult, string, with_context};

/// The proxy for `url`; `None` for a direct connection, also if the system does not answer.
pub(crate) fn of(url: &Url) -> Option<Url> {
    with_context(|env, _| select(env, url)).ok().flatten()
}

/// The first proxy that the system names, because that is the one which its own HTTP clients try first.
fn select(env: &mut JNIEnv<'_>, url: &Url) -> JniResult<Option<Url>> {
    let selector = env
        .call_static_method(
            "java/net/ProxySelector",
            "getDefault",
            "()Ljava/net/ProxySelector;",
            &[],
        )?
        .l()?;
    if selector.is_null() {
        return Ok(None);
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
    if proxies.is_null() || env.call_method(&proxies, "isEmpty", "()Z", &[])?.z()? {
        return Ok(None);
    }
    let proxy = env
        .call_method(&proxies, "get", "(I)Ljava/lang/Object;", &[JValue::Int(0)])?
        .l()?;
    let kind = env.call_method(&proxy, "type", "()Ljava/net/Proxy$Type;", &[])?.l()?;
    let kind = text_of(env, &kind, "name")?;
    let address = env
        .call_method(&proxy, "address", "()Ljava/net/SocketAddress;", &[])?
        .l()?;
    if address.is_null() || !env.is_instance_of(&address, "java/net/InetSocketAddress")? {
        return Ok(None);
    }
    let host = text_of(env, &address, "getHostString")?;
    let port = env.call_method(&address, "getPort", "()I", &[])?.i()?;
    Ok(crate::proxy::url(&kind, &host, port))
}

fn text_of(env: &mut JNIEnv<'_>, object: &JObject<'_>, method: &str) -> JniResult<String> {
    let text = env.call_method(object, method, "()Ljava/lang/String;", &[])?.l()?;
    string(env, text)
}
