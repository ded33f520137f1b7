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
arg-sign_in = Logt één keer echt in, ververst de sessie en logt weer uit
arg-port = Logt in met de browser; de inlogserver komt terug op deze poort (0: een vrije)

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

sign-in-code = Log in met het account van een tablet. Ga naar { $url } en vul in: { $code }
sign-in-browser = Log in met het account van een tablet. Open in een browser: { $url }
sign-in-done = Gelukt. Je kunt dit venster sluiten.
sign-in-refused = Dit is niet gelukt. Kijk in het venster van provision.

card-location = Locatie: { $value }
card-account = Groepsaccount: { $value }
card-step-1 = 1. Open de camera van de tablet.
card-step-2 = 2. Richt de camera op de code en tik op de link.
card-step-3 = 3. Klopt de naam op het scherm? Tik dan op Instellen.
card-step-4 = 4. Log in met het account van deze tablet.
card-help = Hulp nodig? { $value }
card-until = Deze kaart werkt tot { $value }.
