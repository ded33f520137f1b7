app-name = Konnect Groep
starting = One moment…

not-set-up-title = This tablet is not set up yet
not-set-up-text = Type the name of your organisation, as in the address of Konnect.
not-set-up-managed = Your organisation sets this tablet up. Ask your IT department for help.
not-set-up-label = Name of your organisation
not-set-up-ways = Is there another way?
not-set-up-ways-text = Yes. Your IT department can set the tablet up remotely. Or you scan a QR code with the tablet's camera.

sign-in-title = Sign in to Konnect
sign-in-busy = Getting the sign-in ready…
sign-in-hint = Tip: use one account per tablet. Then MFA works on every tablet.

why-person = You are signed out.
why-expired = This tablet was not used for more than 60 days. Please sign in again. The settings are kept.
why-ended = You were signed out. Please sign in again. The settings are kept.
why-personal = A personal account does not stay signed in. Please sign in again.
why-changed = Your organisation changed the settings. Please sign in again.

browser-title = Sign in in the browser
browser-text = The browser is open. After signing in you come back here by yourself.

in-app-title = Sign in
in-app-text = The sign-in page is open.

code-title = Sign in on another device
code-scan = Scan the QR code with your phone. Or go to:
code-type = and enter this code:
code-qr = QR code to sign in
code-next = Done? Then this screen goes on by itself.

finishing-title = Almost there
finishing-text = Checking the sign-in…

group-title = The group is open

trouble-retries = We will try again by ourselves.
fault-code = Code { $code }

status-title = This tablet
status-days = { $days ->
    [0] Sign in again today: the tablet was not used for long.
    [one] Stays signed in for 1 more day if nobody uses the tablet.
   *[other] Stays signed in for { $days } more days if nobody uses the tablet.
}
status-personal = You use a personal account. You are signed out when the app closes.
status-environment = Environment: { $name }
status-version = Version { $version }
status-lately = Lately:
status-sure = Are you sure you want to sign out? You will have to sign in again.
status-no-sign-out = Your organisation decides when this tablet signs out.

action-set_tenant = Continue
action-change_organisation = Another organisation
action-sign_in = Sign in
action-sign_in_here = Sign in inside the app
action-sign_in_with_code = Sign in with another device
action-open_browser_again = Open the browser again
action-cancel = Back
action-retry = Try again
action-open_group = To the group
action-show_status = About this tablet
action-ask_sign_out = Sign out
action-sign_out = Yes, sign out

problem-tenant_empty-title = No name was entered
problem-tenant_empty-text = Enter the name of your organisation.
problem-tenant_invalid-title = This name is not right
problem-tenant_invalid-text = This name is not right. Use letters, digits and hyphens only.
problem-tenant_foreign-title = This is another address
problem-tenant_foreign-text = This is not an address of Konnect. Type only the name of your organisation.
problem-tenant_email-title = This is an e-mail address
problem-tenant_email-text = This is an e-mail address. Type the name of your organisation.
problem-settings_invalid-title = The settings are not right
problem-settings_invalid-text = Ask your IT department for help and pass on the code.
problem-environment_empty-title = This environment is not available
problem-environment_empty-text = This version of the app does not know the chosen environment. Ask your IT department for help.
problem-sign_in_denied-title = You are not signed in
problem-sign_in_denied-text = The sign-in was stopped. Please try again.
problem-sign_in_expired-title = Signing in took too long
problem-sign_in_expired-text = Start again. You have ten minutes.
problem-sign_in_rejected-title = Signing in did not work
problem-sign_in_rejected-text = The server's answer was not right. Please try again.
problem-wrong_organisation-title = This account belongs to another organisation
problem-wrong_organisation-text = Sign in with an account of this organisation.
problem-not_allowed-title = Signing in is not possible now
problem-not_allowed-text = The server does not allow this app. Ask your IT department for help and pass on the code.
problem-no_browser-title = There is no browser
problem-no_browser-text = No browser can open on this tablet. Sign in inside the app, or with another device.
problem-code_expired-title = The code has run out
problem-code_expired-text = Ask for a new code.
problem-code_unavailable-title = Signing in with a code is not possible here
problem-code_unavailable-text = Sign in on this tablet.
problem-no_network-title = No connection
problem-no_network-text = Check the internet. You stay signed in.
problem-server_down-title = The server does not answer
problem-server_down-text = It is not the tablet. You stay signed in.
problem-server_busy-title = It is very busy
problem-server_busy-text = Please wait. You stay signed in.
problem-captive_portal-title = This network asks for something
problem-captive_portal-text = Something else than Konnect came up. Sign the tablet in to the wifi. You stay signed in.
problem-insecure_connection-title = The connection is not safe
problem-insecure_connection-text = Check the tablet's date and the wifi. You stay signed in.
problem-site_unreachable-title = Konnect cannot be reached
problem-site_unreachable-text = Check the internet. You stay signed in.
problem-site_crashed-title = The screen has stopped
problem-site_crashed-text = We open the group again. You stay signed in.
problem-keystore_absent-title = The sign-in cannot be kept
problem-keystore_absent-text = This tablet has no safe storage. You can work, but you will have to sign in again later.
problem-keystore_locked-title = The safe storage is locked
problem-keystore_locked-text = Unlock the tablet and try again.
problem-keystore_failed-title = The sign-in is not kept yet
problem-keystore_failed-text = The safe storage does not work now. You can go on working.
