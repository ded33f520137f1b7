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
arg-sign_in = Signs in once for real, tries all that the app relies on, and signs out again
arg-port = Signs in by the browser; the identity provider comes back to this port (0: a free one)
arg-measure_leeway = Also measures the leeway; takes as long as the leeway itself, three minutes in most environments

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
doctor-unseen = not seen
doctor-algorithm = Algorithm of ID tokens
doctor-callback = The app's callback address
doctor-end-session-named = Signing out in the browser
doctor-id-token = ID token
doctor-rotation = New refresh token on a refresh (rotation)
doctor-access-lifetime = Lifetime of the access token
doctor-idle-lifetime = Lifetime of an unused refresh token
doctor-absolute-lifetime = Absolute lifetime of refresh tokens
doctor-redeem = Signing in to Konnect with the transferred session
doctor-redeem-cookie = Signing in to Konnect with the token in a cookie
doctor-redeem-query = Signing in to Konnect with the token in the address
doctor-binding = Session transfer from another address
doctor-leeway = Repeating a lost refresh (leeway)
doctor-leeway-length = Length of the leeway
doctor-mfa = No MFA on a refresh
doctor-grant-deletion = A sign-out ends this tablet only
doctor-cascade = A sign-out ends Konnect's web session
doctor-revoked = A revoked refresh token is refused
doctor-end-session = Page to sign out at
doctor-interrupted = The trial was interrupted
doctor-look-transfer = Only --sign-in shows this. In Auth0: session_transfer.can_create_session_transfer_token is true for this app.
doctor-look-callback = The metadata name no sign-in page on the issuer's own site. In Auth0: Applications > this app > Settings > Allowed Callback URLs has nl.kidskonnect.groep:/callback.
doctor-look-access-lifetime = The answers do not tell it. The app does not depend on it.
doctor-look-idle-lifetime = The answers do not tell it. In Auth0: Applications > this app > Settings > Idle Refresh Token Lifetime is 5184000 seconds.
doctor-look-absolute-lifetime = In Auth0: Applications > this app > Settings > Maximum Refresh Token Lifetime is off, or more than a year.
doctor-look-redeem = The group view sends no request to sign in that can be read here. In Auth0: session_transfer.allowed_authentication_methods of Konnect's web application has cookie and query.
doctor-look-binding = This computer has no second address that reaches the identity provider, or Konnect does not sign in with the token. In Auth0: session_transfer.enforce_device_binding is none or asn.
doctor-look-leeway = Without a new refresh token on a refresh there is no old one to repeat. Turn on rotation, then run this again.
doctor-look-leeway-length = Run this again with --measure-leeway. Or in Auth0: Applications > this app > Settings > Rotation Overlap Period equals rotation_leeway_seconds.
doctor-look-mfa = This refresh needed no person; a later one may. In Auth0: no Action and no MFA policy asks for MFA if the protocol is oauth2-refresh-token.
doctor-look-grant-deletion = In Auth0: Settings > Advanced > Refresh Token Revocation Deletes Grant is off. Otherwise the sign-out of one tablet signs out every tablet of the same account.
doctor-look-cascade = In Auth0: session_transfer.enforce_cascade_revocation is true for this app.
doctor-look-revoked = The identity provider had ended the session before. Make the leeway right, then run this again.

sign-in-code = Sign in with an account for tests, not with that of a tablet in use. Go to { $url } and enter: { $code }
sign-in-browser = Sign in with an account for tests, not with that of a tablet in use. Open in a browser: { $url }
sign-in-done = Done. You can close this window.
sign-in-refused = That did not work. See the terminal of provision.
sign-in-browser-end = Your browser may still be signed in. Open there: { $url }
sign-in-measures = { $count ->
    [one] Measures the leeway. This takes a minute ({ $seconds } seconds).
   *[other] Measures the leeway. This takes { $count } minutes ({ $seconds } seconds).
}

card-location = Location: { $value }
card-account = Group account: { $value }
card-step-1 = 1. Open the tablet's camera.
card-step-2 = 2. Point it at the code and tap the link.
card-step-3 = 3. Is the name on the screen right? Then tap Set up.
card-step-4 = 4. Sign in with this tablet's account.
card-help = Need help? { $value }
card-until = This card works until { $value }.
