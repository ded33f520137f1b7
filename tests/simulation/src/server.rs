//! A model of an identity provider like Auth0, without a network: rotation, leeway, 60 days idle, keys that change.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use session::Request;
use sha2::{Digest, Sha256};

use crate::calendar::DAY;
use crate::common::keys::Signer;

pub const ISSUER: &str = "https://id.example.nl/";
pub const CLIENT: &str = "konnect-simulation";
pub const TOKEN: &str = "/oauth/token";
pub const IDLE: i64 = 60 * DAY;
/// In seconds.
const TRANSFER_LIFETIME: i64 = 60;

/// Why a family of refresh tokens ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Idle,
    Reuse,
    SignedOut,
}

#[derive(Default)]
struct Family {
    /// When each was first used, and whether it surely never came into the keystore.
    tokens: Vec<(Option<i64>, bool)>,
    used: i64,
    ended: Option<End>,
}

/// The model's response to a request.
pub struct ModelResponse {
    pub status: u16,
    pub body: Vec<u8>,
    pub definitive: bool,
    pub broken: Option<String>,
}

pub struct Server {
    pub rotates: bool,
    pub leeway: i64,
    /// How often the keys were changed.
    pub keys: usize,
    /// The last day on which the tablet was used as it should be and nothing was in the way.
    pub healthy: i64,
    families: Vec<Family>,
    codes: HashMap<String, Value>,
    /// Transfer tokens that nobody has used yet: their family, and when they were issued.
    transfers: HashMap<String, (usize, i64)>,
    draws: fastrand::Rng,
    pub exchanges: usize,
    pub ends: HashMap<&'static str, usize>,
}

