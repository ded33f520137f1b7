//! The one table of keys. Everything that knows a key by name (checks, generators, manuals) comes from here.

use crate::code::Text;

/// The newest `config_version` that this app knows.
pub const CONFIG_VERSION: i64 = 1;

/// The type of a key and what a sound value is. Values are flat scalars: consoles know no nesting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`, also as text; the default.
    Flag(bool),
    /// A whole number, also as text: least, most, default.
    Number(i64, i64, i64),
    /// One of the choices; the first is the default.
    Choice(&'static [&'static str]),
    /// Text of so many characters at most.
    Text(usize),
    /// An organisation's name: one DNS label.
    Tenant,
    /// The whole https address of a host, with no path but `/`.
    Issuer,
    /// `[A-Za-z0-9_-]{8,128}`.
    ClientId,
    /// A URI of 200 characters at most.
    Audience,
    /// An https address; `{tenant}` may stand in it.
    GroupUrl,
    /// At most 20 exact hosts or `*.x.y`, never a public suffix.
    Hosts,
    /// A telephone number, an e-mail address or an https address.
    Contact,
    /// At most four `kid:base64url` of Ed25519 public keys.
    PublicKeys,
}

/// Who gives or feels a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The tools themselves.
    Tooling,
    /// Whoever manages devices.
    It,
    /// Everybody.
    All,
    /// Who looks after the kiosk tablets.
    Kiosks,
    /// Staff at the group, and the helpdesk.
    Staff,
    /// The location.
    Location,
    /// The helpdesk.
    Helpdesk,
}

impl Audience {
    /// As the manual names them.
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

/// The weakest source that may give a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum From {
    /// Any source: it only chooses among what is built in, or is only shown.
    Anybody,
    /// A signed link, or managed configuration.
    Signed,
    /// Managed configuration only.
    ManagedOnly,
}

/// One row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The name, the same everywhere.
    pub name: &'static str,
    /// Type, check and default.
    pub kind: Kind,
    /// A wrong value stops sign-in instead of falling back.
    pub security: bool,
    /// Who may give it.
    pub from: From,
    /// Who it is for.
    pub audience: Audience,
    /// A short name for consoles.
    pub title: Text,
    /// What it does.
    pub description: Text,
}

impl Key {
    /// The default as text; empty where there is none.
    #[must_use]
    pub fn default_text(&self) -> String {
        match self.kind {
            Kind::Flag(flag) => flag.to_string(),
            Kind::Number(_, _, number) => number.to_string(),
            Kind::Choice(choices) => choices.first().copied().unwrap_or_default().to_owned(),
            _ => String::new(),
        }
    }

    /// The type in the words of the manual.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Flag(_) => "bool",
            Kind::Number(..) => "int",
            Kind::Choice(_) => "choice",
            _ => "string",
        }
    }

    /// An example of a sound value.
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

