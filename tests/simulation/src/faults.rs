//! Everything that can go wrong around the tablet, each with its own name. A run that no fault of a kind ever reached has
//! proved nothing about it, so faults count where they take effect.

use crate::calendar::{BEGIN, DAY, DAYS, HOUR};

const MINUTE: i64 = 60;

/// A fault. Those of the first group last for a time ([`schedule`]); those of the second happen at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// No connection.
    Offline,
    /// Nothing answers in time.
    Hangs,
    /// A guest network's page, with status 200.
    PortalPage,
    /// A guest network's redirect.
    PortalRedirect,
    /// The identity provider answers 5xx.
    ProviderDown,
    /// The identity provider answers 429, with a header or without.
    RateLimited,
    /// Only the identity provider's metadata is away.
    MetadataAway,
    /// Only the identity provider's keys are away.
    KeysAway,
    /// The identity provider asks for MFA on a refresh.
    MfaAsked,
    /// A rule at the identity provider denies every grant.
    AccessDenied,
    /// The identity provider gives this client no session transfer.
    TransferRefused,
    /// The identity provider gives transfer tokens, and takes none: it binds them to an address, and the web view has another.
    TransferNotTaken,
    /// The keystore is locked.
    KeystoreLocked,
    /// The keystore takes nothing new.
    KeystoreFull,
    /// The keystore fails now and then.
    KeystoreFlaky,
    /// The file of the saved state cannot be read.
    StateUnreadable,
    /// The managed configuration is empty.
    SettingsEmpty,
    /// The managed configuration cannot be read.
    SettingsUnreadable,
    /// A security setting is wrong.
    SettingsWrong,

    /// The connection breaks after the identity provider has done its work.
    AnswerLost,
    /// A gateway answers 502 after the identity provider has done its work.
    GatewayAfterWork,
    /// The process is killed.
    Killed,
    /// The tablet sleeps in the middle of something.
    SleptThrough,
    /// The network comes back some seconds after the tablet woke.
    NetworkLate,
    /// Somebody sets the clock.
    ClockSet,
    /// The identity provider changes its keys.
    KeysRotated,
    /// Another process uses the session.
    OtherProcess,
    /// The administrator changes the account type.
    AccountChanged,
    /// The tablet goes to another organisation.
    OrganisationChanged,
    /// The app is removed and installed again.
    Reinstalled,
    /// The file of the saved state is damaged.
    StateDamaged,
}

impl Fault {
    pub const ALL: [Self; 31] = [
        Self::Offline,
        Self::Hangs,
        Self::PortalPage,
        Self::PortalRedirect,
        Self::ProviderDown,
        Self::RateLimited,
        Self::MetadataAway,
        Self::KeysAway,
        Self::MfaAsked,
        Self::AccessDenied,
        Self::TransferRefused,
        Self::TransferNotTaken,
        Self::KeystoreLocked,
        Self::KeystoreFull,
        Self::KeystoreFlaky,
        Self::StateUnreadable,
        Self::SettingsEmpty,
        Self::SettingsUnreadable,
        Self::SettingsWrong,
        Self::AnswerLost,
        Self::GatewayAfterWork,
        Self::Killed,
        Self::SleptThrough,
        Self::NetworkLate,
        Self::ClockSet,
        Self::KeysRotated,
        Self::OtherProcess,
        Self::AccountChanged,
        Self::OrganisationChanged,
        Self::Reinstalled,
        Self::StateDamaged,
    ];

    /// No request reaches the identity provider, or none gets an answer of its own.
    #[must_use]
    pub fn blocks_requests(self) -> bool {
        matches!(
            self,
            Self::Offline
                | Self::Hangs
                | Self::PortalPage
                | Self::PortalRedirect
                | Self::ProviderDown
                | Self::RateLimited
                | Self::MfaAsked
                | Self::AccessDenied
        )
    }

    /// A fault of the network itself: the site is away, too.
    #[must_use]
    pub fn is_of_the_network(self) -> bool {
        matches!(
            self,
            Self::Offline | Self::Hangs | Self::PortalPage | Self::PortalRedirect
        )
    }

    /// A whole fleet waits for its end.
    #[must_use]
    pub fn is_outage(self) -> bool {
        self.is_of_the_network() || self == Self::ProviderDown
    }

    /// Changes what the app reads as its settings.
    #[must_use]
    pub fn is_of_the_settings(self) -> bool {
        matches!(
            self,
            Self::SettingsEmpty | Self::SettingsUnreadable | Self::SettingsWrong
        )
    }
}

/// A fault that lasts from one moment to another, in true seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    pub from: i64,
    pub to: i64,
    pub fault: Fault,
}

/// How often in 1,000 days each lasting fault begins, and the longest that it lasts.
const LASTING: [(Fault, u32, i64); 19] = [
    (Fault::Offline, 50, 8 * HOUR),
    (Fault::Hangs, 20, 2 * HOUR),
    (Fault::PortalPage, 40, 4 * HOUR),
    (Fault::PortalRedirect, 20, 4 * HOUR),
    (Fault::ProviderDown, 40, 8 * HOUR),
    (Fault::RateLimited, 40, HOUR),
    (Fault::MetadataAway, 20, 8 * HOUR),
    (Fault::KeysAway, 20, 8 * HOUR),
    (Fault::MfaAsked, 10, 4 * HOUR),
    (Fault::AccessDenied, 10, 4 * HOUR),
    (Fault::TransferRefused, 10, 12 * HOUR),
    (Fault::TransferNotTaken, 15, 12 * HOUR),
    (Fault::KeystoreLocked, 15, 2 * HOUR),
    (Fault::KeystoreFull, 10, 2 * HOUR),
    (Fault::KeystoreFlaky, 10, 2 * HOUR),
    (Fault::StateUnreadable, 20, 2 * HOUR),
    // Longer ones count as real: see `EMPTY_MANAGED_GRACE` of the application.
    (Fault::SettingsEmpty, 20, 25 * MINUTE),
    (Fault::SettingsUnreadable, 15, 2 * HOUR),
    (Fault::SettingsWrong, 15, 2 * HOUR),
];

/// The lasting faults of one seed.
pub fn schedule(draws: &mut fastrand::Rng) -> Vec<Period> {
    let mut all = vec![];
    for day in 1..DAYS {
        for (fault, often, longest) in LASTING {
            if draws.u32(0..1_000) < often {
                // Most begin where they hurt: when everybody opens.
                let from = BEGIN + day * DAY + if draws.bool() { 7 * HOUR } else { draws.i64(0..DAY) };
                let to = from + draws.i64(MINUTE..longest);
                all.push(Period { from, to, fault });
            }
        }
        if draws.u32(0..1_000) < 3 {
            let from = BEGIN + day * DAY;
            all.push(Period {
                from,
                to: from + draws.i64(1..6) * DAY,
                fault: Fault::Offline,
            });
        }
    }
    all
}
