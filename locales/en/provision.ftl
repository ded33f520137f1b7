# Texts of `provision`, the command line for device administrators, and of the setup cards that it prints.
# The texts of the cards are for staff: plain English.

about = Settings, device management and QR cards for Konnect Groep.

cmd-init = Writes a settings file to begin with
cmd-schema = Prints all keys: as a table, as JSON Schema, or for Android or Apple
cmd-validate = Checks a settings file
cmd-android = Writes the settings for Android, ready to paste
cmd-apple = Writes the settings for iPad, ready to paste
cmd-qr = Makes a setup link and a setup card with a QR code
cmd-bulk = Makes a setup card for each tablet of a table
cmd-inspect = Shows what a link, card or file does in the app. Opens nothing
cmd-key = Keys to sign setup links with
cmd-key-new = Makes a new key
cmd-key-public = Prints the public half of a key
cmd-links = Writes assetlinks.json and apple-app-site-association
cmd-doctor = Checks over the network whether sign-in can work with these settings
cmd-diff = Prints what changes between two files
cmd-explain = Explains a code or a key

arg-json = Answers in JSON
arg-language = Language: nl or en
arg-environments = Another file of environments than this build's
arg-file = Settings file (TOML, JSON or plist); - is the input
arg-out = File or folder to write to
arg-tenant = Organisation's name
arg-name = Organisation's name on the screen
arg-support = Telephone number, e-mail address or https address for help
arg-format = Which format
arg-target = What the settings are for
arg-emm = Which MDM
arg-sign = Private key to sign the link with
arg-kid = Name of the key
arg-expires = How long a signed link is valid, 90d at most
arg-host = Site whose links open the app; else the app's own scheme
arg-card_language = Language of the card
arg-devices = Table (CSV) with one tablet a row; without a name: the input
arg-template = Settings of all tablets
arg-sheet = a4: eight cards on a sheet. a6: one card on a sheet
arg-example = Prints a table of so many tablets to try
arg-what = Link, PNG or file
arg-keys = Public keys that the tablet knows
arg-key = File of the private key
arg-package = The app's id
arg-cert = SHA-256 of the certificate that signs the Android app
arg-team = Apple team that signs the app
arg-before = File of the settings before
arg-after = File of the settings after
arg-code = Code, such as E117, or name of a key
arg-sign_in = Signs in once for real, refreshes the session and signs out again
arg-port = Signs in by the browser; the identity provider comes back to this port (0: a free one)

example = Example
exists = it exists already
more-findings = … and { $count } more. See all of them with --json.

init-needs-tenant = Give the organisation's name: provision init --tenant zonnetje --out tablet.toml
init-ask-tenant = Organisation's name (zonnetje for zonnetje.ouderportaal.nl)?
init-ask-name = Name on the screen (may be empty)?
init-ask-support = Telephone number or e-mail address for help (may be empty)?
init-head = Settings of Konnect Groep. Remove the # of a line that you need.
init-head-2 = Never put anything secret here. Check it with: provision validate
init-done = { $file } is ready. Check it with: provision validate { $file }
validate-ok = { $file } is sound ({ $count ->
    [one] 1 key
   *[other] { $count } keys
}).

qr-extension = Choose a file that ends in .svg, .png or .pdf.
bulk-done = { $count ->
    [one] 1 card is
   *[other] { $count } cards are
} in { $folder }: cards.pdf and links.csv.
key-keep = Keep this file safe. Put the line above into provisioning_keys in your MDM.
links-package = --package is an id such as nl.kidskonnect.groep.
links-cert = --cert is the certificate's SHA-256: 32 pairs with colons between them.
links-team = --team is the Apple team: ten letters and digits.
links-done = assetlinks.json and apple-app-site-association are ready. Put them into /.well-known/ on the site.
explain-screen = What staff see
explain-what = What happened
explain-fix = What to do
explain-unknown = { $code } is neither a code nor a key. See: provision explain

inspect-signed = Link, signed with key { $kid }
inspect-unsigned = Link without a signature
inspect-managed = Settings for an MDM
inspect-until = Valid until { $day }
inspect-opens = The app shows { $organisation } at { $host } and signs in at { $issuer }
inspect-nothing = The app cannot sign in with this: there is no organisation.
inspect-empty = Only the app from the store knows the addresses of this environment.
diff-same = No difference
diff-security = † The app signs out when this changes.

doctor-ok = ok
doctor-warning = warning
doctor-fault = fault
doctor-tls = Secure connection
doctor-discovery = Identity provider's metadata
doctor-issuer = Issuer
doctor-s256 = PKCE with S256
doctor-device = Code on another device
doctor-refresh = Staying signed in
doctor-revocation = Signing out at the identity provider
doctor-transfer = Transferring the session to the group view
doctor-clock = Clock
doctor-assetlinks = Links on Android
doctor-aasa = Links on iPad
doctor-sign-in = Signing in for real
doctor-kept = Staying signed in after that
doctor-hand-off = Transferring the session for real
doctor-sign-out = Signing out again

sign-in-code = Sign in with a tablet's account. Go to { $url } and enter: { $code }
sign-in-browser = Sign in with a tablet's account. Open in a browser: { $url }
sign-in-done = Done. You can close this window.
sign-in-refused = That did not work. See the terminal of provision.

card-location = Location: { $value }
card-account = Group account: { $value }
card-step-1 = 1. Open the tablet's camera.
card-step-2 = 2. Point it at the code and tap the link.
card-step-3 = 3. Is the name on the screen right? Then tap Set up.
card-step-4 = 4. Sign in with this tablet's account.
card-help = Need help? { $value }
card-until = This card works until { $value }.
