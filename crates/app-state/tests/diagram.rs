//! Generates the diagrams of `docs/state-machine.md` by running the state machine, and checks the tables of the page.
//!
//! `UPDATE_DOCS=1 cargo test -p app-state --test diagram` rewrites the diagrams.
#![allow(clippy::unwrap_used, reason = "test code only")]

mod driver;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use app_state::{
    Action, AppSettings, Effect, Event, KeystoreResult, Phase, RememberedSession, SessionTransfer, SignInStep,
    SignedOutReason, State, StatusInfo,
};
use driver::{
    GROUP, LOGIN, REQUEST, callback, device_code, error, invalid_settings, not_set_up, other_organisation,
    redirected_away, settings, setup_offer, site_failed, url,
};
use error_codes::{ErrorCode, ErrorKind};
use settings::LoginMethod;

const PHASES: [&str; 6] = ["Starting", "NotSetUp", "Blocked", "SignedOut", "SigningIn", "SignedIn"];
const SIGN_IN_STEPS: [&str; 6] = [
    "Preparing",
    "RequestingDeviceCode",
    "Browser",
    "InApp",
    "DeviceCode",
    "CompletingCallback",
];
const TRANSFERS: [&str; 4] = ["Ready", "Requesting", "Deferred", "Used"];

/// An event as a diagram names it: its name, and what tells it apart from other events of that name.
type Label = (&'static str, Option<String>);

/// Which labels lead from one node to another.
type Edges = BTreeMap<(&'static str, &'static str), BTreeSet<Label>>;

fn settings_events() -> Vec<Event> {
    // The other login methods begin a sign-in as the actions `sign_in_here` and `sign_in_with_code` do.
    let with = |login_method, personal| AppSettings {
        login_method,
        personal,
        ..settings()
    };
    let all = [
        with(LoginMethod::Auto, false),
        with(LoginMethod::Browser, false),
        with(LoginMethod::Auto, true),
        other_organisation(),
        not_set_up(),
        invalid_settings(),
    ];
    let remembered = [
        RememberedSession::None,
        RememberedSession::ThisOrganisation,
        RememberedSession::OtherOrganisation,
    ];
    let event = |(settings, remembered): (&AppSettings, RememberedSession)| Event::Settings {
        settings: Box::new(settings.clone()),
        remembered,
    };
    all.iter()
        .flat_map(|settings| remembered.map(|remembered| event((settings, remembered))))
        .collect()
}

fn actions() -> [Action; 13] {
    [
        Action::SetTenant {
            typed: "zonnetje".to_owned(),
        },
        Action::ChangeOrganisation,
        Action::SignIn,
        Action::SignInHere,
        Action::SignInWithCode,
        Action::OpenBrowserAgain,
        Action::Cancel,
        Action::Retry,
        Action::OpenGroup,
        Action::ShowStatus,
        Action::AskSignOut,
        Action::SignOut,
        Action::UseLink,
    ]
}

/// Representative events: every variant, and one of each kind of content that the state machine tells apart.
fn events() -> Vec<Event> {
    let mut events = settings_events();
    events.extend(actions().map(Event::UserAction));
    events.extend([
        Event::TenantRejected {
            typed: "de zon".to_owned(),
            error: error(ErrorKind::TenantInvalid),
        },
        Event::SetupLinkOffered(setup_offer()),
        Event::SetupLinkRefused(error(ErrorKind::LinkRefused)),
        Event::KeystoreRead(KeystoreResult::Session),
        Event::KeystoreRead(KeystoreResult::OtherOrganisation),
        Event::KeystoreRead(KeystoreResult::Empty),
        Event::KeystoreRead(KeystoreResult::Unreadable(error(ErrorKind::KeystoreLocked))),
        Event::AuthorizationRequestReady(url(REQUEST)),
        Event::DeviceCodeReady(device_code()),
        Event::SignInFailed(error(ErrorKind::SignInDenied)),
        Event::CallbackIgnored,
        callback(),
        Event::SignedIn { unsaved: None },
        Event::SignedIn {
            unsaved: Some(error(ErrorKind::KeystoreLocked)),
        },
        Event::BrowserFailed(error(ErrorKind::NoBrowser)),
        Event::BrowserClosed,
        Event::SessionTransferReady(url(REQUEST)),
        Event::SessionTransferUnsupported,
        Event::SessionTransferDeferred(error(ErrorKind::KeystoreLocked)),
        Event::SessionTransferDeferred(error(ErrorKind::SignInRejected)),
        Event::SessionEnded(SignedOutReason::Expired),
        Event::SessionUnsaved(error(ErrorKind::KeystoreLocked)),
        Event::SessionSaved,
        Event::SessionAtRisk(Some(ErrorCode::PersonNeeded)),
        Event::SessionAtRisk(None),
        Event::NavigationIntercepted(url(REQUEST)),
        Event::SiteLoaded(url(GROUP)),
        Event::SiteLoaded(url(LOGIN)),
        site_failed(ErrorKind::SiteUnreachable),
        site_failed(ErrorKind::SiteCrashed),
        redirected_away("https://example.org/"),
        Event::StatusInfoRead(StatusInfo::default()),
        Event::IdleTimeout,
        Event::Resumed,
        Event::RetryDue,
        Event::SiteFailed {
            error: error(ErrorKind::ServerBusy),
            retry_after: Some(Duration::from_mins(2)),
        },
        Event::SiteWaitElapsed,
        Event::LoopGuardElapsed,
        Event::SignInPageUntouched,
    ]);
    events
}

fn label(before: &State, event: &Event) -> Label {
    let detail = match event {
        Event::Settings { settings, remembered } => settings_detail(before, settings, *remembered).map(str::to_owned),
        Event::UserAction(action) => serde_json::to_value(action).unwrap()["do"].as_str().map(str::to_owned),
        Event::SessionTransferDeferred(error) if error.recovery().retry.is_none() => Some("no retry helps".to_owned()),
        _ => None,
    };
    (event.name(), detail)
}

/// Names the difference between the settings and the state that decides where they lead.
fn settings_detail(before: &State, settings: &AppSettings, remembered: RememberedSession) -> Option<&'static str> {
    let old = &before.settings;
    let changed = old
        .organisation
        .as_ref()
        .zip(settings.organisation.as_ref())
        .is_some_and(|(a, b)| !a.is_same(b) || old.personal != settings.personal);
    // The saved state counts as long as the keystore has not answered.
    let unconfirmed = match &before.phase {
        Phase::Starting { .. } => true,
        Phase::Blocked { session, .. } => session.as_ref().is_some_and(|session| !session.confirmed),
        _ => false,
    };
    if settings.error.is_some() {
        Some("invalid")
    } else if settings.organisation.is_none() {
        Some("no organisation")
    } else if changed && !matches!(before.phase, Phase::Starting { .. }) {
        Some("changed")
    } else if unconfirmed && remembered == RememberedSession::OtherOrganisation {
        Some("session of another organisation")
    } else if unconfirmed && remembered == RememberedSession::ThisOrganisation {
        Some("remembered session")
    } else {
        None
    }
}

