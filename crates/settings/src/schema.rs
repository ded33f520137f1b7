//! The schema: one row for each key. Validation, exports, setup links and manuals all follow from these rows.

use error_codes::Text;

/// The newest `config_version` that this build understands.
pub const CONFIG_VERSION: i64 = 1;

/// The type of a key and the constraint on its values. Values are flat scalars, because most MDM consoles cannot edit
/// nested values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`, as JSON or as text. Holds the default.
    Flag(bool),
    /// A whole number, as JSON or as text. Holds the minimum, the maximum and the default.
    Number(i64, i64, i64),
    /// One of these texts. The first is the default.
    Choice(&'static [&'static str]),
    /// Text of at most this many characters.
    Text(usize),
    /// The organisation's name: one DNS label, see [`Tenant`](crate::Tenant).
    Tenant,
    /// An https URL of a host, with no path but `/`.
    Issuer,
    /// An OAuth client id: `[A-Za-z0-9_-]{8,128}`.
    ClientId,
    /// An OAuth audience: a URI of at most 200 characters.
    Audience,
    /// An https URL of at most 200 bytes that may contain `{tenant}`.
    GroupUrl,
    /// At most 20 host rules, exact hosts or `*.example.nl`, none of them a public suffix.
    Hosts,
    /// A telephone number, an e-mail address or an https URL of at most 120 characters.
    Contact,
    /// At most four Ed25519 public keys, written `kid:base64url`.
    PublicKeys,
}

/// Who sets a key or notices its effect; a column of the manual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stakeholder {
    /// Tools that read and write settings.
    Tooling,
    /// Device administrators.
    It,
    /// Everybody.
    All,
    /// Administrators of kiosk tablets.
    Kiosks,
    /// Staff of the group, and the helpdesk.
    Staff,
    /// The manager of a location.
    Location,
    /// The helpdesk.
    Helpdesk,
}

impl Stakeholder {
    /// The word for it in the manual.
    #[must_use]
    pub fn name(self) -> Text {
        match self {
            Self::Tooling => Text {
                nl: "hulpmiddelen",
                en: "tooling",
            },
            Self::It => Text { nl: "IT", en: "IT" },
            Self::All => Text {
                nl: "iedereen",
                en: "all",
            },
            Self::Kiosks => Text {
                nl: "kiosken",
                en: "kiosks",
            },
            Self::Staff => Text {
                nl: "medewerkers",
                en: "staff",
            },
            Self::Location => Text {
                nl: "locatie",
                en: "location",
            },
            Self::Helpdesk => Text {
                nl: "helpdesk",
                en: "helpdesk",
            },
        }
    }
}

/// How far a source is trusted, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrustLevel {
    /// Anyone could have written the value: an unsigned setup link. Enough for a key that is only displayed or chooses
    /// among built-in values.
    Anyone,
    /// A key of `provisioning_keys` signed the value.
    Signed,
    /// The MDM delivered the value.
    Managed,
}

/// One row of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The name of the key in every format.
    pub name: &'static str,
    /// Type, constraint and default.
    pub kind: Kind,
    /// Whether a wrong value stops sign-in. For other keys the default applies instead.
    pub security: bool,
    /// The lowest trust level of a source from which the key accepts a value.
    pub required_trust: TrustLevel,
    /// Who sets the key or notices its effect.
    pub stakeholder: Stakeholder,
    /// The label of the field in an MDM console.
    pub title: Text,
    /// What the key does, for the administrator.
    pub description: Text,
}

impl Key {
    /// The default as text; empty if the key has none.
    #[must_use]
    pub fn default_text(&self) -> String {
        match self.kind {
            Kind::Flag(flag) => flag.to_string(),
            Kind::Number(_, _, number) => number.to_string(),
            Kind::Choice(choices) => choices.first().copied().unwrap_or_default().to_owned(),
            _ => String::new(),
        }
    }

