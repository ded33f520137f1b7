use std::cell::RefCell;
use std::rc::Rc;

use serde_json::{Value, json};
use session::store::{Slot, Store};
use session::{Http, HttpError, IdTokenError, Secret, StoreError};
use tokio::time::Instant;

use super::*;
use crate::SavedState;
use crate::diagnostics::capture::LogLines;
use crate::fakes::{Answer, CLIENT, FakeDevice, FakeSite, ISSUER, Tablet, url};
use crate::timers::Moment;

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_mins(1);
pub(super) const DAY: i64 = 86_400;
pub(super) const HOUR: Duration = Duration::from_hours(1);
pub(super) const AUTHORIZE: &str =
    "http://127.0.0.1:4400/authorize?client_id=web&redirect_uri=http%3A%2F%2F127.0.0.2%3A4401%2Fcallback";

pub(super) fn group() -> Value {
    json!({"tenant": "zonnetje"})
}

fn personal() -> Value {
    json!({"tenant": "zonnetje", "account_type": "personal"})
}

/// An environment of its own, over https.
fn custom(host: &str) -> Value {
    json!({
        "environment": "custom", "tenant": "zonnetje", "issuer": format!("https://{host}/"),
        "client_id": "custom-client", "audience": "https://api.example.nl",
        "group_url": "https://groep.example.nl/{tenant}", "allowed_hosts": "groep.example.nl",
    })
}

fn resolved(tablet: &Tablet) -> Resolved {
    let now = Moment {
        awake: Instant::now(),
        wall: tablet.clock.now(),
    };
    tablet.sources().read(&SavedState::default(), now).unwrap().resolved
}

/// The session of a tablet's settings.
pub(super) fn auth(tablet: &Tablet) -> Auth {
    let auth = Auth::new(
        tablet.platform(),
        tablet.sources().clock_offset(),
        tablet.device.clone(),
    );
    auth.update(&resolved(tablet));
    auth
}

/// The settings change while the app runs.
pub(super) fn change(auth: &Auth, tablet: &Tablet, managed: &Value) {
    tablet.device.manage(managed);
    auth.update(&resolved(tablet));
}

async fn begin(auth: &Auth, fresh: bool) -> Url {
    match auth.begin_sign_in(fresh).await {
        Event::AuthorizationRequestReady(url) => url,
        other => panic!("{other:?}"),
    }
}

pub(super) async fn sign_in(auth: &Auth, tablet: &Tablet) {
    let url = begin(auth, false).await;
    let callback = tablet.provider.authorize(&url);
    assert_eq!(
        auth.complete_sign_in(&callback).await,
        Event::SignedIn { unsaved: None }
    );
}

