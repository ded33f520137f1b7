//! The session against a provider over real HTTP: what is accepted, and, one fault at a time, what is refused.
// The rows of a table show its type, and a table reads best in one piece.
#![allow(clippy::unwrap_used, clippy::type_complexity, clippy::too_many_lines)]

#[path = "../common/mod.rs"]
mod common;

mod away;
mod bounds;
mod callback;
mod clock;
mod conformance;
mod device_flow;
mod discovery;
mod hostile;
mod id_token;
mod jose;
mod keys;
mod keystore;
mod lost_response;
mod races;
mod redeem_code;
mod refresh;
mod request_params;
mod requested_claims;
mod retries;
mod secrets;
mod sign_out;
mod standards;
mod token_endpoint;
mod transfer;