/// Forgets what no transition depends on, so that the exploration ends.
fn bounded(mut state: State) -> State {
    match &mut state.phase {
        Phase::SignedIn(session)
        | Phase::Blocked {
            session: Some(session), ..
        } => {
            state.settings.login_method = LoginMethod::Auto;
            session.attempts = 0;
            session.loop_guards = session.loop_guards.min(1);
            session.sign_in_pages_left = session.sign_in_pages_left.min(1);
            if let Some(unsaved) = &mut session.unsaved {
                unsaved.error = error(ErrorKind::KeystoreLocked);
            }
            if let Some(page) = &mut session.status {
                page.info = None;
            }
            // Anything else covers it, and it comes again the day after.
            if session.status.is_some() || session.error.is_some() {
                session.at_risk = None;
            }
            // Of an error over the group view, only whether a person may dismiss it matters.
            if let Some(shown) = &mut session.error
                && !shown.recovery().buttons.contains(&Action::OpenGroup)
            {
                *shown = error(ErrorKind::SiteUnreachable);
            }
        }
        Phase::SigningIn {
            step: SignInStep::CompletingCallback { pending, .. },
            ..
        } => *pending = (*pending).min(2),
        _ => {}
    }
    state
}

/// Visits every step from every state that the representative events reach, breadth-first. Of a state with a setup link
/// on offer, only the answers to its question are visited, because everything else happens behind it as without it.
fn explore(mut visit: impl FnMut(&State, &Event, &State, &[Effect])) {
    let events = events();
    let mut seen = BTreeSet::new();
    let mut queue = VecDeque::from([State::default()]);
    while let Some(before) = queue.pop_front() {
        for event in &events {
            if before.offer.is_some() && !matches!(event, Event::UserAction(_)) {
                continue;
            }
            let (after, effects) = before.clone().step(event.clone());
            if after == before && effects.is_empty() {
                continue;
            }
            let after = bounded(after);
            visit(&before, event, &after, &effects);
            if after != before && seen.insert(format!("{after:?}")) {
                assert!(
                    seen.len() < 60_000,
                    "a part of the state grows without bound: {after:#?}"
                );
                queue.push_back(after);
            }
        }
    }
}

