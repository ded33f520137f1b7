# Messages of the app's own pages, error messages included: plain English, short sentences. `provision` reads the `problem-…` messages, too.

app-name = Konnect Groep
starting = One moment…

not-set-up-title = This tablet is not set up yet
not-set-up-text = Type the name of your organisation. You find it in the address of Konnect.
not-set-up-label = Name of your organisation
not-set-up-ways = Don't know the name?
not-set-up-ways-ask = Ask your manager or your IT department for the name.
not-set-up-ways-scan = Do you have a card with a QR code? Scan it with the tablet's camera.
not-set-up-ways-managed = Your IT department can also set the tablet up remotely. Then there is nothing to type.
not-set-up-managed = Your organisation's IT department sets this tablet up. Is it taking long? Ask them for help.
not-set-up-looking = The app keeps looking for the settings.

link-title = Set up this tablet?
link-organisation = Organisation
link-host = Address of Konnect
link-label = Name of the tablet
link-signed = This card comes from your organisation.
link-unsigned = You do not know this organisation? Then choose Back.
link-ends-session = This tablet is set up differently now. If you go on, you have to sign in again.

sign-in-title = Sign in to Konnect
sign-in-busy = One moment…
sign-in-hint = Tip: use a separate group account on each tablet. Only one device per account can give the extra sign-in code (MFA).

why-person = You are signed out.
why-expired = This tablet was not used for more than 60 days. Please sign in again. The settings are kept.
why-ended = You were signed out. Please sign in again. The settings are kept.
why-personal = You are signing in with a personal account. When you close the app, you are signed out again.
why-changed = Your organisation changed the settings of this tablet. Please sign in again.

browser-title = Sign in with the browser
browser-text = The sign-in page is open in the browser. Sign in there. After that you come back here automatically.
browser-other = Not working?

in-app-title = Sign in to Konnect
in-app-text = The sign-in page is open.

code-title = Sign in with another device
code-scan = Scan the QR code with your phone.
code-address = Not possible? On another device, go to:
code-type = Do you see the same code there? If not, type it in:
code-sign-in = Sign in there.
code-qr = QR code to sign in
code-next = After that, this tablet continues automatically.

finishing-title = Almost there
finishing-text = Signing you in…

group-title = The group is open

trouble-signed-in = You stay signed in.
trouble-retries = The app keeps trying by itself.
error-code = Code { $code }

status-title = About this tablet
status-days = { $days ->
    [0] The tablet was not used for a long time. You will need to sign in again soon.
    [one] You stay signed in for 1 more day, even if nobody uses the tablet.
   *[other] You stay signed in for { $days } more days, even if nobody uses the tablet.
}
status-personal = You are using a personal account. When you close the app, you are signed out.
status-environment = Environment: { $name }
status-version = Version { $version }
status-lately = This went wrong recently:
status-support = Need help?
status-managed = Your organisation manages this tablet.
status-settings = Settings of this tablet
status-wrong = This is not right:
source-managed = device management
source-signed_link = signed card
source-unsigned_link = card
source-set_up = chosen on this tablet
source-built_in = built into the app
status-sure-title = Do you want to sign out?
status-sure = You will have to sign in again to see the group.
status-no-sign-out = You cannot sign out here. Your organisation has set it up that way.

action-set_tenant = Continue
action-change_organisation = Choose another organisation
action-sign_in = Sign in
action-sign_in_here = Sign in inside the app
action-sign_in_with_code = Sign in with another device
action-open_browser_again = Open the browser again
action-cancel = Back
action-retry = Try again
action-open_group = Go to the group
action-show_status = About this tablet
action-ask_sign_out = Sign out
action-use_link = Yes, set it up
action-sign_out = Yes, sign out

problem-tenant_empty-title = No name was entered
problem-tenant_empty-text = Enter the name of your organisation.
problem-tenant_invalid-title = This name is not right
problem-tenant_invalid-text = This name is not right. Use only letters, digits and hyphens.
problem-tenant_foreign-title = This address does not belong to Konnect
problem-tenant_foreign-text = This address does not belong to Konnect. Type only the name of your organisation.
problem-tenant_email-title = This is an e-mail address
problem-tenant_email-text = This is an e-mail address. Type the name of your organisation.
problem-link_refused-title = This card or link does not work
problem-link_refused-text = This card or link does not work. Ask the IT department for a new one and tell them the code.
problem-settings_invalid-title = Something is wrong in the settings
problem-settings_invalid-text = You cannot fix this yourself. Ask your IT department for help and mention the code.
problem-environment_empty-title = The app does not match the settings
problem-environment_empty-text = The settings ask for another version of the app. Ask your IT department for help and mention the code.
problem-sign_in_denied-title = You are not signed in
problem-sign_in_denied-text = The sign-in was stopped. Please try again.
problem-sign_in_expired-title = Signing in took too long
problem-sign_in_expired-text = Start again. You have ten minutes.
problem-sign_in_rejected-title = Signing in did not work
problem-sign_in_rejected-text = Please try again. Still not working? Ask your IT department for help and mention the code.
problem-wrong_organisation-title = This account belongs to another organisation
problem-wrong_organisation-text = Sign in with an account of this organisation.
problem-not_allowed-title = Signing in is not possible now
problem-not_allowed-text = Konnect does not accept this app yet. Ask your IT department for help and mention the code.
problem-no_browser-title = The browser does not open
problem-no_browser-text = Choose another way to sign in below.
problem-code_expired-title = The code has expired
problem-code_expired-text = Start again to get a new code.
problem-code_unavailable-title = Another device is not possible here
problem-code_unavailable-text = Sign in on this tablet.
problem-no_network-title = No internet
problem-no_network-text = Check that the wifi is on.
problem-server_down-title = Konnect is not responding
problem-server_down-text = There is nothing wrong with the tablet. Please wait a moment.
problem-server_busy-title = Konnect is very busy
problem-server_busy-text = There is nothing wrong with the tablet. Please wait a minute.
problem-captive_portal-title = The wifi asks for something
problem-captive_portal-text = Something other than Konnect came up. Open the tablet's wifi settings and sign in to the wifi there.
problem-insecure_connection-title = The connection is not safe
problem-insecure_connection-text = Check the date and time of the tablet. Are they right? Then try another wifi network.
problem-site_unreachable-title = Konnect cannot be reached
problem-site_unreachable-text = Check that the tablet has internet.
problem-site_crashed-title = The screen has stopped
problem-site_crashed-text = The tablet may be too busy. If this happens often, close other apps.
problem-keystore_absent-title = The tablet cannot keep you signed in
problem-keystore_absent-text = You can use the group as usual. If you close the app, you will need to sign in again.
problem-keystore_locked-title = The tablet is not fully unlocked
problem-keystore_locked-text = Turn the tablet's screen off and on again. Unlock the tablet and try once more.
problem-keystore_failed-title = The sign-in cannot be saved now
problem-keystore_failed-text = You can use the group as usual. You may have to sign in again later.
problem-session_at_risk-title = The tablet cannot stay signed in
problem-session_at_risk-text = You can use the group as usual. Ask your IT department for help and mention the code. Otherwise you will have to sign in again later.
# No screen should need these two. They are here so that every kind of error has words.
problem-not_on_tablet-title = Something went wrong
problem-not_on_tablet-text = Please try again. Still not working? Ask your IT department for help and mention the code.
