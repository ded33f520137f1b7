//! The register: one row for each code, in the order of the numbers.
//!
//! A row holds the variant, the stable number, the kind that decides what a tablet shows, what happened (Dutch, English;
//! for the helpdesk) and what to do (Dutch, English; for the administrator or for staff).

use crate::{ErrorKind, Text};

macro_rules! register {
    ($($name:ident $number:literal $kind:ident { $what_nl:literal, $what_en:literal, $fix_nl:literal, $fix_en:literal $(,)? })*) => {
        /// One error that somebody can act on. Never reuse or change a number: manuals, MDM consoles and helpdesks quote it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ErrorCode {
            $(#[doc = $what_en] $name,)*
        }

        impl ErrorCode {
            /// All codes, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable number: `E` and three digits.
            #[must_use]
            pub fn number(self) -> &'static str {
                match self { $(Self::$name => $number,)* }
            }

            /// The kind of error that staff see for this code.
            #[must_use]
            pub fn kind(self) -> ErrorKind {
                match self { $(Self::$name => ErrorKind::$kind,)* }
            }

            /// What happened, for the helpdesk.
            #[must_use]
            pub fn what(self) -> Text {
                match self { $(Self::$name => Text { nl: $what_nl, en: $what_en },)* }
            }

            /// What to do about it, for the administrator or for staff.
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
        "De app kan niet starten.",
        "The app cannot start.",
        "Start de tablet opnieuw. Helpt dat niet? Installeer de app dan opnieuw.",
        "Restart the tablet. If that does not help, install the app again.",
    }
    // Settings, setup links, managed configuration, the browser, the administrator's tool.
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
        "The values of this environment are not valid.",
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
        "This holds a placeholder that the MDM should have replaced.",
        "Kijk of je beheersysteem deze code kent. De app slaat de waarde over.",
        "Check that your MDM knows this placeholder. The app ignores the value.",
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
        "Copy the client id from the identity provider: 8 to 128 letters, digits, hyphens.",
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
        "Put the key into your MDM, or sign the link.",
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
        "This is not a setup link of Konnect Groep.",
        "Maak een link met `provision qr`.",
        "Make a link with `provision qr`.",
    }
    LinkTooLong "E141" LinkRefused {
        "Deze link is te lang.",
        "This link is too long.",
        "Een link is hoogstens 2048 tekens. Laat instellingen weg of gebruik een beheersysteem.",
        "A link has 2048 characters at most. Leave keys out or use an MDM.",
    }
    LinkBroken "E142" LinkRefused {
        "Deze link is beschadigd.",
        "This link is damaged.",
        "Scan de hele code opnieuw, of maak een nieuwe kaart.",
        "Scan the whole code again, or make a new setup card.",
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
        "Do not use this link. Make a new setup card.",
    }
    LinkExpired "E146" LinkRefused {
        "Deze link is verlopen.",
        "This link has expired.",
        "Maak een nieuwe kaart. Klopt de klok van de tablet?",
        "Make a new setup card. Is the tablet's clock right?",
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
        "This does not fit on a setup card.",
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
        "Zoek de code tussen haakjes op met `provision explain`. Controleer client_id en de toegestane callback-adressen van de app.",
        "Look up the code in brackets with `provision explain`. Check client_id and the app's allowed callback URLs.",
    }
    DoctorKept "E171" NotOnTablet {
        "Inloggen lukt, maar ingelogd blijven niet.",
        "The sign-in succeeds, but the session cannot be kept.",
        "Zet refresh tokens met rotatie aan voor deze app, en een leeway van 180 seconden.",
        "Turn on rotating refresh tokens for this app, with a leeway of 180 seconds.",
    }
    DoctorRotation "E172" NotOnTablet {
        "De inlogserver geeft geen nieuw refresh token bij verversen.",
        "The identity provider gives no new refresh token on a refresh.",
        "Zet rotatie aan voor deze app; alleen dan schuift de 60 dagen op.",
        "Turn on rotation for this app; only then do the 60 days slide.",
    }
    DoctorSignOut "E173" NotOnTablet {
        "De inlogserver bevestigt niet dat de sessie van deze proef is beëindigd.",
        "The identity provider does not confirm that the session of this trial has ended.",
        "Beëindig de sessie van dit account op de inlogserver. Probeer het daarna opnieuw.",
        "End this account's session at the identity provider. Then try again.",
    }
    DoctorRevocation "E174" NotOnTablet {
        "De inlogserver noemt geen adres om refresh tokens in te trekken. Uitloggen op een tablet beëindigt de sessie daar niet.",
        "The identity provider names no address to revoke refresh tokens at. A sign-out on a tablet does not end the session there.",
        "Zet het intrekken van refresh tokens aan (revocation_endpoint, RFC 7009).",
        "Turn on the revocation of refresh tokens (revocation_endpoint, RFC 7009).",
    }
    DoctorNoLeeway "E175" NotOnTablet {
        "De inlogserver weigert een refresh token dat hij net heeft vervangen. Gaat een antwoord verloren, dan is een tablet uitgelogd.",
        "The identity provider refuses a refresh token that it has just replaced. If an answer gets lost, a tablet is signed out.",
        "Zet de overlap van de rotatie (Rotation Overlap Period, leeway) op 180 seconden, of op rotation_leeway_seconds.",
        "Set the overlap period of the rotation (Rotation Overlap Period, leeway) to 180 seconds, or to rotation_leeway_seconds.",
    }
    DoctorShortLeeway "E176" NotOnTablet {
        "De leeway van de inlogserver is korter dan de app verwacht.",
        "The identity provider's leeway is shorter than the app expects.",
        "Maak Rotation Overlap Period gelijk aan rotation_leeway_seconds van deze omgeving.",
        "Make Rotation Overlap Period equal to this environment's rotation_leeway_seconds.",
    }
    DoctorLifetime "E177" NotOnTablet {
        "Een refresh token van deze app verloopt binnen 60 dagen.",
        "A refresh token of this app expires within 60 days.",
        "Zet de levensduur zonder gebruik (idle lifetime) op 5184000 seconden, en de absolute levensduur op oneindig of langer dan een jaar.",
        "Set the idle lifetime to 5184000 seconds, and the absolute lifetime to infinite or more than a year.",
    }
    DoctorDeviceBinding "E178" NotOnTablet {
        "De inlogserver neemt het session transfer token niet aan vanaf een ander adres van dezelfde computer.",
        "The identity provider does not take the session transfer token from another address of the same computer.",
        "Zet enforce_device_binding uit (none), of op asn.",
        "Set enforce_device_binding to none, or to asn.",
    }
    DoctorRevoked "E179" NotOnTablet {
        "De inlogserver neemt een ingetrokken refresh token nog aan.",
        "The identity provider still takes a refresh token that was revoked.",
        "Beëindig de sessies van dit account op de inlogserver. Laat nakijken of het intrekken van refresh tokens werkt (RFC 7009).",
        "End this account's sessions at the identity provider. Have the revocation of refresh tokens checked (RFC 7009).",
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
        "The identity provider gives no OpenID metadata.",
        "Controleer issuer: {issuer}/.well-known/openid-configuration moet JSON geven.",
        "Check issuer: {issuer}/.well-known/openid-configuration must answer with JSON.",
    }
    DoctorIssuer "E183" NotOnTablet {
        "De inlogserver noemt een andere issuer.",
        "The identity provider names another issuer.",
        "Neem issuer letterlijk over van de server. Een schuine streep aan het einde telt mee.",
        "Copy issuer from the server exactly. A slash at its end counts.",
    }
    DoctorS256 "E184" NotOnTablet {
        "De inlogserver kent PKCE met S256 niet.",
        "The identity provider does not offer PKCE with S256.",
        "Zet PKCE (S256) aan op de inlogserver.",
        "Turn on PKCE (S256) at the identity provider.",
    }
    DoctorDevice "E185" NotOnTablet {
        "Inloggen met een code op een ander apparaat kan niet.",
        "The identity provider offers no sign-in by device code.",
        "Zet device_code aan op de inlogserver, of kies een andere login_method.",
        "Turn on device_code at the identity provider, or choose another login_method.",
    }
    DoctorRefresh "E186" NotOnTablet {
        "De inlogserver noemt geen refresh tokens.",
        "The identity provider does not name refresh tokens.",
        "Zet refresh tokens met rotatie en offline_access aan voor deze app.",
        "Turn on rotating refresh tokens and offline_access for this app.",
    }
    DoctorTransfer "E187" NotOnTablet {
        "De inlogserver geeft de sessie niet door aan de groepsweergave.",
        "The identity provider does not transfer the session to the group view.",
        "Zet session transfer aan voor deze app. Zonder dat loggen medewerkers in de groepsweergave zelf in.",
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
        "Somebody other than an administrator may change the managed configuration.",
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
        "Check the address of the identity provider (issuer).",
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
    DoctorIdToken "E197" NotOnTablet {
        "De inlogserver ondertekent ID-tokens niet met RS256 of ES256, of ze horen bij een andere issuer of app.",
        "The identity provider signs ID tokens with neither RS256 nor ES256, or they belong to another issuer or app.",
        "Kies RS256 bij JSON Web Token Signature Algorithm van deze app, en controleer issuer en client_id.",
        "Choose RS256 as this app's JSON Web Token Signature Algorithm, and check issuer and client_id.",
    }
    DoctorEndSession "E198" NotOnTablet {
        "De inlogserver noemt geen pagina om uit te loggen, of die pagina werkt niet. Na uitloggen blijft de browser ingelogd.",
        "The identity provider names no page to sign out at, or that page does not work. The browser stays signed in after a sign-out.",
        "Zet RP-Initiated Logout End Session Endpoint Discovery aan (end_session_endpoint).",
        "Turn on RP-Initiated Logout End Session Endpoint Discovery (end_session_endpoint).",
    }
    DoctorRedeem "E199" NotOnTablet {
        "Konnect logt met het session transfer token niet vanzelf in.",
        "Konnect does not sign in by itself with the session transfer token.",
        "Zet cookie en query bij session_transfer.allowed_authentication_methods van de web-app van Konnect.",
        "Put cookie and query into session_transfer.allowed_authentication_methods of Konnect's web application.",
    }
    // Sign-in and session.
    NoPending "E201" SignInExpired {
        "Er is geen inlogpoging bezig.",
        "No sign-in is in progress.",
        "Begin op de tablet opnieuw met inloggen.",
        "Begin the sign-in again on the tablet.",
    }
    ForeignCallback "E202" SignInRejected {
        "Dit antwoord hoort bij een andere inlogpoging: het adres of de `state` klopt niet.",
        "The callback belongs to another sign-in: wrong redirect URI or wrong `state`.",
        "Begin op de tablet opnieuw met inloggen, en open geen oude inlogpagina.",
        "Begin the sign-in again on the tablet, and open no older sign-in page.",
    }
    MalformedCallback "E203" SignInRejected {
        "Het antwoord van de inlogserver is niet te lezen.",
        "The callback cannot be read.",
        "Begin opnieuw met inloggen. Blijft het zo? Meld de code aan KidsKonnect.",
        "Begin the sign-in again. If it stays like this, report the code to KidsKonnect.",
    }
    PendingExpired "E204" SignInExpired {
        "Het inloggen duurde langer dan tien minuten.",
        "The sign-in took longer than ten minutes.",
        "Begin opnieuw met inloggen. Houd wachtwoord en telefoon bij de hand.",
        "Begin the sign-in again, with password and telephone at hand.",
    }
    CallbackIssuer "E205" SignInRejected {
        "Het antwoord komt van een andere inlogserver dan verwacht.",
        "The callback names another issuer, or none although the identity provider announced one.",
        "Controleer issuer met `provision doctor`. Klopt die? Meld de code dan aan KidsKonnect.",
        "Check issuer with `provision doctor`. If it is right, report the code to KidsKonnect.",
    }
    Denied "E206" SignInDenied {
        "De inlogserver of de gebruiker heeft het inloggen geweigerd.",
        "The identity provider or the person refused the sign-in.",
        "Log opnieuw in met het groepsaccount. Controleer of dat account Konnect mag gebruiken.",
        "Sign in again with the group account. Check that this account may use Konnect.",
    }
    AuthorizationFailed "E207" SignInRejected {
        "De inlogserver gaf een fout bij het inloggen.",
        "The identity provider answered the sign-in with an error.",
        "Controleer client_id, audience, organization en connection, en de toegestane callback-adressen van de app.",
        "Check client_id, audience, organization and connection, and the app's allowed callback URLs.",
    }
    IdToken "E210" SignInRejected {
        "Het ID-token van de inlogserver is niet goedgekeurd.",
        "The ID token did not pass the checks.",
        "Zet de klok van de tablet op automatisch en log opnieuw in. Blijft het zo? Controleer issuer en client_id.",
        "Set the tablet's clock to automatic and sign in again. If it stays like this, check issuer and client_id.",
    }
    WrongOrganization "E211" WrongOrganisation {
        "Dit account hoort bij een andere organisatie.",
        "The account belongs to another organisation.",
        "Log in met een account van deze organisatie, of controleer organization.",
        "Sign in with an account of this organisation, or check organization.",
    }
    Metadata "E220" NotAllowed {
        "De gegevens van de inlogserver kloppen niet.",
        "The identity provider's metadata is not valid.",
        "Controleer issuer met `provision doctor`.",
        "Check issuer with `provision doctor`.",
    }
    IssuerNotAllowed "E221" NotAllowed {
        "Het adres van de inlogserver begint niet met https://.",
        "The issuer is not an https address.",
        "Verbeter issuer. Het begint met https:// en bevat geen pad.",
        "Correct issuer. It begins with https:// and has no path.",
    }
    EndpointOrigin "E222" NotAllowed {
        "De inlogserver verwijst naar een andere website.",
        "An endpoint of the identity provider is on another site.",
        "Controleer issuer met `provision doctor`. Alle adressen van de inlogserver horen bij dezelfde website.",
        "Check issuer with `provision doctor`. All endpoints of the identity provider belong to the same site.",
    }
    NoS256 "E223" NotAllowed {
        "De inlogserver kent PKCE met S256 niet.",
        "The identity provider does not announce PKCE with S256.",
        "Zet PKCE (S256) aan op de inlogserver.",
        "Turn on PKCE (S256) at the identity provider.",
    }
    Unsupported "E224" NotAllowed {
        "De inlogserver kan niet wat de app vraagt.",
        "The identity provider does not offer what the app asks for.",
        "Kijk met `provision doctor` wat ontbreekt, of kies een andere login_method.",
        "See with `provision doctor` what is missing, or choose another login_method.",
    }
    TokenAnswer "E230" SignInRejected {
        "De inlogserver gaf een antwoord dat de app niet kan gebruiken.",
        "The token endpoint's answer is not what OAuth 2.0 prescribes.",
        "Probeer het later opnieuw. Blijft het zo? Meld de code aan KidsKonnect.",
        "Try again later. If it stays like this, report the code to KidsKonnect.",
    }
    CodeRefused "E231" SignInRejected {
        "De inlogserver weigerde de code van deze inlogpoging.",
        "The identity provider refused the authorization code.",
        "Begin opnieuw met inloggen. Blijft het zo? Controleer de toegestane callback-adressen van de app.",
        "Begin the sign-in again. If it stays like this, check the app's allowed callback URLs.",
    }
    ClientRefused "E232" NotAllowed {
        "De inlogserver laat deze app niet toe.",
        "The identity provider does not accept this app as it is set up.",
        "Controleer client_id, en of deze app bij de inlogserver is aangezet.",
        "Check client_id, and that this app is turned on at the identity provider.",
    }
    PersonNeeded "E233" SignInRejected {
        "De inlogserver vraagt iets dat alleen een mens kan geven, zoals een extra inlogcode (MFA).",
        "The identity provider asks for something that only a person can give, such as MFA.",
        "Log op de tablet opnieuw in.",
        "Sign in again on the tablet.",
    }
    SessionEnded "E240" SignInRejected {
        "De inlogserver heeft de sessie beëindigd.",
        "The identity provider has ended the session.",
        "Log opnieuw in met het groepsaccount. Gebeurt het vaker? Controleer de rotatie en de leeway van 180 seconden.",
        "Sign in again with the group account. If it happens often, check rotation and the leeway of 180 seconds.",
    }
    NoSession "E241" SignInRejected {
        "Op deze tablet is geen sessie bewaard.",
        "No session is stored on this tablet.",
        "Log op de tablet in.",
        "Sign in on the tablet.",
    }
    NoTransfer "E242" SignInRejected {
        "De inlogserver geeft de sessie niet door aan de groepsweergave.",
        "The identity provider gives no session transfer token.",
        "Zet session transfer aan voor deze app. Zonder dat loggen medewerkers in de groepsweergave zelf in.",
        "Turn on session transfer for this app. Without it, staff sign in in the group view itself.",
    }
    OtherPerson "E243" SignInRejected {
        "Bij het verversen kwam er een antwoord voor een ander account.",
        "A refresh answered for another account.",
        "Log opnieuw in met het groepsaccount. Blijft het zo? Meld de code aan KidsKonnect.",
        "Sign in again with the group account. If it stays like this, report the code to KidsKonnect.",
    }
    Overtaken "E244" SignInRejected {
        "Iemand logde uit terwijl de app nog bezig was.",
        "Somebody signed out while the request was in progress.",
        "Je hoeft niets te doen, of log opnieuw in.",
        "Nothing needs to be done; sign in again if you want to go on.",
    }
    NoRefreshToken "E245" NotAllowed {
        "Inloggen is gelukt, maar de inlogserver geeft geen refresh token. De tablet kan dan niet ingelogd blijven.",
        "The sign-in succeeded, but the identity provider gave no refresh token, so the tablet cannot stay signed in.",
        "Sta offline_access toe: zet refresh tokens met rotatie aan voor deze app, en \"Allow Offline Access\" voor de API.",
        "Allow offline_access: turn on rotating refresh tokens for this app, and \"Allow Offline Access\" for the API.",
    }
    DeviceCodeExpired "E250" CodeExpired {
        "De code voor een ander apparaat is verlopen.",
        "The code for another device has expired.",
        "Vraag op de tablet een nieuwe code.",
        "Ask for a new code on the tablet.",
    }
    DeviceCodeDenied "E251" SignInDenied {
        "De gebruiker weigerde het inloggen op het andere apparaat.",
        "The person refused the sign-in on the other device.",
        "Vraag een nieuwe code en keur het inloggen daar goed.",
        "Ask for a new code and approve the sign-in there.",
    }
    // The way to the identity provider.
    Unreachable "E301" NoNetwork {
        "Er is geen verbinding met de inlogserver.",
        "There is no connection to the identity provider.",
        "Controleer wifi, proxy en firewall. De tablet blijft ingelogd en probeert het zelf opnieuw.",
        "Check wifi, proxy and firewall. The tablet stays signed in and tries again by itself.",
    }
    Timeout "E302" ServerDown {
        "De inlogserver antwoordde niet op tijd.",
        "The identity provider did not answer in time.",
        "Controleer of het netwerk traag is. De tablet blijft ingelogd en probeert het zelf opnieuw.",
        "Check whether the network is slow. The tablet stays signed in and tries again by itself.",
    }
    ServerFault "E303" ServerDown {
        "De inlogserver heeft zelf een storing (5xx).",
        "The identity provider answered with an error of its own (5xx).",
        "Wacht, en kijk of KidsKonnect een storing meldt. De tablet blijft ingelogd.",
        "Wait, and see whether KidsKonnect reports an outage. The tablet stays signed in.",
    }
    Busy "E304" ServerBusy {
        "De inlogserver vraagt om te wachten (429).",
        "The identity provider asks the app to wait (429).",
        "Wacht een minuut. De tablet blijft ingelogd en probeert het zelf opnieuw.",
        "Wait a minute. The tablet stays signed in and tries again by itself.",
    }
    Redirect "E305" CaptivePortal {
        "Er kwam een doorverwijzing in plaats van een antwoord, vaak van een gastnetwerk.",
        "A redirect came instead of an answer, often from a guest network.",
        "Meld de tablet aan bij het gastnetwerk, of gebruik een ander netwerk.",
        "Sign the tablet in to the guest network, or use another network.",
    }
    TooLarge "E306" CaptivePortal {
        "Het antwoord is groter dan mag, vaak de pagina van een gastnetwerk.",
        "The answer is larger than allowed, often the page of a guest network.",
        "Meld de tablet aan bij het gastnetwerk, of gebruik een ander netwerk.",
        "Sign the tablet in to the guest network, or use another network.",
    }
    Tls "E307" InsecureConnection {
        "Er kwam geen veilige verbinding tot stand.",
        "No secure connection could be made.",
        "Controleer de klok van de tablet, en of een proxy het verkeer opent.",
        "Check the tablet's clock, and whether a proxy opens the traffic.",
    }
    NotJson "E308" CaptivePortal {
        "Iets anders dan de inlogserver antwoordde, vaak een gastnetwerk.",
        "Something other than the identity provider answered, often a guest network.",
        "Meld de tablet aan bij het gastnetwerk, of gebruik een ander netwerk.",
        "Sign the tablet in to the guest network, or use another network.",
    }
    // The keystore.
    KeystoreAbsent "E401" KeystoreAbsent {
        "Dit apparaat heeft geen sleutelbos.",
        "This device has no keystore.",
        "Stel een schermvergrendeling in, start de tablet opnieuw en werk het systeem bij.",
        "Set a screen lock, restart the tablet and update its system.",
    }
    KeystoreLocked "E402" KeystoreLocked {
        "De sleutelbos is vergrendeld.",
        "The keystore is locked.",
        "Ontgrendel de tablet één keer na het opstarten.",
        "Unlock the tablet once after it has started.",
    }
    KeystoreFailed "E403" KeystoreFailed {
        "De sleutelbos weigerde te lezen of te bewaren.",
        "The keystore refused to read or to save.",
        "Start de tablet opnieuw. Blijft het zo? Stel de schermvergrendeling opnieuw in en log in.",
        "Restart the tablet. If it stays like this, set the screen lock again and sign in.",
    }
    StateNotSaved "E405" KeystoreFailed {
        "De app kan zijn bestand niet opslaan. Vaak is het apparaat vol.",
        "The app cannot save its file. Often the device is full.",
        "Maak ruimte op de tablet, en probeer opnieuw.",
        "Make room on the tablet, and try again.",
    }
    // The site view.
    SiteUnreachable "E501" SiteUnreachable {
        "De groepsweergave is niet bereikbaar.",
        "The group view cannot be reached.",
        "Controleer wifi, proxy en firewall. De app probeert het zelf opnieuw.",
        "Check wifi, proxy and firewall. The app tries again by itself.",
    }
    SiteInsecure "E502" InsecureConnection {
        "Het certificaat van de groepsweergave is niet te vertrouwen.",
        "The certificate of the group view cannot be trusted.",
        "Controleer de klok van de tablet, en of een proxy het verkeer opent.",
        "Check the tablet's clock, and whether a proxy opens the traffic.",
    }
    SiteCrashed "E503" SiteCrashed {
        "Het webvenster is gestopt.",
        "The web view stopped.",
        "Sluit andere apps. Werk op Android ook Android System WebView bij.",
        "Close other apps. On Android, update Android System WebView too.",
    }
    SiteServerFault "E504" ServerDown {
        "De server van de groepsweergave of de inlogpagina heeft een storing of vraagt om te wachten (5xx, 429).",
        "The server of the group view or the sign-in page failed, or asks the app to wait (5xx, 429).",
        "Wacht, en kijk of KidsKonnect een storing meldt. De app probeert het zelf opnieuw.",
        "Wait, and see whether KidsKonnect reports an outage. The app tries again by itself.",
    }
    SiteDataNotDeleted "E505" SiteCrashed {
        "De gegevens van de vorige gebruiker in het webvenster zijn niet gewist.",
        "The web view's data of the person before could not be deleted.",
        "Probeer opnieuw. Helpt dat niet? Start de tablet opnieuw.",
        "Try again. If that does not help, restart the tablet.",
    }
    NothingOpen "E510" NotOnTablet {
        "Er is geen website open.",
        "No site is open.",
        "Open de groep opnieuw op de tablet.",
        "Open the group again on the tablet.",
    }
    SchemeNotAllowed "E511" NotOnTablet {
        "Een adres van deze soort laadt nooit.",
        "An address with this scheme never loads.",
        "Meld aan KidsKonnect welke knop of link het was.",
        "Report to KidsKonnect which button or link it was.",
    }
    ForOtherApp "E512" NotOnTablet {
        "Het adres is voor een andere app, zoals bellen of mailen.",
        "The address is for another app, such as the telephone.",
        "Alleen op Android opent een tik op een link van de pagina zelf een andere app. Is er al getikt? Gebruik een ander apparaat.",
        "Only on Android, and only a tap on a link of the page itself opens another app. If somebody tapped already, use another device.",
    }
    PlainHttp "E513" CaptivePortal {
        "Het adres begint niet met https://.",
        "The address is not https.",
        "Is het een gastnetwerk? Meld de tablet daar aan. Meld het adres anders aan KidsKonnect.",
        "If it is a guest network, sign the tablet in to it. Otherwise report the address to KidsKonnect.",
    }
    CredentialsInUrl "E514" NotOnTablet {
        "In het adres staat een gebruikersnaam of wachtwoord.",
        "The address holds a user name or a password.",
        "Meld aan KidsKonnect welke knop of link het was.",
        "Report to KidsKonnect which button or link it was.",
    }
    HostNotTrusted "E515" CaptivePortal {
        "Deze website staat niet bij de toegestane adressen.",
        "The host is not an allowed host.",
        "Hoort de website bij Konnect? Zet de naam in allowed_hosts. Is het een gastnetwerk? Meld de tablet daar aan.",
        "If the site belongs to Konnect, put its name into allowed_hosts. If it is a guest network, sign the tablet in to it.",
    }
    OpenerNotTrusted "E516" NotOnTablet {
        "De pagina die een venster wilde openen, staat niet bij de toegestane adressen.",
        "The page that asked for a window is not on an allowed host.",
        "Hoort de pagina bij Konnect? Zet haar naam in allowed_hosts.",
        "If the page belongs to Konnect, put its host into allowed_hosts.",
    }
    SecondPopup "E517" NotOnTablet {
        "Er is al een extra venster open.",
        "The page has a pop-up open already.",
        "Sluit eerst het andere venster.",
        "Close the other window first.",
    }
    PermissionDenied "E518" NotOnTablet {
        "Volgens de instellingen mag een pagina dit niet gebruiken.",
        "The settings do not let pages use this.",
        "Is het nodig? Zet allow_camera, allow_microphone of allow_downloads op true.",
        "If it is needed, set allow_camera, allow_microphone or allow_downloads to true.",
    }
    NoAppForLink "E519" NotOnTablet {
        "De tablet heeft geen app hiervoor, zoals bellen, mailen, printen of een inlogcode.",
        "The tablet has no app for this, such as the telephone, mail, printing or a one-time code.",
        "Installeer een app ervoor, sta die toe in de kiosk, of gebruik een ander apparaat.",
        "Install an app for it, allow that app in the kiosk, or use another device.",
    }
    NotSaved "E520" NotOnTablet {
        "De tablet kon een bestand van de website niet lezen of bewaren.",
        "The tablet could not read or save a file of the website.",
        "Was het bestand te groot of niet te lezen? Haal het op een ander apparaat op. Maak anders ruimte en zet de app Downloads aan.",
        "If the file was too large or unreadable, fetch it on another device. Otherwise make room and enable the app Downloads.",
    }
}
