//! The register itself: one row for each code, in the order of the numbers.
//!
//! A row holds, in this order: the variant, the stable number, the kind that decides what a tablet shows, what
//! happened (Dutch, English; for the helpdesk) and what to do (Dutch, English; for the administrator).

use crate::{ErrorKind, Text};

macro_rules! register {
    ($($name:ident $number:literal $kind:ident { $what_nl:literal, $what_en:literal, $fix_nl:literal, $fix_en:literal $(,)? })*) => {
        /// One fault that somebody can act on. Numbers are stable: manuals, consoles and helpdesks name them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ErrorCode {
            $(#[doc = $what_en] $name,)*
        }

        impl ErrorCode {
            /// All codes, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable number: `E101` and so on.
            #[must_use]
            pub fn number(self) -> &'static str {
                match self { $(Self::$name => $number,)* }
            }

            /// What a tablet shows for this code when nothing more specific is known.
            #[must_use]
            pub fn kind(self) -> ErrorKind {
                match self { $(Self::$name => ErrorKind::$kind,)* }
            }

            /// What happened, for the helpdesk.
            #[must_use]
            pub fn what(self) -> Text {
                match self { $(Self::$name => Text { nl: $what_nl, en: $what_en },)* }
            }

            /// What to do about it, for the administrator.
            #[must_use]
            pub fn fix(self) -> Text {
                match self { $(Self::$name => Text { nl: $fix_nl, en: $fix_en },)* }
            }
        }
    };
}

