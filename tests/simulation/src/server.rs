//! A model of an identity provider like Auth0, without a network: rotation, leeway, 60 days idle, keys that change.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use session::Request;
use sha2::{Digest, Sha256};

use crate::calendar::DAY;
use crate::common::keys::Signer;
use crate::cookies::Owner;

pub const ISSUER: &str = "https://id.example.nl/";
pub const CLIENT: &str = "konnect-simulation";
pub const TOKEN: &str = "/oauth/token";
pub const METADATA: &str = "/.well-known/openid-configuration";
pub const KEYS: &str = "/jwks";
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

struct Token {
    /// When it was first used.
    used: Option<i64>,
    /// The token that it replaced.
    parent: usize,
    /// It surely never came into the keystore.
    is_lost: bool,
    /// When the keystore refused it. The app has it in memory from then on, until its process ends.
    refused: Option<i64>,
}

struct Family {
    owner: Owner,
    tokens: Vec<Token>,
    used: i64,
    ended: Option<End>,
}

/// The model's response to a request.
pub struct ModelResponse {
    pub status: u16,
    pub body: Vec<u8>,
    pub definitive: bool,
    /// A session transfer was refused as such.
    pub refused_transfer: bool,
    /// A rotated token came again after the leeway: when it was first sent, and when again. The caller counts it among
    /// [`Server::ends`], because it knows what was in the way.
    pub reused: Option<(i64, i64)>,
    /// When the keystore refused the token that should have been sent instead.
    pub refused: Option<i64>,
    pub broken: Option<String>,
}

impl ModelResponse {
    pub(crate) fn new(status: u16, body: &Value) -> Self {
        Self {
            status,
            body: body.to_string().into_bytes(),
            definitive: false,
            refused_transfer: false,
            reused: None,
            refused: None,
            broken: None,
        }
    }

