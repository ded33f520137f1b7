//! Responses that replace the provider's.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Response;
use serde_json::{Value, json};

/// A response that replaces the provider's.
#[derive(Clone)]
pub enum Canned {
    Json(u16, Value),
    Text(u16, &'static str),
    /// With headers.
    With(u16, Vec<(&'static str, String)>, &'static str),
    /// A body without end.
    Endless,
    /// An empty JSON object after this many bytes of white space.
    Padded(usize),
    /// A body that breaks off.
    Cut,
    /// One byte per second.
    Drip,
    /// No response.
    Silence,
    /// A valid response in gzip, with `content-encoding: gzip`.
    Gzip,
    /// `invalid_grant` after this many bytes of white space.
    Refusal(usize),
}

pub(super) fn reply(status: u16, value: &Value) -> Response<Body> {
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(Body::from(value.to_string()))
        .unwrap()
}

pub(super) fn refusal(status: u16, error: &str) -> Response<Body> {
    reply(status, &json!({"error": error}))
}

impl Canned {
    pub(super) async fn answer(self) -> Response<Body> {
        let stream = |items: Vec<std::io::Result<Bytes>>, pause: Duration| {
            Body::from_stream(futures_util::stream::unfold(
                items.into_iter(),
                move |mut items| async move {
                    tokio::time::sleep(pause).await;
                    items.next().map(|item| (item, items))
                },
            ))
        };
        match self {
            Self::Json(status, value) => reply(status, &value),
            Self::Text(status, text) => Response::builder()
                .status(status)
                .header("content-type", "text/html")
                .body(Body::from(text))
                .unwrap(),
            Self::With(status, headers, text) => {
                let builder = headers
                    .into_iter()
                    .fold(Response::builder().status(status), |builder, (name, value)| {
                        builder.header(name, value)
                    });
                builder.body(Body::from(text)).unwrap()
            }
            Self::Endless => Response::new(Body::from_stream(futures_util::stream::repeat_with(|| {
                Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 65_536]))
            }))),
            Self::Padded(bytes) => Response::new(Body::from(" ".repeat(bytes) + "{}")),
            Self::Cut => Response::new(stream(
                vec![Ok(Bytes::from_static(b"{\"access_")), Err(std::io::Error::other("cut"))],
                Duration::from_millis(1),
            )),
            Self::Drip => Response::new(stream(
                (0..60).map(|_| Ok(Bytes::from_static(b" "))).collect(),
                Duration::from_secs(1),
            )),
            Self::Silence => std::future::pending().await,
            Self::Gzip => {
                let body: &[u8] = &[
                    0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 0xab, 0xae, 5, 0, 0x43, 0xbf, 0xa6, 0xa3, 2, 0, 0, 0,
                ];
                Response::builder()
                    .header("content-encoding", "gzip")
                    .body(Body::from(body))
                    .unwrap()
            }
            Self::Refusal(bytes) => Response::builder()
                .status(400)
                .body(Body::from(" ".repeat(bytes) + r#"{"error":"invalid_grant"}"#))
                .unwrap(),
        }
    }
}