    /// The type, as the manual writes it.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Flag(_) => "bool",
            Kind::Number(..) => "int",
            Kind::Choice(_) => "choice",
            _ => "string",
        }
    }

    /// A valid value for manuals and generated examples.
    #[must_use]
    pub fn example(&self) -> String {
        match (self.name, self.kind) {
            ("location_id", _) => "loc-12".into(),
            ("organisation_name", _) => "Kinderopvang Zonnetje".into(),
            ("device_label", _) => "Groep Blauw 1".into(),
            ("organization", _) => "org_zonnetje".into(),
            ("connection", _) => "groepsaccounts".into(),
            ("login_hint", _) => "groep.blauw@zonnetje.example".into(),
            (_, Kind::Tenant) => "zonnetje".into(),
            (_, Kind::Issuer) => "https://inloggen.zonnetje.example/".into(),
            (_, Kind::ClientId) => "groep_client_01".into(),
            (_, Kind::Audience) => "https://api.zonnetje.example/".into(),
            (_, Kind::GroupUrl) => "https://konnect.zonnetje.example/groep".into(),
            (_, Kind::Hosts) => "konnect.zonnetje.example".into(),
            (_, Kind::Contact) => "tel:+31201234567".into(),
            (_, Kind::PublicKeys) => "k1:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".into(),
            _ => self.default_text(),
        }
    }
}