/// Family and place of the refresh token in a text.
pub fn index_of(text: &str) -> Option<(usize, usize)> {
    let rest = text.split("rt-").nth(1)?;
    let mut parts = rest.split('-');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

impl Server {
    pub fn new(seed: u64, rotates: bool, leeway: i64) -> Self {
        Self {
            rotates,
            leeway,
            keys: 0,
            healthy: 0,
            families: vec![],
            codes: HashMap::new(),
            transfers: HashMap::new(),
            draws: fastrand::Rng::with_seed(seed ^ 0x005e_77e7),
            exchanges: 0,
            ends: HashMap::new(),
        }
    }

    /// When the newest family was last used.
    pub fn used(&self) -> i64 {
        self.families.last().map_or(0, |family| family.used)
    }

    /// Why the newest family is over.
    pub fn ended(&self) -> Option<End> {
        self.families.last().and_then(|family| family.ended)
    }

    /// How often somebody has signed in.
    pub fn sign_ins(&self) -> usize {
        self.families.len()
    }

    /// Takes a transfer token at the authorization endpoint: once, within its 60 seconds, while its session lives.
    pub fn redeem_transfer(&mut self, token: &str, now: i64) -> bool {
        self.transfers
            .remove(token)
            .is_some_and(|(family, issued)| now - issued <= TRANSFER_LIFETIME && self.families[family].ended.is_none())
    }

    /// This token, if it is one, never came into the keystore: its answer was lost, its process was killed, or the keystore
    /// did not take it.
    pub fn lost(&mut self, token: Option<(usize, usize)>) {
        if let Some(token) = token.and_then(|(family, at)| self.families.get_mut(family)?.tokens.get_mut(at)) {
            token.1 = true;
        }
    }

    /// All tokens issued after the saved one are lost with their process.
    pub fn lost_after(&mut self, (family, at): (usize, usize)) {
        for token in self
            .families
            .get_mut(family)
            .into_iter()
            .flat_map(|family| family.tokens.iter_mut().skip(at + 1))
        {
            token.1 = true;
        }
    }

    /// The person's browser: the address that it is sent back to.
    pub fn authorize(&mut self, url: &url::Url) -> String {
        let fields: HashMap<String, String> = url.query_pairs().into_owned().collect();
        let code = format!("code-{:016x}", self.draws.u64(..));
        let callback = format!("{}?code={code}&state={}", fields["redirect_uri"], fields["state"]);
        self.codes.insert(
            code,
            json!({"nonce": fields["nonce"], "challenge": fields["code_challenge"]}),
        );
        callback
    }

    fn signer(&self) -> (Signer, String) {
        (
            if self.keys.is_multiple_of(2) {
                Signer::Es256
            } else {
                Signer::Attacker
            },
            format!("key-{}", self.keys),
        )
    }

    /// `saved` is the newest refresh token that the keystore has ever held.
    pub fn answer(&mut self, request: &Request, now: i64, saved: (usize, usize)) -> ModelResponse {
        let response = |status, value: Value| ModelResponse {
            status,
            body: value.to_string().into_bytes(),
            definitive: false,
            broken: None,
        };
        match request.url.path() {
            "/.well-known/openid-configuration" => {
                let at = |path: &str| format!("{ISSUER}{path}");
                response(
                    200,
                    json!({"issuer": ISSUER, "authorization_endpoint": at("authorize"), "token_endpoint": at("oauth/token"),
                        "jwks_uri": at("jwks"), "revocation_endpoint": at("oauth/revoke"), "end_session_endpoint": at("logout"),
                        "code_challenge_methods_supported": ["S256"], "id_token_signing_alg_values_supported": ["RS256", "ES256"]}),
                )
            }
            "/jwks" => {
                let (signer, kid) = self.signer();
                let mut key = signer.jwk();
                key["kid"] = kid.into();
                response(200, json!({"keys": [Signer::Rs256.jwk(), key]}))
            }
            TOKEN => self.token(request, now, saved),
            "/oauth/revoke" => {
                if let Some(family) = request
                    .form
                    .as_ref()
                    .and_then(|form| index_of(form.body()))
                    .and_then(|(family, _)| self.families.get_mut(family))
                {
                    family.ended.get_or_insert(End::SignedOut);
                }
                response(200, json!({}))
            }
            _ => response(404, json!({"error": "not_found"})),
        }
    }

    fn token(&mut self, request: &Request, now: i64, saved: (usize, usize)) -> ModelResponse {
        let fields: HashMap<String, String> = request
            .form
            .as_ref()
            .map(|form| {
                url::form_urlencoded::parse(form.body().as_bytes())
                    .into_owned()
                    .collect()
            })
            .unwrap_or_default();
        let no = |definitive, broken: Option<String>| ModelResponse {
            status: 403,
            body: br#"{"error":"invalid_grant"}"#.to_vec(),
            definitive,
            broken,
        };
        let text = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
        if text("grant_type") == "authorization_code" {
            let Some(code) = self.codes.remove(text("code")) else {
                return no(true, Some("a code was sent twice".to_owned()));
            };
            if code["challenge"] != URL_SAFE_NO_PAD.encode(Sha256::digest(text("code_verifier"))) {
                return no(true, Some("a code came with another's verifier".to_owned()));
            }
            self.families.push(Family {
                tokens: vec![(None, false)],
                used: now,
                ended: None,
            });
            let nonce = code["nonce"].as_str().map(str::to_owned);
            return self.tokens((self.families.len() - 1, 0), nonce, true, false, now);
        }
        self.exchanges += 1;
        let Some((at, place)) = index_of(text("refresh_token")) else {
            return no(true, Some("an unknown refresh token".to_owned()));
        };
        if (at, place) < saved {
            return no(
                true,
                Some(format!("{:?} was sent after {saved:?} was saved", (at, place))),
            );
        }
        let healthy = self.healthy;
        let (rotates, leeway) = (self.rotates, self.leeway);
        let family = &mut self.families[at];
        if family.ended.is_some() {
            return no(true, None);
        }
        if now - family.used > IDLE {
            family.ended = Some(End::Idle);
            *self.ends.entry("idle").or_default() += 1;
            let close = now - healthy <= 59 * DAY;
            return no(
                true,
                close.then(|| {
                    format!(
                        "ran out {} days after a day on which all was well",
                        (now - healthy) / DAY
                    )
                }),
            );
        }
        let newest = family.tokens.len() - 1;
        let soon = place + 1 == newest && family.tokens[place].0.is_some_and(|first| now - first <= leeway);
        if place != newest && !soon {
            family.ended = Some(End::Reuse);
            *self.ends.entry("reuse").or_default() += 1;
            let kept = !family.tokens[place + 1..].iter().all(|token| token.1);
            return no(
                true,
                kept.then(|| format!("{place} of {newest} was used again, although a newer one came through")),
            );
        }
        family.used = now;
        family.tokens[place].0.get_or_insert(now);
        if rotates {
            // This supersedes the token that was the newest until now.
            family.tokens.push((None, false));
        }
        let next = family.tokens.len() - 1;
        let transfer = text("audience") == "urn:id.example.nl:session_transfer";
        self.tokens((at, next), None, rotates, transfer, now)
    }

    fn tokens(
        &mut self,
        (family, place): (usize, usize),
        nonce: Option<String>,
        refresh: bool,
        transfer: bool,
        now: i64,
    ) -> ModelResponse {
        let access = format!("at-{:016x}", self.draws.u64(..));
        let mut answer = json!({"access_token": access, "token_type": "Bearer", "expires_in": 3_600});
        if transfer {
            self.transfers.insert(access.clone(), (family, now));
            answer["expires_in"] = TRANSFER_LIFETIME.into();
            answer["token_type"] = "N_A".into();
            answer["issued_token_type"] = "urn:auth0:params:oauth:token-type:session_transfer_token".into();
        }
        if refresh {
            answer["refresh_token"] = format!("rt-{family}-{place}-{:016x}", self.draws.u64(..)).into();
        }
        if nonce.is_some() || self.draws.u8(0..12) == 0 {
            let (signer, kid) = self.signer();
            let mut claims = json!({"iss": ISSUER, "aud": CLIENT, "sub": "group", "iat": now, "exp": now + 3_600});
            if let Some(nonce) = nonce {
                claims["nonce"] = nonce.into();
            }
            answer["id_token"] = signer.sign(&json!({"alg": "ES256", "kid": kid}), &claims).into();
        }
        ModelResponse {
            status: 200,
            body: answer.to_string().into_bytes(),
            definitive: false,
            broken: None,
        }
    }
}
