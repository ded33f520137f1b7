app-name = Konnect Groep
starting = Even geduld…

not-set-up-title = Deze tablet is nog niet ingesteld
not-set-up-text = Typ de naam van je organisatie, zoals in het adres van Konnect.
not-set-up-managed = Je organisatie stelt deze tablet in. Vraag je ICT-afdeling om hulp.
not-set-up-label = Naam van je organisatie
not-set-up-ways = Kan het ook anders?
not-set-up-ways-text = Ja. Je ICT-afdeling kan de tablet op afstand instellen. Of je scant een QR-code met de camera van de tablet.

sign-in-title = Inloggen bij Konnect
sign-in-busy = We maken het inloggen klaar…
sign-in-hint = Tip: gebruik één account per tablet. Dan werkt MFA op elke tablet.

why-person = Je bent uitgelogd.
why-expired = Deze tablet is meer dan 60 dagen niet gebruikt. Log opnieuw in. De instellingen zijn bewaard.
why-ended = Je bent uitgelogd. Log opnieuw in. De instellingen zijn bewaard.
why-personal = Een persoonlijk account blijft niet ingelogd. Log opnieuw in.
why-changed = Je organisatie heeft de instellingen gewijzigd. Log opnieuw in.

browser-title = Log in in de browser
browser-text = De browser is geopend. Na het inloggen kom je vanzelf hier terug.

in-app-title = Log in
in-app-text = Het inlogscherm staat open.

code-title = Log in op een ander apparaat
code-scan = Scan de QR-code met je telefoon. Of ga naar:
code-type = en vul deze code in:
code-qr = QR-code om in te loggen
code-next = Klaar? Dan gaat dit scherm vanzelf verder.

finishing-title = Bijna klaar
finishing-text = We controleren het inloggen…

group-title = De groep staat open

trouble-retries = We proberen het vanzelf opnieuw.
fault-code = Code { $code }

status-title = Deze tablet
status-days = { $days ->
    [0] Vandaag opnieuw inloggen: de tablet is lang niet gebruikt.
    [one] Blijft nog 1 dag ingelogd als niemand de tablet gebruikt.
   *[other] Blijft nog { $days } dagen ingelogd als niemand de tablet gebruikt.
}
status-personal = Je gebruikt een persoonlijk account. Je bent uitgelogd zodra de app sluit.
status-environment = Omgeving: { $name }
status-version = Versie { $version }
status-lately = Laatst:
status-sure = Weet je zeker dat je wilt uitloggen? Daarna moet je opnieuw inloggen.
status-no-sign-out = Je organisatie bepaalt wanneer deze tablet uitlogt.

action-set_tenant = Verder
action-change_organisation = Andere organisatie
action-sign_in = Inloggen
action-sign_in_here = Inloggen in de app
action-sign_in_with_code = Inloggen met een ander apparaat
action-open_browser_again = Browser opnieuw openen
action-cancel = Terug
action-retry = Opnieuw proberen
action-open_group = Naar de groep
action-show_status = Over deze tablet
action-ask_sign_out = Uitloggen
action-sign_out = Ja, uitloggen

problem-tenant_empty-title = Er is nog geen naam ingevuld
problem-tenant_empty-text = Vul de naam van je organisatie in.
problem-tenant_invalid-title = Deze naam klopt niet
problem-tenant_invalid-text = Deze naam klopt niet. Gebruik alleen letters, cijfers en streepjes.
problem-tenant_foreign-title = Dit is een ander adres
problem-tenant_foreign-text = Dit is geen adres van Konnect. Typ alleen de naam van je organisatie.
problem-tenant_email-title = Dit is een e-mailadres
problem-tenant_email-text = Dit is een e-mailadres. Typ de naam van je organisatie.
problem-settings_invalid-title = De instellingen kloppen niet
problem-settings_invalid-text = Vraag je ICT-afdeling om hulp en geef de code door.
problem-environment_empty-title = Deze omgeving is niet beschikbaar
problem-environment_empty-text = Deze versie van de app kent de gekozen omgeving niet. Vraag je ICT-afdeling om hulp.
problem-sign_in_denied-title = Je bent niet ingelogd
problem-sign_in_denied-text = Het inloggen is gestopt. Probeer het nog eens.
problem-sign_in_expired-title = Het inloggen duurde te lang
problem-sign_in_expired-text = Begin opnieuw. Je hebt tien minuten de tijd.
problem-sign_in_rejected-title = Inloggen is niet gelukt
problem-sign_in_rejected-text = Het antwoord van de server klopte niet. Probeer het nog eens.
problem-wrong_organisation-title = Dit account hoort bij een andere organisatie
problem-wrong_organisation-text = Log in met een account van deze organisatie.
problem-not_allowed-title = Inloggen kan nu niet
problem-not_allowed-text = De server staat deze app niet toe. Vraag je ICT-afdeling om hulp en geef de code door.
problem-no_browser-title = Er is geen browser
problem-no_browser-text = Op deze tablet kan geen browser open. Log in de app in, of met een ander apparaat.
problem-code_expired-title = De code is verlopen
problem-code_expired-text = Vraag een nieuwe code aan.
problem-code_unavailable-title = Inloggen met een code kan hier niet
problem-code_unavailable-text = Log op deze tablet in.
problem-no_network-title = Geen verbinding
problem-no_network-text = Controleer het internet. Je blijft ingelogd.
problem-server_down-title = De server reageert niet
problem-server_down-text = Het ligt niet aan de tablet. Je blijft ingelogd.
problem-server_busy-title = Het is erg druk
problem-server_busy-text = Wacht even. Je blijft ingelogd.
problem-captive_portal-title = Dit netwerk vraagt iets
problem-captive_portal-text = Een ander scherm dan Konnect kwam in beeld. Meld de tablet aan bij de wifi. Je blijft ingelogd.
problem-insecure_connection-title = De verbinding is niet veilig
problem-insecure_connection-text = Controleer de datum van de tablet en de wifi. Je blijft ingelogd.
problem-site_unreachable-title = Konnect is niet bereikbaar
problem-site_unreachable-text = Controleer het internet. Je blijft ingelogd.
problem-site_crashed-title = Het scherm is gestopt
problem-site_crashed-text = We openen de groep opnieuw. Je blijft ingelogd.
problem-keystore_absent-title = Inloggen kan niet bewaard worden
problem-keystore_absent-text = Deze tablet heeft geen veilige opslag. Je kunt werken, maar je moet later opnieuw inloggen.
problem-keystore_locked-title = De veilige opslag zit op slot
problem-keystore_locked-text = Ontgrendel de tablet en probeer het opnieuw.
problem-keystore_failed-title = Inloggen is nog niet bewaard
problem-keystore_failed-text = De veilige opslag werkt nu niet. Je kunt gewoon werken.
