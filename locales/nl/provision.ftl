# Teksten van `provision`, het programma voor wie tablets beheert, en van de kaarten die het drukt.
# De kaarten zijn voor medewerkers: taalniveau B1.

about = Instellingen, beheersystemen en QR-kaarten voor Konnect Groep.

cmd-init = Maakt een bestand met instellingen om mee te beginnen
cmd-schema = Toont alle instellingen: als tabel, JSON Schema of voor Android of Apple
cmd-validate = Controleert een bestand met instellingen
cmd-android = Maakt de instellingen voor Android, klaar om te plakken
cmd-apple = Maakt de instellingen voor iPad, klaar om te plakken
cmd-qr = Maakt een link en een kaart met een QR-code
cmd-bulk = Maakt een kaart voor elke tablet in een tabel
cmd-inspect = Laat zien wat een link, kaart of bestand in de app doet. Opent niets
cmd-key = Sleutels om links mee te ondertekenen
cmd-key-new = Maakt een nieuwe sleutel
cmd-key-public = Toont de openbare helft van een sleutel
cmd-links = Maakt assetlinks.json en apple-app-site-association
cmd-doctor = Controleert via het netwerk of inloggen met deze instellingen kan
cmd-diff = Toont wat er tussen twee bestanden verandert
cmd-explain = Legt een code of een instelling uit

arg-json = Antwoordt in JSON
arg-language = Taal: nl of en
arg-environments = Een ander bestand met omgevingen dan dat van deze versie
arg-file = Bestand met instellingen (TOML, JSON of plist); - is de invoer
arg-out = Bestand of map om naar te schrijven
arg-tenant = Naam van de organisatie
arg-name = Naam van de organisatie op het scherm
arg-support = Telefoonnummer, e-mailadres of https-adres voor hulp
arg-format = Welke vorm
arg-target = Waar de instellingen voor zijn
arg-emm = Welk beheersysteem
arg-sign = Geheime sleutel om de link mee te ondertekenen
arg-kid = Naam van de sleutel
arg-expires = Hoe lang een ondertekende link geldt, hoogstens 90d
arg-host = Website die de links van de app opent; anders de eigen link van de app
arg-card_language = Taal van de kaart
arg-devices = Tabel (CSV) met één tablet per regel; zonder naam: de invoer
arg-template = Instellingen die voor alle tablets gelden
arg-sheet = a4: acht kaarten op een vel. a6: één kaart op een vel
arg-example = Toont een tabel met zoveel tablets om te proberen
arg-what = Link, PNG of bestand
arg-keys = Openbare sleutels die de tablet kent
arg-key = Bestand met de geheime sleutel
arg-package = Id van de app
arg-cert = SHA-256 van het certificaat dat de Android-app ondertekent
arg-team = Team van Apple dat de app ondertekent
arg-before = Bestand met de oude instellingen
arg-after = Bestand met de nieuwe instellingen
arg-code = Code, zoals E117, of naam van een instelling
arg-sign_in = Logt één keer echt in, probeert alles waar de app op rekent, en logt weer uit
arg-port = Logt in met de browser; de inlogserver komt terug op deze poort (0: een vrije)
arg-measure_leeway = Meet ook de leeway; duurt zo lang als de leeway zelf, in de meeste omgevingen drie minuten

example = Voorbeeld
exists = bestaat al
more-findings = … en nog { $count ->
    [one] 1 melding
   *[other] { $count } meldingen
}. Met --json zie je ze allemaal.

init-needs-tenant = Geef de naam van de organisatie: provision init --tenant zonnetje --out tablet.toml
init-ask-tenant = Naam van de organisatie (zonnetje voor zonnetje.ouderportaal.nl)?
init-ask-name = Naam op het scherm (leeg mag)?
init-ask-support = Telefoonnummer of e-mailadres voor hulp (leeg mag)?
init-head = Instellingen van Konnect Groep. Haal # weg voor een regel die je nodig hebt.
init-head-2 = Zet hier nooit iets geheims in. Controleer met: provision validate
init-done = { $file } is klaar. Controleer met: provision validate { $file }
validate-ok = { $file } is in orde ({ $count ->
    [one] 1 instelling
   *[other] { $count } instellingen
}).

qr-extension = Kies een bestand dat eindigt op .svg, .png of .pdf.
bulk-done = { $count ->
    [one] 1 kaart staat
   *[other] { $count } kaarten staan
} in { $folder }: cards.pdf en links.csv.
key-keep = Bewaar dit bestand veilig. Zet de regel hierboven in provisioning_keys, in je beheersysteem.
links-package = --package is een id als nl.kidskonnect.groep.
links-cert = --cert is de SHA-256 van het certificaat: 32 keer twee tekens met dubbele punten.
links-team = --team is het team van Apple: tien letters en cijfers.
links-done = assetlinks.json en apple-app-site-association zijn klaar. Zet ze in /.well-known/ op de website.
explain-screen = Wat medewerkers zien
explain-what = Wat er is gebeurd
explain-fix = Wat je doet
explain-unknown = { $code } is geen code en geen instelling. Zie: provision explain

inspect-signed = Link, ondertekend met sleutel { $kid }
inspect-unsigned = Link zonder handtekening
inspect-managed = Instellingen voor een beheersysteem
inspect-until = Geldig tot { $day }
inspect-opens = De app toont { $organisation } op { $host } en logt in bij { $issuer }
inspect-nothing = De app kan hiermee nog niet inloggen: er is geen organisatie.
inspect-empty = De adressen van deze omgeving zitten alleen in de app uit de winkel.
diff-same = Geen verschil
diff-security = † De app logt uit als dit verandert.