/// A row by its name.
#[must_use]
pub fn key(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

macro_rules! keys {
    ($($name:literal $security:literal $from:ident $audience:ident ($kind:expr) { $title_nl:literal, $title_en:literal, $nl:literal, $en:literal $(,)? })*) => {
        /// All keys, in the order of the manual.
        pub const KEYS: &[Key] = &[$(Key {
            name: $name,
            kind: $kind,
            security: $security,
            from: From::$from,
            audience: Audience::$audience,
            title: Text { nl: $title_nl, en: $title_en },
            description: Text { nl: $nl, en: $en },
        }),*];
    };
}

keys! {
    "config_version" false Anybody Tooling (Kind::Number(1, CONFIG_VERSION, 1)) { "Versie van deze instellingen", "Version of these settings", "Laat dit op 1 staan.", "Leave this at 1." }
    "environment" true Anybody It (Kind::Choice(&["production", "acceptance", "custom"])) { "Omgeving", "Environment", "Waar de tablet inlogt. Kies custom alleen als KidsKonnect dat vraagt; dan zijn issuer, client_id en group_url nodig.", "Where the tablet signs in. Choose custom only if KidsKonnect asks; it needs issuer, client_id and group_url." }
    "tenant" true Anybody All (Kind::Tenant) { "Naam van de organisatie", "Organisation's name", "Het eerste deel van het adres van Konnect: zonnetje voor zonnetje.ouderportaal.nl.", "The first part of the address of Konnect: zonnetje for zonnetje.ouderportaal.nl." }
    "issuer" true Signed It (Kind::Issuer) { "Adres van de inlogserver", "Identity server", "Alleen bij een eigen omgeving. Letterlijk zoals de server het noemt.", "Custom environment only. To the letter as the server names it." }
    "client_id" true Signed It (Kind::ClientId) { "Client id", "Client id", "Alleen bij een eigen omgeving. Geen geheim.", "Custom environment only. Not a secret." }
    "audience" true Signed It (Kind::Audience) { "Audience", "Audience", "Alleen bij een eigen omgeving: de API waar het token voor is.", "Custom environment only: the API that the token is for." }
    "organization" false Signed It (Kind::Text(128)) { "Organisatie bij de inlogserver", "Organisation at the identity server", "De organization van Auth0, als die nodig is.", "Auth0's organization, where one is needed." }
    "connection" false Signed It (Kind::Text(128)) { "Verbinding bij de inlogserver", "Connection at the identity server", "De connection van Auth0, als die nodig is.", "Auth0's connection, where one is needed." }
    "login_hint" false Signed It (Kind::Text(128)) { "Groepsaccount", "Group account", "De gebruikersnaam die bij het inloggen al is ingevuld. Nooit een wachtwoord.", "The user name that is filled in at sign-in. Never a password." }
    "login_method" false Signed Kiosks (Kind::Choice(&["auto", "browser", "in_app", "device_code"])) { "Manier van inloggen", "Way of signing in", "auto kiest zelf. Op een kiosk zonder browser: in_app of device_code.", "auto decides by itself. On a kiosk without a browser: in_app or device_code." }
    "account_type" false Signed It (Kind::Choice(&["group", "personal"])) { "Soort account", "Type of account", "Een groepsaccount blijft ingelogd. Een persoonlijk account niet.", "A group account stays signed in. A personal account does not." }
    "group_url" true Signed It (Kind::GroupUrl) { "Adres van de groepsweergave", "Address of the group view", "Alleen bij een eigen omgeving. {tenant} mag erin staan.", "Custom environment only. {tenant} may stand in it." }
    "allowed_hosts" true Signed It (Kind::Hosts) { "Toegestane adressen", "Allowed hosts", "Meer websites die de app mag tonen, met een komma ertussen: profiel.voorbeeld.nl of *.voorbeeld.nl.", "Further sites that the app may show, with a comma between them: profile.example.nl or *.example.nl." }
    "location_id" false Anybody Staff (Kind::Text(64)) { "Locatie", "Location", "Nummer of code van de locatie, voor de helpdesk.", "Number or code of the location, for the helpdesk." }
    "organisation_name" false Anybody Staff (Kind::Text(60)) { "Naam op het scherm", "Name on the screen", "De naam van de organisatie zoals medewerkers die kennen.", "The organisation's name as staff know it." }
    "device_label" false Anybody Staff (Kind::Text(64)) { "Naam van de tablet", "Tablet's label", "Bijvoorbeeld: Groep Blauw 1.", "For example: Groep Blauw 1." }
    "support_contact" false Anybody Helpdesk (Kind::Contact) { "Hulp", "Help", "Telefoonnummer, e-mailadres of https-adres van de helpdesk, hoogstens 120 tekens.", "Telephone number, e-mail address or https address of the helpdesk, 120 characters at most." }
    "language" false Anybody Location (Kind::Choice(&["system", "nl", "en"])) { "Taal", "Language", "system volgt de tablet.", "system follows the tablet." }
    "allow_manual_setup" true Signed It (Kind::Flag(true)) { "Zelf instellen toestaan", "Allow set-up by hand", "false: niemand kan op de tablet een organisatie kiezen.", "false: nobody can choose an organisation on the tablet." }
    "allow_sign_out" false Signed It (Kind::Flag(true)) { "Uitloggen toestaan", "Allow sign-out", "false: de knop om uit te loggen is er niet.", "false: there is no button to sign out." }
    "provisioning_keys" true ManagedOnly It (Kind::PublicKeys) { "Sleutels voor instel-links", "Keys for set-up links", "Openbare sleutels van provision, met een komma ertussen. Alleen uit het beheersysteem.", "Public keys of provision, with a comma between them. From device management only." }
    "kiosk" false Signed It (Kind::Choice(&["off", "if_permitted"])) { "Kiosk", "Kiosk", "if_permitted zet de tablet vast op deze app als het beheersysteem dat toestaat.", "if_permitted pins the tablet to this app where device management permits it." }
    "keep_screen_on" false Signed Location (Kind::Choice(&["never", "charging", "always"])) { "Scherm aan houden", "Keep the screen on", "charging: alleen aan de lader.", "charging: only while charging." }
    "idle_lock_minutes" false Signed It (Kind::Number(0, 480, 0)) { "Minuten tot het einde van een persoonlijke sessie", "Minutes until a personal session ends", "Alleen bij persoonlijke accounts. 0 is nooit.", "Personal accounts only. 0 is never." }
    "block_screenshots" false Signed It (Kind::Flag(false)) { "Schermafbeeldingen tegenhouden", "Block screenshots", "true: van de app kan geen afbeelding worden gemaakt.", "true: no picture can be taken of the app." }
    "allow_camera" false Signed It (Kind::Flag(true)) { "Camera toestaan", "Allow the camera", "Voor foto's in de groepsweergave.", "For photos in the group view." }
    "allow_microphone" false Signed It (Kind::Flag(false)) { "Microfoon toestaan", "Allow the microphone", "Voor geluid in de groepsweergave.", "For sound in the group view." }
    "allow_downloads" false Signed It (Kind::Flag(false)) { "Downloads toestaan", "Allow downloads", "true: bestanden mogen op de tablet worden bewaard.", "true: files may be kept on the tablet." }
    "diagnostics" false Signed Helpdesk (Kind::Choice(&["errors", "off", "verbose"])) { "Diagnose", "Diagnostics", "Wat de app meldt. Nooit inloggegevens of gegevens van kinderen.", "What the app reports. Never credentials or data of children." }
}