    fn invalid_grant(broken: Option<String>) -> Self {
        Self {
            definitive: true,
            broken,
            ..Self::new(403, &json!({"error": "invalid_grant"}))
        }
    }
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
    /// The draws of the answer that is being made: each answer brings its own.
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
    pub fn new(rotates: bool, leeway: i64) -> Self {
        Self {
            rotates,
            leeway,
            keys: 0,
            healthy: 0,
            families: vec![],
            codes: HashMap::new(),
            transfers: HashMap::new(),
            draws: fastrand::Rng::with_seed(0),
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

    /// Whose the newest family is.
    pub fn owner(&self) -> Option<Owner> {
        self.families.last().map(|family| family.owner)
    }

    /// Whose this family is.
    pub fn owner_of(&self, family: usize) -> Option<Owner> {
        self.families.get(family).map(|family| family.owner)
    }

    /// The newest family of an owner lives on.
    pub fn is_alive(&self, owner: Owner) -> bool {
        let newest = self.families.iter().rev().find(|family| family.owner == owner);
        newest.is_some_and(|family| family.ended.is_none())
    }

    /// How often somebody has signed in.
    pub fn sign_ins(&self) -> usize {
        self.families.len()
    }

    /// Takes a transfer token at the authorization endpoint: once, within its 60 seconds, while its session lives. Returns
    /// whose session it is.
    pub fn redeem_transfer(&mut self, token: &str, now: i64) -> Option<Owner> {
        let (family, issued) = self.transfers.remove(token)?;
        let family = &self.families[family];
        (now - issued <= TRANSFER_LIFETIME && family.ended.is_none()).then_some(family.owner)
    }

    /// This token, if it is one, never came into the keystore: its answer was lost, its process was killed, or the keystore
    /// did not take it.
    pub fn lost(&mut self, token: Option<(usize, usize)>) {
        if let Some(token) = token.and_then(|index| self.token_mut(index)) {
            token.is_lost = true;
        }
    }

    /// The keystore did not take this token.
    pub fn refused(&mut self, token: Option<(usize, usize)>, now: i64) {
        if let Some(token) = token.and_then(|index| self.token_mut(index)) {
            token.is_lost = true;
            token.refused.get_or_insert(now);
        }
    }

    /// The keystore holds this token after all.
    pub fn saved(&mut self, index: (usize, usize)) {
        if let Some(token) = self.token_mut(index) {
            (token.is_lost, token.refused) = (false, None);
        }
    }

    fn token_mut(&mut self, (family, at): (usize, usize)) -> Option<&mut Token> {
        self.families.get_mut(family)?.tokens.get_mut(at)
    }

    /// All tokens issued after the saved one are lost with their process.
    pub fn lost_after(&mut self, (family, at): (usize, usize)) {
        for token in self
            .families
            .get_mut(family)
            .into_iter()
            .flat_map(|family| family.tokens.iter_mut().skip(at + 1))
        {
            token.is_lost = true;
        }
    }

    /// The person's browser: the address that it is sent back to.
    pub fn authorize(&mut self, url: &url::Url, owner: Owner) -> String {
        let fields: HashMap<String, String> = url.query_pairs().into_owned().collect();
        let code = format!("code-{}", fields["state"]);
        let callback = format!("{}?code={code}&state={}", fields["redirect_uri"], fields["state"]);
        self.codes.insert(
            code,
            json!({"nonce": fields["nonce"], "challenge": fields["code_challenge"], "owner": owner}),
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
    pub fn answer(
        &mut self,
        request: &Request,
        now: i64,
        saved: (usize, usize),
        refuses_transfer: bool,
        draws: fastrand::Rng,
    ) -> ModelResponse {
        self.draws = draws;
        match request.url.path() {
            METADATA => {
                let at = |path: &str| format!("{ISSUER}{path}");
                ModelResponse::new(
                    200,
                    &json!({"issuer": ISSUER, "authorization_endpoint": at("authorize"), "token_endpoint": at("oauth/token"),
                        "jwks_uri": at("jwks"), "revocation_endpoint": at("oauth/revoke"), "end_session_endpoint": at("logout"),
                        "code_challenge_methods_supported": ["S256"], "id_token_signing_alg_values_supported": ["RS256", "ES256"]}),
                )
            }
            KEYS => {
                let (signer, kid) = self.signer();
                let mut key = signer.jwk();
                key["kid"] = kid.into();
                ModelResponse::new(200, &json!({"keys": [Signer::Rs256.jwk(), key]}))
            }
            TOKEN => self.token(request, now, saved, refuses_transfer),
            "/oauth/revoke" => {
                if let Some(family) = request
                    .form
                    .as_ref()
                    .and_then(|form| index_of(form.body()))
                    .and_then(|(family, _)| self.families.get_mut(family))
                {
                    family.ended.get_or_insert(End::SignedOut);
                }
                ModelResponse::new(200, &json!({}))
            }
            _ => ModelResponse::new(404, &json!({"error": "not_found"})),
        }
    }

    fn token(&mut self, request: &Request, now: i64, saved: (usize, usize), refuses_transfer: bool) -> ModelResponse {
        let fields: HashMap<String, String> = request
            .form
            .as_ref()
            .map(|form| {
                url::form_urlencoded::parse(form.body().as_bytes())
                    .into_owned()
                    .collect()
            })
            .unwrap_or_default();
        let text = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
        if text("grant_type") == "authorization_code" {
            return self.redeem_code(text("code"), text("code_verifier"), now);
        }
        self.exchanges += 1;
        let is_transfer = text("audience") == "urn:id.example.nl:session_transfer";
        if is_transfer && refuses_transfer {
            return ModelResponse {
                refused_transfer: true,
                ..ModelResponse::new(403, &json!({"error": "unauthorized_client"}))
            };
        }
        let Some((at, place)) = index_of(text("refresh_token")) else {
            return ModelResponse::invalid_grant(Some("an unknown refresh token".to_owned()));
        };
        if (at, place) < saved {
            let what = format!("{:?} was sent after {saved:?} was saved", (at, place));
            return ModelResponse::invalid_grant(Some(what));
        }
        if let Some(refused) = self.check_family(at, place, now) {
            return refused;
        }
        let rotates = self.rotates;
        let family = &mut self.families[at];
        family.used = now;
        family.tokens[place].used.get_or_insert(now);
        if rotates {
            // This supersedes the token that was the newest until now.
            family.tokens.push(Token {
                used: None,
                parent: place,
                is_lost: false,
                refused: None,
            });
        }
        let next = family.tokens.len() - 1;
        self.tokens((at, next), None, rotates, is_transfer, now)
    }

    fn redeem_code(&mut self, code: &str, verifier: &str, now: i64) -> ModelResponse {
        let Some(code) = self.codes.remove(code) else {
            return ModelResponse::invalid_grant(Some("a code was sent twice".to_owned()));
        };
        if code["challenge"] != URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) {
            return ModelResponse::invalid_grant(Some("a code came with another's verifier".to_owned()));
        }
        let owner = code["owner"]
            .as_u64()
            .and_then(|owner| Owner::try_from(owner).ok())
            .unwrap_or_default();
        self.begin_family(owner, code["nonce"].as_str(), now)
    }

    /// Tokens for an app whose device code somebody has approved on another device.
    pub(crate) fn redeem_device_code(&mut self, owner: Owner, now: i64, draws: fastrand::Rng) -> ModelResponse {
        self.draws = draws;
        self.begin_family(owner, Some("device code"), now)
    }

    fn begin_family(&mut self, owner: Owner, nonce: Option<&str>, now: i64) -> ModelResponse {
        self.families.push(Family {
            owner,
            tokens: vec![Token {
                used: None,
                parent: 0,
                is_lost: false,
                refused: None,
            }],
            used: now,
            ended: None,
        });
        let family = self.families.len() - 1;
        self.tokens((family, 0), nonce.map(str::to_owned), true, false, now)
    }

    /// Refuses a token whose family is over, or whose use ends it.
    fn check_family(&mut self, at: usize, place: usize, now: i64) -> Option<ModelResponse> {
        let (healthy, leeway) = (self.healthy, self.leeway);
        let family = &mut self.families[at];
        if family.ended.is_some() {
            return Some(ModelResponse::invalid_grant(None));
        }
        if now - family.used > IDLE {
            family.ended = Some(End::Idle);
            *self.ends.entry("after 60 days idle").or_default() += 1;
            let days = (now - healthy) / DAY;
            let broken = (days <= 58).then(|| format!("ran out {days} days after a day on which all was well"));
            return Some(ModelResponse::invalid_grant(broken));
        }
        let newest = family.tokens.len() - 1;
        // Only the token before the newest may come again, and only within the leeway.
        let first = family.tokens[place].used;
        let is_within = family.tokens[newest].parent == place && first.is_some_and(|first| now - first <= leeway);
        if place == newest || is_within {
            return None;
        }
        family.ended = Some(End::Reuse);
        let is_kept = !family.tokens[place + 1..].iter().all(|token| token.is_lost);
        let broken = is_kept.then(|| format!("{place} of {newest} was used again, although a newer one came through"));
        if leeway == 0 {
            *self.ends.entry("by a lost answer, without a leeway").or_default() += 1;
        }
        Some(ModelResponse {
            reused: first.filter(|_| leeway > 0).map(|first| (first, now)),
            refused: family.tokens[place + 1..].iter().rev().find_map(|token| token.refused),
            ..ModelResponse::invalid_grant(broken)
        })
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
        ModelResponse::new(200, &answer)
    }
}