fn phase(state: &State) -> &'static str {
    match &state.phase {
        Phase::Starting { .. } => "Starting",
        Phase::NotSetUp { .. } => "NotSetUp",
        Phase::Blocked { .. } => "Blocked",
        Phase::SignedOut { .. } => "SignedOut",
        Phase::SigningIn { .. } => "SigningIn",
        Phase::SignedIn(_) => "SignedIn",
    }
}

fn sign_in_step(state: &State) -> Option<&'static str> {
    match &state.phase {
        Phase::SignedOut { .. } => Some("SignedOut"),
        Phase::SignedIn(_) => Some("SignedIn"),
        Phase::SigningIn { step, .. } => Some(match step {
            SignInStep::Preparing { .. } => "Preparing",
            SignInStep::RequestingDeviceCode => "RequestingDeviceCode",
            SignInStep::Browser(_) => "Browser",
            SignInStep::InApp { .. } => "InApp",
            SignInStep::DeviceCode(_) => "DeviceCode",
            SignInStep::CompletingCallback { .. } => "CompletingCallback",
        }),
        Phase::Starting { .. } | Phase::NotSetUp { .. } | Phase::Blocked { .. } => None,
    }
}

fn session_transfer(state: &State) -> Option<&'static str> {
    let Phase::SignedIn(session) = &state.phase else {
        return None;
    };
    Some(match session.transfer {
        SessionTransfer::Ready => "Ready",
        SessionTransfer::Requesting { .. } => "Requesting",
        SessionTransfer::Deferred => "Deferred",
        SessionTransfer::Used => "Used",
    })
}