doctor-ok = goed
doctor-warning = let op
doctor-fault = fout
doctor-tls = Beveiligde verbinding
doctor-discovery = Gegevens van de inlogserver
doctor-issuer = Issuer
doctor-s256 = PKCE met S256
doctor-device = Code op een ander apparaat
doctor-refresh = Ingelogd blijven
doctor-revocation = Uitloggen op de inlogserver
doctor-transfer = Sessie doorgeven aan de groepsweergave
doctor-clock = Klok
doctor-assetlinks = Links op Android
doctor-aasa = Links op iPad
doctor-sign-in = Echt inloggen
doctor-kept = Ingelogd blijven na inloggen
doctor-hand-off = Sessie echt doorgeven
doctor-sign-out = Weer uitloggen
doctor-unseen = niet te zien
doctor-algorithm = Algoritme van ID-tokens
doctor-callback = Callback-adres van de app
doctor-end-session-named = Uitloggen in de browser
doctor-id-token = ID-token
doctor-rotation = Nieuw refresh token bij verversen (rotatie)
doctor-access-lifetime = Levensduur van het access token
doctor-idle-lifetime = Levensduur van een ongebruikt refresh token
doctor-absolute-lifetime = Absolute levensduur van refresh tokens
doctor-redeem = Inloggen bij Konnect met de doorgegeven sessie
doctor-redeem-cookie = Inloggen bij Konnect met het token in een cookie
doctor-redeem-query = Inloggen bij Konnect met het token in het adres
doctor-binding = Sessie doorgeven vanaf een ander adres
doctor-leeway = Verversen herhalen na een verloren antwoord (leeway)
doctor-leeway-length = Lengte van de leeway
doctor-mfa = Geen MFA bij verversen
doctor-grant-deletion = Uitloggen geldt voor één tablet
doctor-cascade = Uitloggen beëindigt de websessie van Konnect
doctor-revoked = Een ingetrokken refresh token wordt geweigerd
doctor-end-session = Pagina om uit te loggen
doctor-interrupted = De proef is afgebroken
doctor-look-transfer = Alleen --sign-in laat dit zien. In Auth0: session_transfer.can_create_session_transfer_token is true voor deze app.
doctor-look-callback = De gegevens noemen geen inlogpagina op de site van de issuer zelf. In Auth0: Applications > deze app > Settings > Allowed Callback URLs bevat nl.kidskonnect.groep:/callback.
doctor-look-access-lifetime = De antwoorden noemen haar niet. De app hangt er niet van af.
doctor-look-idle-lifetime = De antwoorden noemen haar niet. In Auth0: Applications > deze app > Settings > Idle Refresh Token Lifetime is 5184000 seconden.
doctor-look-absolute-lifetime = In Auth0: Applications > deze app > Settings > Maximum Refresh Token Lifetime is uit, of langer dan een jaar.
doctor-look-redeem = De groepsweergave stuurt geen inlogverzoek dat hier te lezen is. In Auth0: session_transfer.allowed_authentication_methods van de web-app van Konnect bevat cookie en query.
doctor-look-binding = Deze computer heeft geen tweede adres dat de inlogserver bereikt, of Konnect logt niet in met het token. In Auth0: session_transfer.enforce_device_binding is none of asn.
doctor-look-leeway = Zonder nieuw refresh token bij verversen is er geen oud om te herhalen. Zet rotatie aan en probeer het opnieuw.
doctor-look-leeway-length = Probeer het opnieuw met --measure-leeway. Of in Auth0: Applications > deze app > Settings > Rotation Overlap Period is gelijk aan rotation_leeway_seconds.
doctor-look-mfa = Dit verversen vroeg geen mens; een volgende keer misschien wel. In Auth0: geen Action en geen MFA-beleid vraagt om MFA bij het protocol oauth2-refresh-token.
doctor-look-grant-deletion = In Auth0: Settings > Advanced > Refresh Token Revocation Deletes Grant staat uit. Anders logt één tablet die uitlogt alle tablets met hetzelfde account uit.
doctor-look-cascade = In Auth0: session_transfer.enforce_cascade_revocation is true voor deze app.
doctor-look-revoked = De inlogserver had de sessie al beëindigd. Stel de leeway goed in en probeer het opnieuw.

sign-in-code = Log in met een account om te testen, niet met dat van een tablet in gebruik. Ga naar { $url } en vul in: { $code }
sign-in-browser = Log in met een account om te testen, niet met dat van een tablet in gebruik. Open in een browser: { $url }
sign-in-done = Gelukt. Je kunt dit venster sluiten.
sign-in-refused = Dit is niet gelukt. Kijk in het venster van provision.
sign-in-browser-end = Je browser is misschien nog ingelogd. Open daar: { $url }
sign-in-measures = { $count ->
    [one] Meet de leeway. Dat duurt een minuut ({ $seconds } seconden).
   *[other] Meet de leeway. Dat duurt { $count } minuten ({ $seconds } seconden).
}

card-location = Locatie: { $value }
card-account = Groepsaccount: { $value }
card-step-1 = 1. Open de camera van de tablet.
card-step-2 = 2. Richt de camera op de code en tik op de link.
card-step-3 = 3. Klopt de naam op het scherm? Tik dan op Instellen.
card-step-4 = 4. Log in met het account van deze tablet.
card-help = Hulp nodig? { $value }
card-until = Deze kaart werkt tot { $value }.