pub(super) async fn signed_in(managed: &Value) -> (Auth, Tablet) {
    let tablet = Tablet::managed(managed);
    let auth = auth(&tablet);
    sign_in(&auth, &tablet).await;
    (auth, tablet)
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

pub(super) fn error(kind: ErrorKind, code: ErrorCode) -> AppError {
    AppError::new(kind, code)
}

#[test]
fn a_person_sees_of_each_error_the_kind_that_says_what_to_do() {
    use Error as E;
    use ErrorKind as K;
    let rejected_tokens = [
        IdTokenError::Missing,
        IdTokenError::Malformed,
        IdTokenError::Algorithm,
        IdTokenError::NoKey,
        IdTokenError::Signature,
        IdTokenError::Issuer,
        IdTokenError::Audience,
        IdTokenError::AuthorizedParty,
        IdTokenError::Subject,
        IdTokenError::Expired,
        IdTokenError::IssuedAt,
        IdTokenError::NotBefore,
        IdTokenError::Nonce,
        IdTokenError::AccessTokenHash,
        IdTokenError::AuthTime,
    ];
    for (kind, errors) in [
        (K::SignInDenied, vec![E::Denied, E::DeviceCodeDenied]),
        (K::SignInExpired, vec![E::NoPending, E::PendingExpired]),
        (K::SignInRejected, rejected_tokens.map(E::IdToken).to_vec()),
        (
            K::SignInRejected,
            vec![
                E::ForeignCallback,
                E::MalformedCallback,
                E::CallbackIssuer,
                E::AuthorizationFailed,
                E::CodeRefused,
                E::PersonNeeded,
                E::TokenAnswer,
                E::OtherPerson,
                E::SessionEnded,
                E::NoSession,
                E::Overtaken,
                E::NoTransfer,
            ],
        ),
        (K::WrongOrganisation, vec![E::WrongOrganization]),
        (
            K::NotAllowed,
            vec![
                E::Metadata,
                E::IssuerNotAllowed,
                E::EndpointOrigin,
                E::NoS256,
                E::Unsupported,
                E::ClientRefused,
            ],
        ),
        (K::CodeExpired, vec![E::DeviceCodeExpired]),
        (K::NoNetwork, vec![E::Unreachable]),
        (K::ServerDown, vec![E::Timeout, E::ServerFault]),
        (K::ServerBusy, vec![E::Busy]),
        (K::CaptivePortal, vec![E::Redirect, E::TooLarge, E::NotJson]),
        (K::InsecureConnection, vec![E::Tls]),
        (K::KeystoreAbsent, vec![E::Store(StoreError::Absent)]),
        (K::KeystoreLocked, vec![E::Store(StoreError::Locked)]),
        (K::KeystoreFailed, vec![E::Store(StoreError::Failed)]),
    ] {
        for seen in errors {
            assert_eq!(app_error(seen), error(kind, seen.code()), "{seen:?}");
            let by_code = match seen {
                E::Unsupported | E::ClientRefused => K::CodeUnavailable,
                _ => kind,
            };
            assert_eq!(device_flow_error(seen), error(by_code, seen.code()), "{seen:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_tablet_without_an_organisation_has_no_session_and_says_so() {
    let tablet = Tablet::managed(&json!({}));
    let (auth, site) = (auth(&tablet), FakeSite::default());
    let not_set_up = error(ErrorKind::SettingsInvalid, ErrorCode::UnsoundEnvironment);
    assert_eq!(auth.read_keystore(None).await, KeystoreResult::Unreadable(not_set_up));
    assert_eq!(auth.begin_sign_in(false).await, Event::SignInFailed(not_set_up));
    assert_eq!(
        auth.sign_in_with_code(|_| panic!("a code")).await,
        Event::SignInFailed(not_set_up)
    );
    assert_eq!(auth.complete_sign_in("x").await, Event::CallbackIgnored);
    assert_eq!(
        auth.transfer(url(AUTHORIZE), &site, drop).await,
        Event::SessionTransferUnsupported
    );
    assert_eq!(auth.save().await, Some(Event::SessionSaved));
    assert_eq!(auth.sign_out(true).await.0, None);
    assert_eq!((auth.days_left().await, auth.authorization_endpoint()), (None, None));
    auth.cancel().await;
}

#[tokio::test(start_paused = true)]
async fn the_authorization_request_says_what_the_settings_say() {
    let tablet = Tablet::managed(&json!({
        "tenant": "zonnetje", "organization": "org_1", "connection": "staff", "login_hint": "blauw@zonnetje.nl",
        "language": "en",
    }));
    let auth = auth(&tablet);
    let request = begin(&auth, false).await;
    assert!(request.as_str().starts_with("http://127.0.0.1:4400/login/authorize?"));
    for (name, value) in [
        ("client_id", CLIENT),
        ("redirect_uri", REDIRECT_URI),
        ("organization", "org_1"),
        ("connection", "staff"),
        ("login_hint", "blauw@zonnetje.nl"),
        ("ui_locales", "en"),
    ] {
        assert_eq!(parameter(&request, name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(
        (parameter(&request, "audience"), parameter(&request, "prompt")),
        (None, None)
    );
    let fresh = begin(&auth, true).await;
    assert_eq!(parameter(&fresh, "prompt").as_deref(), Some("login"));
}

#[tokio::test(start_paused = true)]
async fn the_sign_in_page_is_in_dutch_unless_the_settings_say_english() {
    for (language, expected) in [("nl", "nl"), ("system", "nl"), ("en", "en")] {
        let auth = auth(&Tablet::managed(&json!({"tenant": "zonnetje", "language": language})));
        let request = begin(&auth, false).await;
        assert_eq!(parameter(&request, "ui_locales").as_deref(), Some(expected));
    }
}

#[tokio::test(start_paused = true)]
async fn a_build_for_development_never_sees_the_session_of_a_real_one() {
    let (_auth, tablet) = signed_in(&group()).await;
    let real = tablet.namespace("nl.kidskonnect.groep");
    assert!(tablet.store().get(Slot::Session).is_some() && real.get(Slot::Session).is_none());
    let (_auth, tablet) = signed_in(&custom("id.example.nl")).await;
    let real = tablet.namespace("nl.kidskonnect.groep");
    assert!(tablet.store().get(Slot::Session).is_none() && real.get(Slot::Session).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_personal_session_is_not_kept_and_a_group_session_is() {
    let (auth, tablet) = signed_in(&personal()).await;
    assert_eq!(tablet.store().get(Slot::Session), None);
    assert_eq!(auth.read_keystore(None).await, KeystoreResult::Session);
    let (_auth, tablet) = signed_in(&group()).await;
    let restarted = self::auth(&tablet);
    assert_eq!(restarted.read_keystore(None).await, KeystoreResult::Session);
}

#[tokio::test(start_paused = true)]
async fn a_session_is_of_another_owner_if_it_says_so_or_if_it_is_silent_and_the_saved_state_says_so() {
    let (auth, tablet) = signed_in(&group()).await;
    change(&auth, &tablet, &json!({"tenant": "regenboog"}));
    assert_eq!(auth.read_keystore(None).await, KeystoreResult::OtherOrganisation);
    change(&auth, &tablet, &group());
    assert_eq!(auth.read_keystore(Some("another's")).await, KeystoreResult::Session);
    let mut record: Value = serde_json::from_str(&tablet.store().get(Slot::Session).unwrap()).unwrap();
    record.as_object_mut().unwrap().remove("owner").unwrap();
    tablet.store().put(Slot::Session, &record.to_string());
    assert_eq!(auth.read_keystore(None).await, KeystoreResult::Session);
    assert_eq!(
        auth.read_keystore(Some("another's")).await,
        KeystoreResult::OtherOrganisation
    );
}

#[tokio::test(start_paused = true)]
async fn the_keystore_holds_a_session_or_none_or_does_not_answer() {
    let tablet = Tablet::managed(&group());
    let auth = auth(&tablet);
    assert_eq!(auth.read_keystore(None).await, KeystoreResult::Empty);
    tablet.store().set_error(Some(StoreError::Locked));
    let locked = error(ErrorKind::KeystoreLocked, ErrorCode::KeystoreLocked);
    assert_eq!(auth.read_keystore(None).await, KeystoreResult::Unreadable(locked));
}

#[tokio::test(start_paused = true)]
async fn parameters_of_the_next_sign_in_change_while_the_session_goes_on() {
    let (auth, tablet) = signed_in(&personal()).await;
    change(
        &auth,
        &tablet,
        &json!({"tenant": "zonnetje", "account_type": "personal", "language": "en"}),
    );
    assert_eq!(auth.read_keystore(None).await, KeystoreResult::Session);
    assert_eq!(
        parameter(&begin(&auth, false).await, "ui_locales").as_deref(),
        Some("en")
    );
    // The same settings once more change nothing either.
    auth.update(&resolved(&tablet));
    assert_eq!(auth.read_keystore(None).await, KeystoreResult::Session);
    assert_eq!(
        auth.sign_out(true).await.0.map(|url| url.path().to_owned()).as_deref(),
        Some("/logout")
    );
    assert_eq!(
        tablet.provider.requests("/revoke").len(),
        1,
        "there is no session before this one"
    );
}

#[tokio::test(start_paused = true)]
async fn another_issuer_or_account_type_opens_another_session_and_the_old_one_is_signed_out() {
    for other in [custom("id.example.nl"), personal()] {
        let (auth, tablet) = signed_in(&group()).await;
        change(&auth, &tablet, &other);
        assert_ne!(auth.read_keystore(None).await, KeystoreResult::Session);
        assert_eq!(tablet.provider.sessions(), 1);
        auth.sign_out(true).await;
        assert_eq!(tablet.provider.sessions(), 0, "the old session was revoked");
        let revoked = tablet.provider.requests("/revoke").len();
        auth.sign_out(true).await;
        assert_eq!(tablet.provider.requests("/revoke").len(), revoked, "and once only");
    }
}

#[tokio::test(start_paused = true)]
async fn invalid_settings_leave_the_session_and_settings_without_an_organisation_end_it() {
    let (auth, tablet) = signed_in(&group()).await;
    change(&auth, &tablet, &json!({"tenant": "zonnetje", "allowed_hosts": "*.nl"}));
    assert_eq!(auth.read_keystore(None).await, KeystoreResult::Session);
    change(&auth, &tablet, &json!({}));
    assert_eq!(auth.complete_sign_in("x").await, Event::CallbackIgnored);
    assert_eq!(auth.authorization_endpoint(), None);
    assert_eq!(auth.sign_out(true).await.0, None);
    assert_eq!(tablet.provider.sessions(), 0, "the old session was revoked");
}

#[tokio::test(start_paused = true)]
async fn a_session_that_could_not_be_opened_is_opened_with_the_next_reading() {
    let tablet = Tablet::managed(&group());
    tablet.set_has_roots(false);
    let auth = auth(&tablet);
    let not_set_up = error(ErrorKind::SettingsInvalid, ErrorCode::UnsoundEnvironment);
    assert_eq!(auth.begin_sign_in(false).await, Event::SignInFailed(not_set_up));
    tablet.set_has_roots(true);
    auth.update(&resolved(&tablet));
    sign_in(&auth, &tablet).await;
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_that_the_provider_ends_fails_and_one_that_is_still_pending_goes_on() {
    let tablet = Tablet::managed(&group());
    let auth = auth(&tablet);
    let request = begin(&auth, false).await;
    let callback = tablet.provider.authorize(&request);
    // Another sign-in's callback, and one that no provider sends.
    for foreign in [
        "nl.kidskonnect.groep:/callback?code=a&state=b",
        "nl.kidskonnect.groep:/callback#code=a",
        "nl.kidskonnect.groep:/elsewhere?code=a&state=b",
    ] {
        assert_eq!(
            auth.complete_sign_in(foreign).await,
            Event::CallbackIgnored,
            "{foreign}"
        );
    }
    // The person waits for this answer, so a passing fault is shown, although the sign-in is still pending.
    tablet.store().set_error(Some(StoreError::Locked));
    let locked = error(ErrorKind::KeystoreLocked, ErrorCode::KeystoreLocked);
    assert_eq!(auth.complete_sign_in(&callback).await, Event::SignInFailed(locked));
    tablet.store().set_error(None);
    assert_eq!(
        auth.complete_sign_in(&callback).await,
        Event::SignedIn { unsaved: None }
    );
    // Used up.
    assert_eq!(auth.complete_sign_in(&callback).await, Event::CallbackIgnored);

    let request = begin(&auth, false).await;
    let state = parameter(&request, "state").unwrap();
    let denied = format!("{REDIRECT_URI}?error=access_denied&state={state}");
    assert_eq!(
        auth.complete_sign_in(&denied).await,
        Event::SignInFailed(error(ErrorKind::SignInDenied, ErrorCode::Denied))
    );
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_sign_in_takes_no_callback_any_more() {
    let tablet = Tablet::managed(&group());
    let auth = auth(&tablet);
    let callback = tablet.provider.authorize(&begin(&auth, false).await);
    auth.cancel().await;
    assert_eq!(auth.complete_sign_in(&callback).await, Event::CallbackIgnored);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_the_keystore_refuses_works_from_memory_until_it_is_saved() {
    let tablet = Tablet::managed(&group());
    let auth = auth(&tablet);
    let callback = tablet.provider.authorize(&begin(&auth, false).await);
    tablet.store().fail_saves(3);
    let failed = error(ErrorKind::KeystoreFailed, ErrorCode::KeystoreFailed);
    assert_eq!(
        auth.complete_sign_in(&callback).await,
        Event::SignedIn { unsaved: Some(failed) }
    );
    tablet.store().fail_saves(2);
    assert_eq!(auth.save().await, None, "the keystore still refuses");
    assert_eq!(auth.save().await, Some(Event::SessionSaved));
    assert!(tablet.store().get(Slot::Session).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_person_signs_in_with_a_code_on_another_device() {
    let tablet = Tablet::managed(&group());
    let auth = Arc::new(auth(&tablet));
    let shown = Rc::new(RefCell::new(None));
    let (show, provider) = (shown.clone(), tablet.provider.clone());
    let sign_in = auth.sign_in_with_code(move |code| *show.borrow_mut() = Some(code));
    let person = async move {
        tokio::time::sleep(MINUTE).await;
        provider.complete_device_flow();
    };
    let (event, ()) = tokio::join!(sign_in, person);
    assert_eq!(event, Event::SignedIn { unsaved: None });
    let code = shown.borrow_mut().take().unwrap();
    assert_eq!(code.user_code, "BCDF-GHJK");
    assert_eq!(code.address, "http://127.0.0.1:4400/activate");
    assert_eq!(code.qr, qr::draw("http://127.0.0.1:4400/activate?user_code=BCDF-GHJK"));
}

#[tokio::test(start_paused = true)]
async fn a_code_that_expires_or_cannot_be_had_says_which() {
    let tablet = Tablet::managed(&group());
    let auth = auth(&tablet);
    assert_eq!(
        auth.sign_in_with_code(drop).await,
        Event::SignInFailed(error(ErrorKind::CodeExpired, ErrorCode::DeviceCodeExpired))
    );
    let refused = Answer::Json(401, json!({"error": "unauthorized_client"}));
    tablet.provider.answer_next("/device", refused.clone());
    assert_eq!(
        auth.sign_in_with_code(|_| panic!("a code")).await,
        Event::SignInFailed(error(ErrorKind::CodeUnavailable, ErrorCode::ClientRefused))
    );
    // Once a code was shown, the same answer is about the client as a whole.
    tablet.provider.answer_next("/token", refused);
    assert_eq!(
        auth.sign_in_with_code(drop).await,
        Event::SignInFailed(error(ErrorKind::NotAllowed, ErrorCode::ClientRefused))
    );
    let tablet = Tablet::managed(&group());
    tablet.provider.drop_device_flow();
    assert_eq!(
        self::auth(&tablet).sign_in_with_code(|_| panic!("a code")).await,
        Event::SignInFailed(error(ErrorKind::CodeUnavailable, ErrorCode::Unsupported))
    );
}

#[tokio::test(start_paused = true)]
async fn a_code_without_a_filled_in_page_is_drawn_as_the_page_to_type_it_on() {
    let tablet = Tablet::managed(&group());
    let page = "http://127.0.0.1:4400/activate";
    let answer = json!({
        "device_code": "device-1", "user_code": "BCDF-GHJK", "verification_uri": page, "expires_in": 1, "interval": 1,
    });
    tablet.provider.answer_next("/device", Answer::Json(200, answer));
    let mut drawn = None;
    auth(&tablet).sign_in_with_code(|code| drawn = Some(code.qr)).await;
    assert_eq!(drawn, Some(qr::draw(page)));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_ended_after_sixty_unused_days_has_expired_and_one_that_ended_before_was_ended() {
    for (age, why) in [
        (60 * DAY, SignedOutReason::Expired),
        (60 * DAY - 1, SignedOutReason::Ended),
        (-DAY, SignedOutReason::Ended),
    ] {
        let (auth, tablet) = signed_in(&group()).await;
        tablet.provider.end_sessions();
        tablet.clock.set_forward(age);
        let site = FakeSite::default();
        assert_eq!(
            auth.transfer(url(AUTHORIZE), &site, drop).await,
            Event::SessionEnded(why),
            "{age}"
        );
        // Nobody is signed in any more, so there is no last success to compare.
        assert_eq!(
            auth.transfer(url(AUTHORIZE), &site, drop).await,
            Event::SessionEnded(SignedOutReason::Ended)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_days_left_count_down_to_zero_and_are_unknown_if_the_clock_was_set_back() {
    let (auth, tablet) = signed_in(&group()).await;
    for (forward, left) in [
        (0, Some(60)),
        (1, Some(59)),
        (DAY - 1, Some(59)),
        (DAY, Some(58)),
        (58 * DAY - 1, Some(0)),
        (365 * DAY, Some(0)),
        (-(365 + 60) * DAY - DAY - 1, None),
    ] {
        tablet.clock.set_forward(forward);
        assert_eq!(auth.days_left().await, left, "{forward}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sign_out_revokes_the_session_and_names_the_page_that_ends_it_in_the_browser() {
    let (auth, tablet) = signed_in(&group()).await;
    let log = LogLines::keep();
    let end_session = url(&format!("{ISSUER}logout?client_id={CLIENT}"));
    assert_eq!(auth.sign_out(false).await.0, Some(end_session.clone()));
    assert_eq!(
        (tablet.provider.sessions(), tablet.store().get(Slot::Session)),
        (0, None)
    );
    // Nobody is signed in: there is nothing to revoke, and nothing to complain about.
    assert_eq!(auth.sign_out(false).await.0, Some(end_session));
    assert_eq!(log.with("revoke").len(), 0);
    sign_in(&auth, &tablet).await;
    tablet
        .provider
        .answer_next("/revoke", Answer::Lost(HttpError::Unreachable));
    auth.sign_out(false).await;
    assert_eq!(
        log.with("revoke"),
        ["{\"event\":\"failed\",\"effect\":\"revoke\",\"code\":\"E301\"}"]
    );
    assert_eq!(
        tablet.store().get(Slot::Session),
        None,
        "the session is gone all the same"
    );
}

#[tokio::test(start_paused = true)]
async fn changed_settings_delete_what_another_issuer_left_and_a_person_does_not() {
    let (_elsewhere, other) = signed_in(&custom("id.example.nl")).await;
    let left = other.namespace("nl.kidskonnect.groep").get(Slot::Session).unwrap();
    let tablet = Tablet::managed(&group());
    let (auth, log) = (auth(&tablet), LogLines::keep());
    tablet.store().put(Slot::Session, &left);
    auth.sign_out(false).await;
    assert_eq!(tablet.store().get(Slot::Session).as_ref(), Some(&left));
    auth.sign_out(true).await;
    assert_eq!(tablet.store().get(Slot::Session), None);
    assert_eq!(log.with("forget").len(), 0);
}

#[tokio::test(start_paused = true)]
async fn changed_settings_revoke_a_session_of_the_same_issuer_before_it_is_deleted() {
    let (auth, tablet) = signed_in(&group()).await;
    auth.sign_out(true).await;
    assert_eq!(
        (tablet.provider.sessions(), tablet.store().get(Slot::Session)),
        (0, None)
    );
}

/// The keystore and the network of a tablet, which note whether the system lets the app run at each request and save.
struct Watched<T> {
    inner: T,
    device: Arc<FakeDevice>,
    seen: Arc<Mutex<Vec<(&'static str, bool)>>>,
}

impl<T> Watched<T> {
    fn note(&self, what: &'static str) {
        let may_run = self.device.background_work().0 > 0;
        self.seen.lock().unwrap().push((what, may_run));
    }
}

impl Http for Watched<Arc<dyn Http>> {
    fn send(&self, request: session::Request) -> BoxFuture<Result<session::Response, HttpError>> {
        match request.url.path() {
            "/token" => self.note("token"),
            "/revoke" => self.note("revoke"),
            _ => {}
        }
        self.inner.send(request)
    }
}

impl Store for Watched<Arc<dyn Store>> {
    fn load(&self, slot: Slot) -> Result<Option<Secret>, StoreError> {
        self.inner.load(slot)
    }

    fn save(&self, slot: Slot, value: &Secret) -> Result<(), StoreError> {
        if slot == Slot::Session {
            self.note("save");
        }
        self.inner.save(slot, value)
    }

    fn remove(&self, slot: Slot) -> Result<(), StoreError> {
        if slot == Slot::Session {
            self.note("remove");
        }
        self.inner.remove(slot)
    }
}

#[tokio::test(start_paused = true)]
async fn the_system_lets_the_app_run_during_every_exchange_until_its_token_is_saved() {
    let tablet = Tablet::managed(&group());
    let platform = tablet.platform();
    let seen = Arc::new(Mutex::new(vec![]));
    let (http, store) = (platform.http, platform.store);
    let (device, other, notes, more) = (tablet.device.clone(), tablet.device.clone(), seen.clone(), seen.clone());
    let platform = Platform {
        http: Box::new(move |loopback| {
            Some(Arc::new(Watched {
                inner: http(loopback)?,
                device: device.clone(),
                seen: notes.clone(),
            }))
        }),
        store: Box::new(move |name| {
            Arc::new(Watched {
                inner: store(name),
                device: other.clone(),
                seen: more.clone(),
            })
        }),
        ..platform
    };
    let auth = Auth::new(platform, tablet.sources().clock_offset(), tablet.device.clone());
    auth.update(&resolved(&tablet));
    let expect = |what: &str, wanted: &[&'static str]| {
        let all = std::mem::take(&mut *seen.lock().unwrap());
        for wanted in wanted {
            assert!(
                all.iter().any(|(seen, _)| seen == wanted),
                "{what}: {wanted} in {all:?}"
            );
        }
        assert!(all.iter().all(|(_, may_run)| *may_run), "{what}: {all:?}");
        assert_eq!(tablet.device.background_work().0, 0, "{what} has ended");
    };

    sign_in(&auth, &tablet).await;
    expect("sign-in", &["token", "save"]);
    auth.transfer(url(AUTHORIZE), &FakeSite::default(), drop).await;
    expect("transfer", &["token", "save"]);
    tablet.clock.set_forward(2 * DAY);
    let check = Notify::new();
    let refresh = auth.keep_alive(&check, drop);
    assert!(tokio::time::timeout(20 * MINUTE, refresh).await.is_err());
    expect("refresh", &["token", "save"]);
    assert_eq!(auth.save().await, Some(Event::SessionSaved));
    expect("save", &[]);
    tablet.provider.answer_next("/revoke", Answer::Lost(HttpError::Timeout));
    auth.sign_out(false).await;
    expect("sign-out", &["revoke", "remove"]);
    auth.revoke_pending().await;
    expect("revocation", &["revoke"]);
}