register! {
    // The app itself.
    AppCannotStart "E001" NotOnTablet {
        "",
        "The app cannot start.",
        "",
        "",
    }
    // Settings, set-up links, managed configuration, the browser, the administrator's tool.
    Value "E101" SettingsInvalid {
        "Deze waarde is niet van het goede soort.",
        "This value is not of the right type.",
        "Kijk in de tabel welk soort waarde hier hoort: tekst, een heel getal, of true of false.",
        "See the table for the type of this key: text, a whole number, or true or false.",
    }
    UnknownKey "E102" SettingsInvalid {
        "De app kent deze instelling niet.",
        "The app does not know this key.",
        "Kijk of de naam goed is geschreven. De app slaat deze instelling over.",
        "Check the spelling of the name. The app skips this key.",
    }
    UnknownEnvironment "E103" EnvironmentEmpty {
        "Deze omgeving bestaat niet in deze app.",
        "This app has no environment of that name.",
        "Kies production, acceptance of custom.",
        "Choose production, acceptance or custom.",
    }
    EmptyEnvironment "E104" EnvironmentEmpty {
        "Deze versie van de app kent de adressen van deze omgeving niet.",
        "This build does not know the addresses of this environment.",
        "Gebruik de app uit de winkel, of vraag KidsKonnect om de gegevens.",
        "Use the app from the store, or ask KidsKonnect for the values.",
    }
    UnsoundEnvironment "E105" SettingsInvalid {
        "De gegevens van deze omgeving kloppen niet.",
        "The values of this environment are unsound.",
        "Bij een eigen omgeving: controleer issuer, client_id en group_url. Anders: meld dit aan KidsKonnect.",
        "With a custom environment: check issuer, client_id and group_url. Otherwise: tell KidsKonnect.",
    }
    Tenant "E106" SettingsInvalid {
        "Dit is geen naam van een organisatie.",
        "This is not an organisation's name.",
        "Vul alleen het eerste deel in van het adres: zonnetje voor zonnetje.ouderportaal.nl.",
        "Give only the first part of the address: zonnetje for zonnetje.ouderportaal.nl.",
    }
    Host "E107" SettingsInvalid {
        "Dit is geen adres van een website.",
        "This is not a host name.",
        "Schrijf namen als profiel.voorbeeld.nl of *.voorbeeld.nl, met een komma ertussen. Geen https:// en geen pad.",
        "Write names such as profile.example.nl or *.example.nl, with a comma between them. No https:// and no path.",
    }
    Choice "E108" SettingsInvalid {
        "Deze waarde staat niet in de lijst.",
        "This value is not one of the choices.",
        "Kies een van de waarden die bij deze instelling horen. Let op kleine letters.",
        "Choose one of the key's values. They are in lower case.",
    }
    TooLong "E109" SettingsInvalid {
        "Deze tekst is te lang.",
        "This text is too long.",
        "Maak de tekst korter.",
        "Make the text shorter.",
    }
    TypedEmpty "E110" TenantEmpty {
        "Er is geen naam ingevuld.",
        "No name was given.",
        "Typ de naam van de organisatie.",
        "Type the organisation's name.",
    }
    TypedInvalid "E111" TenantInvalid {
        "Deze naam van de organisatie kan niet.",
        "This organisation's name is not possible.",
        "Gebruik alleen letters, cijfers en streepjes, zoals in het adres van Konnect.",
        "Use only letters, digits and hyphens, as in the address of Konnect.",
    }
    TypedForeign "E112" TenantForeign {
        "Dit is het adres van een andere website.",
        "This is the address of another site.",
        "Typ het eerste deel van het adres van Konnect.",
        "Type the first part of the address of Konnect.",
    }
    TypedEmail "E113" TenantEmail {
        "Dit is een e-mailadres.",
        "This is an e-mail address.",
        "Typ de naam van de organisatie. Inloggen komt daarna.",
        "Type the organisation's name. Sign-in comes later.",
    }
    Range "E114" SettingsInvalid {
        "Dit getal is te klein of te groot.",
        "This number is out of range.",
        "Kies een getal binnen de grenzen van deze instelling.",
        "Choose a number within the key's limits.",
    }
    Control "E115" SettingsInvalid {
        "In deze tekst staat een teken dat je niet ziet, zoals een nieuwe regel.",
        "This text holds a control character, such as a new line.",
        "Typ de tekst opnieuw in plaats van hem te plakken.",
        "Type the text instead of pasting it.",
    }
    Unexpanded "E116" SettingsInvalid {
        "Hier staat nog een code die je beheersysteem had moeten invullen.",
        "This holds a token that the console should have replaced.",
        "Kijk of je beheersysteem deze code kent. De app slaat de waarde over.",
        "Check that your console knows this token. The app ignores the value.",
    }
    NotHttps "E117" SettingsInvalid {
        "Dit is geen volledig adres dat met https:// begint.",
        "This is not a whole address that begins with https://.",
        "Schrijf het adres als https://voorbeeld.nl/, zonder naam, wachtwoord, poort of #.",
        "Write the address as https://example.nl/, with no name, password, port or #.",
    }
    PublicSuffix "E118" SettingsInvalid {
        "Zo laat je alle websites van een heel domein toe, zoals *.nl.",
        "This would allow every site of a public domain, such as *.nl.",
        "Noem het domein van de organisatie zelf, zoals *.voorbeeld.nl.",
        "Name the organisation's own domain, such as *.example.nl.",
    }
    TooMany "E119" SettingsInvalid {
        "Dit zijn er te veel.",
        "There are too many of them.",
        "Haal weg wat niet nodig is.",
        "Remove what is not needed.",
    }
    NewerVersion "E120" SettingsInvalid {
        "Deze instellingen zijn gemaakt voor een nieuwere app.",
        "These settings were made for a newer app.",
        "Werk de app bij. Wat deze app niet kent, slaat hij over.",
        "Update the app. It skips what it does not know.",
    }
    CustomLacks "E121" SettingsInvalid {
        "Bij een eigen omgeving hoort deze instelling ook.",
        "A custom environment needs this key too.",
        "Vul issuer, client_id en group_url alle drie in.",
        "Give all three of issuer, client_id and group_url.",
    }
    CustomOnly "E122" SettingsInvalid {
        "Deze instelling mag alleen bij een eigen omgeving.",
        "This key is for a custom environment only.",
        "Haal de instelling weg, of kies environment = \"custom\".",
        "Remove the key, or choose environment = \"custom\".",
    }
    GroupHost "E123" SettingsInvalid {
        "Het adres van de groepsweergave staat niet bij de toegestane adressen.",
        "The group view's host is not an allowed host.",
        "Zet de naam uit group_url ook in allowed_hosts.",
        "Put the host of group_url into allowed_hosts too.",
    }
    Contact "E124" SettingsInvalid {
        "Dit is geen telefoonnummer, e-mailadres of https-adres.",
        "This is not a telephone number, e-mail address or https address.",
        "Schrijf bijvoorbeeld tel:+31201234567, mailto:helpdesk@voorbeeld.nl of https://voorbeeld.nl/hulp.",
        "Write for example tel:+31201234567, mailto:helpdesk@example.nl or https://example.nl/help.",
    }
    ClientId "E125" SettingsInvalid {
        "Dit is geen client id.",
        "This is not a client id.",
        "Neem de client id over van de inlogserver: 8 tot 128 letters, cijfers, streepjes.",
        "Copy the client id from the identity server: 8 to 128 letters, digits, hyphens.",
    }
    PublicKey "E126" SettingsInvalid {
        "Dit is geen openbare sleutel van provision.",
        "This is not a public key of provision.",
        "Neem de regel over die `provision key public` geeft.",
        "Copy the line that `provision key public` prints.",
    }
    Secret "E127" SettingsInvalid {
        "Dit lijkt op een geheim: een wachtwoord, token of geheime sleutel.",
        "This looks like a secret: a password, a token or a private key.",
        "Haal het weg. In instellingen hoort nooit een geheim. Is het al gedeeld? Maak het dan ongeldig.",
        "Remove it. Settings never hold a secret. If it was shared, revoke it.",
    }
    NotFromHere "E128" SettingsInvalid {
        "Deze instelling mag niet uit deze bron komen.",
        "This key may not come from this source.",
        "Zet de instelling in het beheersysteem, of onderteken de link.",
        "Put the key into the device management system, or sign the link.",
    }
    Duplicate "E129" SettingsInvalid {
        "Deze instelling staat er twee keer.",
        "This key is given twice.",
        "Laat er één staan.",
        "Keep one of them.",
    }
    Syntax "E130" SettingsInvalid {
        "Dit bestand kan niet worden gelezen.",
        "This file cannot be read as any format that provision knows.",
        "Kijk op de genoemde regel naar aanhalingstekens en haakjes. Maak een nieuw begin met `provision init`.",
        "Look for quotes and brackets at the named line. Start anew with `provision init`.",
    }
    Nested "E131" SettingsInvalid {
        "Hier staat een lijst of een groep waar één waarde hoort.",
        "A list or a group stands where one value belongs.",
        "Schrijf naam = waarde, zonder blokken. Bij meer adressen: één tekst met komma's.",
        "Write name = value, with no sections. For several hosts: one text with commas.",
    }
    NotOurLink "E140" LinkRefused {
        "Dit is geen instel-link van Konnect Groep.",
        "This is not a set-up link of Konnect Groep.",
        "Maak een link met `provision qr`.",
        "Make a link with `provision qr`.",
    }
    LinkTooLong "E141" LinkRefused {
        "Deze link is te lang.",
        "This link is too long.",
        "Een link is hoogstens 2048 tekens. Laat instellingen weg of gebruik een beheersysteem.",
        "A link has 2048 characters at most. Leave keys out or use device management.",
    }
    LinkBroken "E142" LinkRefused {
        "Deze link is beschadigd.",
        "This link is damaged.",
        "Scan de hele code opnieuw, of maak een nieuwe kaart.",
        "Scan the whole code again, or make a new card.",
    }
    LinkAlgorithm "E143" LinkRefused {
        "Deze link is op een manier ondertekend die niet mag.",
        "This link is signed in a way that is not allowed.",
        "Onderteken met `provision qr --sign`. Alleen Ed25519 mag.",
        "Sign with `provision qr --sign`. Only Ed25519 is allowed.",
    }
    LinkKey "E144" LinkRefused {
        "Deze link is ondertekend met een sleutel die de tablet niet kent.",
        "This link is signed with a key that the tablet does not know.",
        "Zet de regel van `provision key public` in provisioning_keys.",
        "Put the line of `provision key public` into provisioning_keys.",
    }
    LinkSignature "E145" LinkRefused {
        "De handtekening van deze link klopt niet.",
        "The signature of this link is wrong.",
        "Gebruik deze link niet. Maak een nieuwe kaart.",
        "Do not use this link. Make a new card.",
    }
    LinkExpired "E146" LinkRefused {
        "Deze link is verlopen.",
        "This link has expired.",
        "Maak een nieuwe kaart. Klopt de klok van de tablet?",
        "Make a new card. Is the tablet's clock right?",
    }
    LinkLifetime "E147" LinkRefused {
        "Deze link is te lang geldig, of er staat geen einddatum in.",
        "This link is valid for too long, or has no end.",
        "Een ondertekende link geldt hoogstens 90 dagen: --expires 90d.",
        "A signed link is valid for 90 days at most: --expires 90d.",
    }
    LinkNeedsSignature "E148" LinkRefused {
        "Deze instelling mag alleen in een ondertekende link.",
        "This key is for a signed link only.",
        "Onderteken met `provision qr --sign`, of laat de instelling weg.",
        "Sign with `provision qr --sign`, or leave the key out.",
    }
    Unreadable "E160" NotOnTablet {
        "Dit bestand kan niet worden geopend of geschreven.",
        "This file cannot be opened or written.",
        "Controleer de naam, de map en de rechten.",
        "Check the name, the folder and the permissions.",
    }
    CsvHeader "E161" NotOnTablet {
        "De eerste regel van de tabel klopt niet.",
        "The table's first row is wrong.",
        "Zet namen van instellingen boven de kolommen. Kijk naar `provision bulk --example 3`.",
        "Put names of keys above the columns. See `provision bulk --example 3`.",
    }
    CsvFormula "E162" NotOnTablet {
        "Deze cel begint als een formule.",
        "This cell begins like a formula.",
        "Haal het teken =, +, -, @ of de tab aan het begin weg.",
        "Remove the =, +, -, @ or tab at its beginning.",
    }
    CsvCells "E163" NotOnTablet {
        "Deze regel heeft te veel of te weinig cellen.",
        "This row has too many or too few cells.",
        "Zet tekst met een scheidingsteken tussen aanhalingstekens.",
        "Put text that holds a separator between quotes.",
    }
    CsvRows "E164" NotOnTablet {
        "Deze tabel heeft te veel regels.",
        "This table has too many rows.",
        "Splits de tabel: hoogstens 100.000 tablets per keer.",
        "Split the table: at most 100,000 tablets at a time.",
    }
    SameDevice "E165" NotOnTablet {
        "Twee tablets hebben dezelfde naam.",
        "Two tablets have the same label.",
        "Geef elke tablet een eigen device_label.",
        "Give each tablet its own device_label.",
    }
    SharedAccount "E166" NotOnTablet {
        "Twee tablets delen één groepsaccount. Maar één apparaat kan de extra inlogcode (MFA) geven.",
        "Two tablets share one group account. Only one device can be its second factor (MFA).",
        "Gebruik op elke tablet een eigen groepsaccount.",
        "Use one group account for each tablet.",
    }
    NoQr "E167" NotOnTablet {
        "In deze afbeelding staat geen leesbare QR-code.",
        "This picture holds no readable QR code.",
        "Gebruik een scherpe foto of het bestand van `provision qr`.",
        "Use a sharp picture or the file of `provision qr`.",
    }
    Unprintable "E168" NotOnTablet {
        "Dit past niet op een kaart.",
        "This does not fit on a card.",
        "Maak teksten korter of laat instellingen weg.",
        "Shorten texts or leave keys out.",
    }
    NoKey "E169" NotOnTablet {
        "Dit is geen geheime sleutel van provision.",
        "This is not a private key of provision.",
        "Maak er een met `provision key new --out sleutel.pem`.",
        "Make one with `provision key new --out key.pem`.",
    }
    DoctorSignIn "E170" NotOnTablet {
        "Inloggen is niet gelukt.",
        "The sign-in did not succeed.",
        "Zoek de code tussen haakjes op in de handleiding. Controleer client_id en de toegestane callback-adressen van de app.",
        "Look up the code in brackets in the manual. Check client_id and the app's allowed callback addresses.",
    }
    DoctorKept "E171" NotOnTablet {
        "Inloggen lukt, maar ingelogd blijven niet.",
        "The sign-in succeeds, but the session cannot be kept.",
        "Zet refresh tokens met rotatie aan voor deze app, en een leeway van 180 seconden.",
        "Turn on rotating refresh tokens for this app, with a leeway of 180 seconds.",
    }
    DoctorRotation "E172" NotOnTablet {
        "De inlogserver geeft geen nieuw refresh token bij verversen.",
        "The identity server gives no new refresh token on a refresh.",
        "Zet rotatie aan voor deze app; alleen dan schuift de 60 dagen op.",
        "Turn on rotation for this app; only then do the 60 days slide.",
    }
    DoctorSignOut "E173" NotOnTablet {
        "De inlogserver bevestigt niet dat de sessie van deze proef is beëindigd.",
        "The identity server does not confirm that the session of this trial has ended.",
        "Beëindig de sessie van dit account op de inlogserver. Probeer het daarna opnieuw.",
        "End this account's session at the identity server. Then try again.",
    }
    DoctorRevocation "E174" NotOnTablet {
        "De inlogserver noemt geen adres om refresh tokens in te trekken. Uitloggen op een tablet beëindigt de sessie daar niet.",
        "The identity server names no address to revoke refresh tokens at. A sign-out on a tablet does not end the session there.",
        "Zet het intrekken van refresh tokens aan (revocation_endpoint, RFC 7009).",
        "Turn on the revocation of refresh tokens (revocation_endpoint, RFC 7009).",
    }
    DoctorUnreachable "E180" NotOnTablet {
        "De server is niet bereikbaar.",
        "The server cannot be reached.",
        "Controleer het netwerk, DNS en de firewall.",
        "Check the network, DNS and the firewall.",
    }
    DoctorTls "E181" NotOnTablet {
        "De beveiligde verbinding met de server lukt niet.",
        "The secure connection to the server fails.",
        "Controleer het certificaat van de server, en of een proxy het verkeer opent.",
        "Check the server's certificate, and whether a proxy opens the traffic.",
    }
    DoctorDiscovery "E182" NotOnTablet {
        "De inlogserver geeft geen OpenID-gegevens.",
        "The identity server gives no OpenID metadata.",
        "Controleer issuer: {issuer}/.well-known/openid-configuration moet JSON geven.",
        "Check issuer: {issuer}/.well-known/openid-configuration must answer with JSON.",
    }
    DoctorIssuer "E183" NotOnTablet {
        "De inlogserver noemt een andere issuer.",
        "The identity server names another issuer.",
        "Neem issuer letterlijk over van de server. Een schuine streep aan het einde telt mee.",
        "Copy issuer from the server to the letter. A slash at its end counts.",
    }
    DoctorS256 "E184" NotOnTablet {
        "De inlogserver kent PKCE met S256 niet.",
        "The identity server does not offer PKCE with S256.",
        "Zet PKCE (S256) aan op de inlogserver.",
        "Turn on PKCE (S256) at the identity server.",
    }
    DoctorDevice "E185" NotOnTablet {
        "Inloggen met een code op een ander apparaat kan niet.",
        "The identity server offers no sign-in by device code.",
        "Zet device_code aan op de inlogserver, of kies een andere login_method.",
        "Turn on device_code at the identity server, or choose another login_method.",
    }
    DoctorRefresh "E186" NotOnTablet {
        "De inlogserver noemt geen refresh tokens.",
        "The identity server does not name refresh tokens.",
        "Zet refresh tokens met rotatie en offline_access aan voor deze app.",
        "Turn on rotating refresh tokens and offline_access for this app.",
    }
    DoctorTransfer "E187" NotOnTablet {
        "Of de server de sessie aan de groepsweergave kan doorgeven, staat er niet bij.",
        "The metadata does not tell whether the session can be handed to the group view.",
        "Zet session transfer aan voor deze app. Zonder dat logt staf in de groepsweergave zelf in.",
        "Turn on session transfer for this app. Without it, staff sign in in the group view itself.",
    }
    DoctorAssociation "E188" NotOnTablet {
        "Het bestand dat links aan de app koppelt, klopt niet.",
        "The file that ties links to the app is wrong.",
        "Maak het met `provision links` en zet het zonder omleiding op de server.",
        "Make it with `provision links` and serve it without a redirect.",
    }
    DoctorClock "E189" NotOnTablet {
        "De klok van deze computer en die van de server verschillen te veel.",
        "This computer's clock and the server's differ too much.",
        "Zet de klok gelijk. Tablets hebben automatische tijd nodig.",
        "Set the clock. Tablets need automatic time.",
    }
    ManagedUnreadable "E190" SettingsInvalid {
        "De app kan de instellingen van het beheersysteem niet lezen.",
        "The app cannot read the managed configuration.",
        "Op Linux: controleer de rechten van het bestand. Op een tablet: start hem opnieuw.",
        "On Linux: check who may read the file. On a tablet: restart it.",
    }
    ManagedNotProtected "E191" SettingsInvalid {
        "Iemand anders dan de beheerder mag de instellingen wijzigen.",
        "Somebody else than an administrator may change the managed configuration.",
        "Maak root eigenaar van het bestand en van de map, en laat niemand anders schrijven.",
        "Let root own the file and its folder, and let nobody else write.",
    }
    ManagedMalformed "E192" SettingsInvalid {
        "De instellingen van het beheersysteem zijn geen plat JSON-object van hoogstens 64 KiB.",
        "The managed configuration is not one flat JSON object of at most 64 KiB.",
        "Controleer ze met `provision validate` en zet ze er opnieuw in.",
        "Check it with `provision validate` and put it there again.",
    }
    BrowserAddress "E193" NoBrowser {
        "Dit is geen adres voor een browser.",
        "This is not an address for a browser.",
        "Controleer het adres van de inlogserver (issuer).",
        "Check the address of the identity server (issuer).",
    }
    BrowserAbsent "E194" NoBrowser {
        "Op deze tablet is geen browser, of hij start niet.",
        "This tablet has no browser, or it does not start.",
        "Zet een browser aan, of kies login_method in_app of device_code.",
        "Turn a browser on, or choose login_method in_app or device_code.",
    }
    BrowserBlocked "E195" NoBrowser {
        "De kiosk van deze tablet laat geen browser toe.",
        "This tablet's kiosk lets no browser come up.",
        "Laat een browser toe in de kiosk, of kies login_method in_app of device_code.",
        "Allow a browser in the kiosk, or choose login_method in_app or device_code.",
    }
    BrowserCancelled "E196" NoBrowser {
        "Iemand heeft de browser gesloten tijdens het inloggen.",
        "Somebody closed the browser during the sign-in.",
        "Begin opnieuw met inloggen.",
        "Begin the sign-in again.",
    }
    // Sign-in and session.
    NoPending "E201" SignInExpired {
        "",
        "No sign-in is under way.",
        "",
        "",
    }
    ForeignCallback "E202" SignInRejected {
        "",
        "The callback belongs to another sign-in: wrong redirect URI or wrong `state`.",
        "",
        "",
    }
    MalformedCallback "E203" SignInRejected {
        "",
        "The callback cannot be read.",
        "",
        "",
    }
    PendingExpired "E204" SignInExpired {
        "",
        "The sign-in took longer than ten minutes.",
        "",
        "",
    }
    CallbackIssuer "E205" SignInRejected {
        "",
        "The callback names another issuer, or none where one was announced.",
        "",
        "",
    }
    Denied "E206" SignInDenied {
        "",
        "The identity provider or the person refused the sign-in.",
        "",
        "",
    }
    AuthorizationFailed "E207" SignInRejected {
        "",
        "The identity provider answered the sign-in with an error.",
        "",
        "",
    }
    IdToken "E210" SignInRejected {
        "",
        "The ID token did not pass the checks.",
        "",
        "",
    }
    WrongOrganization "E211" WrongOrganisation {
        "",
        "The account belongs to another organisation.",
        "",
        "",
    }
    Metadata "E220" NotAllowed {
        "",
        "The identity provider's metadata is not sound.",
        "",
        "",
    }
    IssuerNotAllowed "E221" NotAllowed {
        "",
        "The issuer is not an https address.",
        "",
        "",
    }
    EndpointOrigin "E222" NotAllowed {
        "",
        "An endpoint of the identity provider lies on another site.",
        "",
        "",
    }
    NoS256 "E223" NotAllowed {
        "",
        "The identity provider does not announce PKCE with S256.",
        "",
        "",
    }
    Unsupported "E224" NotAllowed {
        "",
        "The identity provider has no such endpoint.",
        "",
        "",
    }
    TokenAnswer "E230" SignInRejected {
        "",
        "The token endpoint's answer is not what OAuth 2.0 asks for.",
        "",
        "",
    }
    CodeRefused "E231" SignInRejected {
        "",
        "The identity provider refused the authorization code.",
        "",
        "",
    }
    ClientRefused "E232" NotAllowed {
        "",
        "The identity provider does not accept this app as it is set up.",
        "",
        "",
    }
    PersonNeeded "E233" SignInRejected {
        "",
        "The identity provider wants something that only a person can give, such as MFA.",
        "",
        "",
    }
    SessionEnded "E240" SignInRejected {
        "",
        "The identity provider has ended the session.",
        "",
        "",
    }
    NoSession "E241" SignInRejected {
        "",
        "No session is stored on this tablet.",
        "",
        "",
    }
    NoTransfer "E242" SignInRejected {
        "",
        "The identity provider gives no session transfer token.",
        "",
        "",
    }
    OtherPerson "E243" SignInRejected {
        "",
        "A refresh answered for another person.",
        "",
        "",
    }
    Overtaken "E244" SignInRejected {
        "",
        "Somebody signed out while the request was under way.",
        "",
        "",
    }
    DeviceCodeExpired "E250" CodeExpired {
        "",
        "The code for another device has run out.",
        "",
        "",
    }
    DeviceCodeDenied "E251" SignInDenied {
        "",
        "The person refused the sign-in on the other device.",
        "",
        "",
    }
    // The way to the identity provider.
    Unreachable "E301" NoNetwork {
        "",
        "There is no connection to the identity provider.",
        "",
        "",
    }
    Timeout "E302" ServerDown {
        "",
        "The identity provider did not answer in time.",
        "",
        "",
    }
    ServerFault "E303" ServerDown {
        "",
        "The identity provider answered with a fault of its own (5xx).",
        "",
        "",
    }
    Busy "E304" ServerBusy {
        "",
        "The identity provider asks to wait (429).",
        "",
        "",
    }
    Redirect "E305" CaptivePortal {
        "",
        "A redirect came where an answer was expected.",
        "",
        "",
    }
    TooLarge "E306" CaptivePortal {
        "",
        "The answer is larger than allowed.",
        "",
        "",
    }
    Tls "E307" InsecureConnection {
        "",
        "No safe connection could be made.",
        "",
        "",
    }
    NotJson "E308" CaptivePortal {
        "",
        "Something other than the identity provider answered, often a guest network.",
        "",
        "",
    }
    // The keystore.
    KeystoreAbsent "E401" KeystoreAbsent {
        "",
        "This device has no keystore.",
        "",
        "",
    }
    KeystoreLocked "E402" KeystoreLocked {
        "",
        "The keystore is locked.",
        "",
        "",
    }
    KeystoreFailed "E403" KeystoreFailed {
        "",
        "The keystore refused to read or to save.",
        "",
        "",
    }
    // The site view.
    SiteUnreachable "E501" SiteUnreachable {
        "",
        "The group view cannot be reached.",
        "",
        "",
    }
    SiteInsecure "E502" InsecureConnection {
        "",
        "The certificate of the group view is not to be trusted.",
        "",
        "",
    }
    SiteCrashed "E503" SiteCrashed {
        "",
        "The web view stopped.",
        "",
        "",
    }
    SiteServerFault "E504" SiteUnreachable {
        "",
        "The server of the group view answered with a fault of its own (5xx).",
        "",
        "",
    }
    NothingOpen "E510" NotOnTablet {
        "",
        "No site is open.",
        "",
        "",
    }
    SchemeNotAllowed "E511" NotOnTablet {
        "",
        "An address of this kind never loads.",
        "",
        "",
    }
    ForOtherApp "E512" NotOnTablet {
        "",
        "The address is for another app, such as the telephone.",
        "",
        "",
    }
    PlainHttp "E513" CaptivePortal {
        "",
        "The address is not https.",
        "",
        "",
    }
    CredentialsInUrl "E514" NotOnTablet {
        "",
        "The address holds a user name or a password.",
        "",
        "",
    }
    HostNotTrusted "E515" CaptivePortal {
        "",
        "The host is not trusted.",
        "",
        "",
    }
    OpenerNotTrusted "E516" NotOnTablet {
        "",
        "The page that asked for a window is not trusted.",
        "",
        "",
    }
    SecondPopup "E517" NotOnTablet {
        "",
        "The page has a pop-up already.",
        "",
        "",
    }
    PermissionDenied "E518" NotOnTablet {
        "",
        "The settings do not let pages use this.",
        "",
        "",
    }
}