/// Moves the transitions that leave all of these nodes in the same way out of the diagram, into a list below it.
fn from_each(edges: &mut Edges, nodes: &[&'static str], what: &str) -> String {
    let mut lines = vec![];
    let targets: BTreeSet<&str> = edges.keys().map(|(_, to)| *to).collect();
    for to in targets {
        // No diagram has a transition from a node to itself, so the target need not have the label.
        let sources = || nodes.iter().filter(|from| **from != to);
        let common = sources()
            .map(|from| edges.get(&(*from, to)).cloned().unwrap_or_default())
            .reduce(|a, b| &a & &b)
            .unwrap_or_default();
        if common.is_empty() {
            continue;
        }
        for from in sources() {
            edges
                .entry((*from, to))
                .and_modify(|labels| labels.retain(|label| !common.contains(label)));
        }
        lines.push(format!("- to `{to}`: `{}`\n", merged(&common).join("`, `")));
    }
    edges.retain(|_, labels| !labels.is_empty());
    format!("Not drawn, because every {what} has them:\n\n{}", lines.concat())
}

/// The labels with one entry for each name. The name alone stands for all its details if one event needs none.
fn merged(labels: &BTreeSet<Label>) -> Vec<String> {
    let mut names: BTreeMap<&str, Option<Vec<&str>>> = BTreeMap::new();
    for (name, detail) in labels {
        let details = names.entry(name).or_insert_with(|| Some(vec![]));
        match (details.as_mut(), detail) {
            (Some(details), Some(detail)) => details.push(detail),
            _ => *details = None,
        }
    }
    names
        .into_iter()
        .map(|(name, details)| match details {
            Some(details) => format!("{name} ({})", details.join(", ")),
            None => name.to_owned(),
        })
        .collect()
}

/// A diagram that begins with the first node of the order. The order of its lines also decides where a node is drawn.
fn mermaid(order: &[&'static str], edges: &Edges) -> String {
    let position = |node| order.iter().position(|other| *other == node);
    let mut sorted: Vec<_> = edges.iter().collect();
    sorted.sort_by_key(|((from, to), _)| (position(*from), position(*to)));
    let mut text = format!("```mermaid\nstateDiagram-v2\n    [*] --> {}\n", order[0]);
    for ((from, to), labels) in sorted {
        writeln!(text, "    {from} --> {to} : {}", merged(labels).join("<br/>")).unwrap();
    }
    text + "```\n"
}

fn page() -> (std::path::PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/state-machine.md");
    let text = std::fs::read_to_string(&path).unwrap();
    (path, text)
}

/// The page with this text between the markers of the block.
fn with_block(page: &str, block: &str, text: &str) -> String {
    let (start, end) = (format!("<!-- generated: {block} -->\n"), "<!-- /generated -->");
    let (before, rest) = page
        .split_once(&start)
        .unwrap_or_else(|| panic!("the page has no block {block}"));
    let (_, after) = rest.split_once(end).unwrap();
    format!("{before}{start}\n{text}\n{end}{after}")
}

/// The names that `impl` gives to the variants of its type. Their matches are exhaustive, so the source has all of them.
fn names(implementation: &str) -> BTreeSet<&'static str> {
    let source = include_str!("../src/event.rs");
    let (_, body) = source.split_once(&format!("impl {implementation} {{")).unwrap();
    let (body, _) = body.split_once("\n    }\n").unwrap();
    let names: BTreeSet<&str> = body.lines().filter_map(|line| line.split('"').nth(1)).collect();
    assert!(names.len() > 20, "{names:?}");
    names
}

#[test]
fn the_page_has_the_diagrams_of_the_state_machine() {
    let (mut phases, mut steps, mut transfers) = (Edges::new(), Edges::new(), Edges::new());
    let (mut taken, mut returned) = (BTreeSet::new(), BTreeSet::new());
    explore(|before, event, after, effects| {
        taken.insert(event.name());
        returned.extend(effects.iter().map(Effect::name));
        for (edges, node) in [
            (
                &mut phases,
                (|state| Some(phase(state))) as fn(&State) -> Option<&'static str>,
            ),
            (&mut steps, sign_in_step),
            (&mut transfers, session_transfer),
        ] {
            if let (Some(from), Some(to)) = (node(before), node(after))
                && from != to
            {
                edges.entry((from, to)).or_default().insert(label(before, event));
            }
        }
    });
    assert_eq!(
        taken,
        names("Event"),
        "events that changed something during the exploration"
    );
    assert_eq!(returned, names("Effect"), "effects that the exploration returned");

    let (path, committed) = page();
    let mut fresh = committed.clone();
    let mut draw = |block, mut edges: Edges, nodes: &[&'static str], order: &[&'static str], what| {
        let everywhere = from_each(&mut edges, nodes, what);
        fresh = with_block(&fresh, block, &format!("{}\n{everywhere}", mermaid(order, &edges)));
    };
    draw("phases", phases, &PHASES, &PHASES, "other phase");
    steps.retain(|(from, to), _| SIGN_IN_STEPS.contains(from) || SIGN_IN_STEPS.contains(to));
    let order = [&["SignedOut"], &SIGN_IN_STEPS[..], &["SignedIn"]].concat();
    draw(
        "sign-in steps",
        steps,
        &SIGN_IN_STEPS,
        &order,
        "other step of a sign-in",
    );
    draw("session transfer", transfers, &TRANSFERS, &TRANSFERS, "other state");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &fresh).unwrap();
        return;
    }
    assert!(
        committed == fresh,
        "docs/state-machine.md is out of date: run UPDATE_DOCS=1 cargo test -p app-state --test diagram"
    );
}

/// The cells of the table below this heading.
fn rows<'a>(page: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    section
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

/// The words in backticks.
fn code(cell: &str) -> BTreeSet<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn the_page_has_a_row_for_every_event_and_every_effect() {
    let (_, page) = page();
    let events = rows(&page, "Events");
    let effects = rows(&page, "Effects");
    let first = |rows: &[Vec<&str>]| {
        rows.iter()
            .map(|row| row[0].trim_matches('`').to_owned())
            .collect::<Vec<_>>()
    };
    for (rows, names) in [(first(&events), names("Event")), (first(&effects), names("Effect"))] {
        assert_eq!(rows.len(), names.len());
        assert_eq!(rows.iter().map(String::as_str).collect::<BTreeSet<_>>(), names);
    }
    for row in effects {
        let unknown: Vec<_> = code(row[2]).difference(&names("Event")).copied().collect();
        assert!(
            unknown.is_empty(),
            "{} is answered by no such event: {unknown:?}",
            row[0]
        );
    }
}