/// The row of the key with this name.
#[must_use]
pub fn key(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

macro_rules! keys {
    ($($name:literal $security:literal $trust:ident $stakeholder:ident ($kind:expr) { $title_nl:literal, $title_en:literal, $nl:literal, $en:literal $(,)? })*) => {
        /// All keys, in the order in which manuals and exports list them.
        pub const KEYS: &[Key] = &[$(Key {
            name: $name,
            kind: $kind,
            security: $security,
            required_trust: TrustLevel::$trust,
            stakeholder: Stakeholder::$stakeholder,
            title: Text { nl: $title_nl, en: $title_en },
            description: Text { nl: $nl, en: $en },
        }),*];
    };
}

keys! {
    "config_version" false Anyone Tooling (Kind::Number(1, CONFIG_VERSION, 1)) { "Versie van deze instellingen", "Version of these settings", "Laat dit op 1 staan.", "Leave this at 1." }
    "environment" true Anyone It (Kind::Choice(&["production", "acceptance", "custom"])) { "Omgeving", "Environment", "Waar de tablet inlogt. Kies custom alleen als KidsKonnect dat vraagt; dan zijn issuer, client_id en group_url nodig.", "Where the tablet signs in. Choose custom only if KidsKonnect asks; it needs issuer, client_id and group_url." }
    "tenant" true Anyone All (Kind::Tenant) { "Naam van de organisatie", "Organisation's name", "Het eerste deel van het adres van Konnect: zonnetje voor zonnetje.ouderportaal.nl.", "The first part of the address of Konnect: zonnetje for zonnetje.ouderportaal.nl." }
    "issuer" true Signed It (Kind::Issuer) { "Adres van de inlogserver", "Identity provider", "Alleen bij een eigen omgeving. Letterlijk zoals de server het noemt.", "Custom environment only. To the letter as the server names it." }
    "client_id" true Signed It (Kind::ClientId) { "Client id", "Client id", "Alleen bij een eigen omgeving. Geen geheim.", "Custom environment only. Not a secret." }
    "audience" true Signed It (Kind::Audience) { "Audience", "Audience", "Alleen bij een eigen omgeving: de API waar het token voor is.", "Custom environment only: the API that the token is for." }
    "organization" false Signed It (Kind::Text(128)) { "Organisatie bij de inlogserver", "Organisation at the identity provider", "De organization van Auth0, als die nodig is.", "Auth0's organization, where one is needed." }
    "connection" false Signed It (Kind::Text(128)) { "Verbinding bij de inlogserver", "Connection at the identity provider", "De connection van Auth0, als die nodig is.", "Auth0's connection, where one is needed." }
    "login_hint" false Signed It (Kind::Text(128)) { "Groepsaccount", "Group account", "De gebruikersnaam die bij het inloggen al is ingevuld. Nooit een wachtwoord.", "The user name that is filled in at sign-in. Never a password." }
    "login_method" false Signed Kiosks (Kind::Choice(&["auto", "browser", "in_app", "device_code"])) { "Manier van inloggen", "Way of signing in", "auto kiest zelf. Op een kiosk zonder browser: in_app of device_code.", "auto decides by itself. On a kiosk without a browser: in_app or device_code." }
    "account_type" false Signed It (Kind::Choice(&["group", "personal"])) { "Soort account", "Type of account", "Een groepsaccount blijft ingelogd. Een persoonlijk account niet.", "A group account stays signed in. A personal account does not." }
    "group_url" true Signed It (Kind::GroupUrl) { "Adres van de groepsweergave", "Address of the group view", "Alleen bij een eigen omgeving. {tenant} mag erin staan.", "Custom environment only. {tenant} may stand in it." }
    "allowed_hosts" true Signed It (Kind::Hosts) { "Toegestane adressen", "Allowed hosts", "Meer websites die de app mag tonen, met een komma ertussen: profiel.voorbeeld.nl of *.voorbeeld.nl.", "Further sites that the app may show, with a comma between them: profile.example.nl or *.example.nl." }
    "location_id" false Anyone Staff (Kind::Text(64)) { "Locatie", "Location", "Nummer of code van de locatie, voor de helpdesk.", "Number or code of the location, for the helpdesk." }
    "organisation_name" false Anyone Staff (Kind::Text(60)) { "Naam op het scherm", "Name on the screen", "De naam van de organisatie zoals medewerkers die kennen.", "The organisation's name as staff know it." }
    "device_label" false Anyone Staff (Kind::Text(64)) { "Naam van de tablet", "Tablet's label", "Bijvoorbeeld: Groep Blauw 1.", "For example: Groep Blauw 1." }
    "support_contact" false Anyone Helpdesk (Kind::Contact) { "Hulp", "Help", "Telefoonnummer, e-mailadres of https-adres van de helpdesk, hoogstens 120 tekens.", "Telephone number, e-mail address or https address of the helpdesk, 120 characters at most." }
    "language" false Anyone Location (Kind::Choice(&["system", "nl", "en"])) { "Taal", "Language", "system volgt de tablet.", "system follows the tablet." }
    "allow_manual_setup" false Signed It (Kind::Flag(true)) { "Zelf instellen toestaan", "Allow set-up by hand", "false: niemand kan op de tablet een organisatie kiezen.", "false: nobody can choose an organisation on the tablet." }
    "allow_sign_out" false Signed It (Kind::Flag(true)) { "Uitloggen toestaan", "Allow sign-out", "false: de knop om uit te loggen is er niet.", "false: there is no button to sign out." }
    "provisioning_keys" false Managed It (Kind::PublicKeys) { "Sleutels voor instel-links", "Keys for setup links", "Openbare sleutels van provision, met een komma ertussen. Alleen uit het beheersysteem.", "Public keys of provision, with a comma between them. From device management only." }
    "kiosk" false Signed It (Kind::Choice(&["off", "if_permitted"])) { "Kiosk", "Kiosk", "if_permitted zet de tablet vast op deze app als het beheersysteem dat toestaat.", "if_permitted pins the tablet to this app where device management permits it." }
    "keep_screen_on" false Signed Location (Kind::Choice(&["never", "charging", "always"])) { "Scherm aan houden", "Keep the screen on", "charging: alleen aan de lader.", "charging: only while charging." }
    "idle_lock_minutes" false Signed It (Kind::Number(0, 480, 0)) { "Minuten tot het einde van een persoonlijke sessie", "Minutes until a personal session ends", "Alleen bij persoonlijke accounts. 0 is nooit.", "Personal accounts only. 0 is never." }
    "block_screenshots" false Signed It (Kind::Flag(false)) { "Schermafbeeldingen tegenhouden", "Block screenshots", "true: van de app kan geen afbeelding worden gemaakt.", "true: no picture can be taken of the app." }
    "allow_camera" false Signed It (Kind::Flag(true)) { "Camera toestaan", "Allow the camera", "Voor foto's in de groepsweergave.", "For photos in the group view." }
    "allow_microphone" false Signed It (Kind::Flag(false)) { "Microfoon toestaan", "Allow the microphone", "Voor geluid in de groepsweergave.", "For sound in the group view." }
    "allow_downloads" false Signed It (Kind::Flag(false)) { "Downloads toestaan", "Allow downloads", "true: bestanden en prints mogen op de tablet worden bewaard. Op Android in de gedeelde map Downloads, waar ze na uitloggen en verwijderen blijven.", "true: files and prints may be kept on the tablet. On Android in the shared folder Downloads, where they stay after sign-out and removal." }
    "diagnostics" false Signed Helpdesk (Kind::Choice(&["errors", "off", "verbose"])) { "Diagnose", "Diagnostics", "Wat de app meldt. Nooit inloggegevens of gegevens van kinderen.", "What the app reports. Never credentials or data of children." }
}
