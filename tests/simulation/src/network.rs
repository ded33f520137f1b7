//! The way from the tablet to the identity provider.

use std::time::Duration;

use session::{BoxFuture, Http, HttpError, Request, Response, RetryAfter};
use zeroize::Zeroizing;

use crate::calendar::DAY;
use crate::faults::Fault;
use crate::server::{KEYS, METADATA, TOKEN, index_of};
use crate::world::{Exchange, Process, Step, alive};

/// The app tries again after 5 to 20 seconds, and a request takes up to a second. In a shorter time it tried once, and that
/// may have been lost, too.
const ONE_TRY: i64 = 45;
/// The app tries again to save after two minutes at the longest.
const ONE_SAVE: i64 = 150;
/// A tablet that sleeps longer than this loses its connections, in seconds.
const CONNECTION: i64 = 20;

fn answer(status: u16, date: Option<i64>, retry_after: Option<RetryAfter>, body: Vec<u8>) -> Response {
    Response {
        status,
        date,
        retry_after,
        body: Zeroizing::new(body),
    }
}

impl Process {
    /// The answer that a fault gives instead of the identity provider's.
    async fn fault_on_the_way(&self, path: &str, is_grant: bool) -> Option<Result<Response, HttpError>> {
        let world = &self.world;
        if world.network_is_late() {
            return Some(Err(HttpError::NotSent));
        }
        let is_in_the_way = |fault: Fault| match fault {
            Fault::Offline
            | Fault::Hangs
            | Fault::PortalPage
            | Fault::PortalRedirect
            | Fault::ProviderDown
            | Fault::RateLimited => true,
            Fault::MetadataAway => path == METADATA,
            Fault::KeysAway => path == KEYS,
            Fault::MfaAsked | Fault::AccessDenied => is_grant,
            _ => false,
        };
        let fault = world.first_of(is_in_the_way)?;
        let (now, draw) = (world.now(), world.draws(path).u64(0..1_000));
        let page = b"<html><title>Welkom</title></html>".to_vec();
        Some(match fault {
            Fault::Offline => Err(HttpError::NotSent),
            Fault::Hangs => {
                tokio::time::sleep(Duration::from_secs(10)).await;
                Err(HttpError::Timeout)
            }
            Fault::PortalPage => Ok(answer(200, Some(now - 7 * DAY), None, page)),
            Fault::PortalRedirect => Ok(answer(302, None, None, vec![])),
            Fault::RateLimited => {
                let wait = match draw % 4 {
                    0 => None,
                    1 => Some(RetryAfter::Seconds(draw)),
                    2 => Some(RetryAfter::Until(now + i64::try_from(draw).unwrap_or(0))),
                    _ => Some(RetryAfter::Seconds(u64::MAX)),
                };
                let body = br#"{"error":"too_many_requests"}"#.to_vec();
                Ok(answer(429, Some(now), wait, body))
            }
            Fault::MfaAsked => Ok(answer(403, Some(now), None, br#"{"error":"mfa_required"}"#.to_vec())),
            Fault::AccessDenied => Ok(answer(403, Some(now), None, br#"{"error":"access_denied"}"#.to_vec())),
            _ => {
                let wait = (draw < 100).then_some(RetryAfter::Seconds(draw));
                Ok(answer(if draw < 500 { 503 } else { 500 }, Some(now), wait, page))
            }
        })
    }
}

impl Http for Process {
    #[allow(clippy::too_many_lines)] // one request's way there and back, in order
    fn send(&self, request: Request) -> BoxFuture<Result<Response, HttpError>> {
        let process = self.clone();
        Box::pin(async move {
            let world = process.world.clone();
            let path = request.url.path().to_owned();
            let is_grant = path == TOKEN
                && request
                    .form
                    .as_ref()
                    .is_some_and(|form| form.body().contains("grant_type=refresh_token"));
            if is_grant {
                process.at(Step::BeforeRequest);
            }
            alive(&process).await;
            let slept = world.slept();
            let _exchange = is_grant.then(|| Exchange::begin(&process));
            let lossy = {
                let now = world.now();
                let mut state = world.state();
                state.count_request(now);
                state.lossy
            };
            let body = request.form.as_ref().map_or("", |form| form.body());
            let mut draws = world.draws(&format!("{path} {body}"));
            let (travel, draw) = (draws.u64(20..400), draws.u64(0..1_000));
            let (is_lost, is_gateway) = (draws.u32(0..lossy) == 0, draws.u32(0..lossy) == 0);
            tokio::time::sleep(Duration::from_millis(travel)).await;
            if let Some(fault) = process.fault_on_the_way(&path, is_grant).await {
                return fault;
            }
            alive(&process).await;
            world.note(&path);
            if is_grant {
                process.at(Step::Sent);
            }
            // A request that is on its way arrives, whoever has died.
            let now = world.now();
            let (response, issued) = {
                let mut state = world.state();
                let response = {
                    let refuses_transfer = state.lasting(now).any(|fault| fault == Fault::TransferRefused);
                    let saved = state.saved;
                    state
                        .server
                        .answer(&request, now, saved, refuses_transfer, draws.clone())
                };
                if response.refused_transfer {
                    state.reach(Fault::TransferRefused);
                }
                let issued = index_of(&String::from_utf8_lossy(&response.body));
                if process.dead() {
                    state.server.lost(issued);
                }
                (response, issued)
            };
            if let Some(refused) = response.refused {
                // The app has the token from the moment in which the keystore refused it, and saves it until that holds.
                let chance = {
                    let state = world.state();
                    state.longest_chance(refused, state.end_of_process(refused).min(now))
                };
                if chance > ONE_SAVE {
                    world.broken(|| {
                        format!("a token that the keystore refused was not saved, in {chance} s without a fault")
                    });
                }
            } else if let Some((sent, again)) = response.reused {
                let chance = {
                    let mut state = world.state();
                    let leeway = state.server.leeway;
                    let chance = state.longest_chance(sent, again.min(sent + leeway));
                    let why = match chance {
                        ..5 => "by a lost answer, with the app dead, asleep or offline for the whole leeway",
                        5..=ONE_TRY => "by a lost answer, with time for one more try at most within the leeway",
                        _ => "by a lost answer, although there was time to try again",
                    };
                    *state.server.ends.entry(why).or_default() += 1;
                    chance
                };
                if chance > ONE_TRY {
                    world.broken(|| {
                        format!(
                            "reused {} s after it was sent, and had {chance} s to try again",
                            again - sent
                        )
                    });
                }
            }
            if let Some(broken) = response.broken {
                world.broken(|| broken);
            }
            if response.definitive {
                world.state().definitive += 1;
            }
            if is_grant && (is_lost || is_gateway) {
                {
                    let mut state = world.state();
                    state.server.lost(issued);
                    // The tablet changes from one access point to another, and no try of the next minute comes through.
                    if draws.bool() {
                        let late = draws.i64(5..60);
                        state.set_network_late(now, now + late);
                    }
                    state.reach(if is_lost {
                        Fault::AnswerLost
                    } else {
                        Fault::GatewayAfterWork
                    });
                }
                let time = if draw < 500 { 10_000 } else { 100 };
                tokio::time::sleep(Duration::from_millis(time)).await;
                if is_gateway && !is_lost {
                    return Ok(answer(502, Some(now), None, b"<html>Bad gateway</html>".to_vec()));
                }
                return Err(if draw < 500 {
                    HttpError::Timeout
                } else {
                    HttpError::Unreachable
                });
            }
            tokio::time::sleep(Duration::from_millis(travel)).await;
            if world.slept() - slept > CONNECTION {
                let mut state = world.state();
                state.server.lost(issued);
                state.reach(Fault::SleptThrough);
                return Err(HttpError::Unreachable);
            }
            if is_grant {
                process.at(Step::Answered);
            }
            if process.dead() {
                world.state().server.lost(issued);
            }
            alive(&process).await;
            // Auth0 sends these headers with every answer; the session's HTTP client makes nothing of them but on 429.
            Ok(answer(response.status, Some(now), None, response.body))
        })
    }
}
