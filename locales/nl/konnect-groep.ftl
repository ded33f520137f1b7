# Berichten van de pagina's van de app, ook de foutmeldingen (error messages): taalniveau B1, korte zinnen, geen vaktaal. `provision` leest de `problem-…` ook.

app-name = Konnect Groep
starting = Even geduld…

not-set-up-title = Deze tablet is nog niet ingesteld
not-set-up-text = Typ de naam van je organisatie. Je vindt die naam in het adres van Konnect.
not-set-up-label = Naam van je organisatie
not-set-up-ways = Weet je de naam niet?
not-set-up-ways-ask = Vraag de naam aan je leidinggevende of aan de ICT-afdeling.
not-set-up-ways-scan = Heb je een kaart met een QR-code? Scan die met de camera van de tablet.
not-set-up-ways-managed = De ICT-afdeling kan de tablet ook op afstand instellen. Dan hoef je niets te typen.
not-set-up-managed = De ICT-afdeling van je organisatie stelt deze tablet in. Duurt het lang? Vraag daar om hulp.
not-set-up-looking = De app kijkt zelf of de instellingen er al zijn.

link-title = Deze tablet instellen?
link-organisation = Organisatie
link-host = Adres van Konnect
link-label = Naam van de tablet
link-signed = Deze kaart komt van je organisatie.
link-unsigned = Ken je deze organisatie niet? Kies dan Terug.
link-ends-session = Deze tablet is nu anders ingesteld. Ga je verder? Dan moet je opnieuw inloggen.

sign-in-title = Inloggen bij Konnect
sign-in-busy = Even geduld…
sign-in-hint = Tip: gebruik op elke tablet een eigen groepsaccount. Per account kan maar één apparaat de extra inlogcode (MFA) geven.

why-person = Je bent uitgelogd.
why-expired = Deze tablet is meer dan 60 dagen niet gebruikt. Log daarom opnieuw in. De instellingen zijn bewaard.
why-ended = Je bent uitgelogd. Log opnieuw in. De instellingen zijn bewaard.
why-personal = Je logt in met een persoonlijk account. Sluit je de app? Dan ben je weer uitgelogd.
why-changed = Je organisatie heeft de instellingen van deze tablet veranderd. Log opnieuw in.

browser-title = Log in met de browser
browser-text = Het inlogscherm staat open in de browser. Log daar in. Daarna kom je vanzelf hier terug.
browser-other = Lukt het niet?

in-app-title = Inloggen bij Konnect
in-app-text = Het inlogscherm staat open.

code-title = Log in met een ander apparaat
code-scan = Scan de QR-code met je telefoon.
code-address = Lukt dat niet? Ga op een ander apparaat naar:
code-type = Zie je daar dezelfde code? Zo niet, typ hem over:
code-sign-in = Log daar in.
code-qr = QR-code om in te loggen
code-next = Daarna gaat deze tablet vanzelf verder.

finishing-title = Bijna klaar
finishing-text = Je wordt ingelogd…

group-title = De groep staat open

trouble-signed-in = Je blijft ingelogd.
trouble-retries = De app probeert het vanzelf opnieuw.
error-code = Code { $code }

status-title = Over deze tablet
status-days = { $days ->
    [0] De tablet is lang niet gebruikt. Binnenkort moet je opnieuw inloggen.
    [one] Je blijft nog 1 dag ingelogd, ook als niemand de tablet gebruikt.
   *[other] Je blijft nog { $days } dagen ingelogd, ook als niemand de tablet gebruikt.
}
status-personal = Je gebruikt een persoonlijk account. Sluit je de app? Dan ben je uitgelogd.
status-environment = Omgeving: { $name }
status-version = Versie { $version }
status-lately = Dit ging laatst mis:
status-support = Hulp nodig?
status-managed = Deze tablet wordt beheerd door je organisatie.
status-settings = Instellingen van deze tablet
status-wrong = Dit klopt niet:
source-managed = beheersysteem
source-signed_link = kaart met handtekening
source-unsigned_link = kaart
source-set_up = op deze tablet gekozen
source-built_in = standaard in de app
status-sure-title = Wil je uitloggen?
status-sure = Daarna moet je opnieuw inloggen om de groep te zien.
status-no-sign-out = Uitloggen kan hier niet. Je organisatie heeft dat zo ingesteld.

action-set_tenant = Verder
action-change_organisation = Andere organisatie kiezen
action-sign_in = Inloggen
action-sign_in_here = Inloggen in de app
action-sign_in_with_code = Inloggen met een ander apparaat
action-open_browser_again = Browser opnieuw openen
action-cancel = Terug
action-retry = Opnieuw proberen
action-open_group = Naar de groep
action-show_status = Over deze tablet
action-ask_sign_out = Uitloggen
action-use_link = Ja, instellen
action-sign_out = Ja, uitloggen

problem-tenant_empty-title = Er is nog geen naam ingevuld
problem-tenant_empty-text = Vul de naam van je organisatie in.
problem-tenant_invalid-title = Deze naam klopt niet
problem-tenant_invalid-text = Deze naam klopt niet. Gebruik alleen letters, cijfers en streepjes.
problem-tenant_foreign-title = Dit adres is niet van Konnect
problem-tenant_foreign-text = Dit adres is niet van Konnect. Typ alleen de naam van je organisatie.
problem-tenant_email-title = Dit is een e-mailadres
problem-tenant_email-text = Dit is een e-mailadres. Typ de naam van je organisatie.
problem-link_refused-title = Deze kaart of link werkt niet
problem-link_refused-text = Deze kaart of link werkt niet. Vraag een nieuwe aan de ICT-afdeling en noem de code.
problem-settings_invalid-title = Er klopt iets niet in de instellingen
problem-settings_invalid-text = Dit kun je niet zelf oplossen. Vraag de ICT-afdeling om hulp en noem de code.
problem-environment_empty-title = De app past niet bij de instellingen
problem-environment_empty-text = De instellingen vragen om een andere versie van de app. Vraag de ICT-afdeling om hulp en noem de code.
problem-sign_in_denied-title = Je bent niet ingelogd
problem-sign_in_denied-text = Het inloggen is gestopt. Probeer het nog een keer.
problem-sign_in_expired-title = Het inloggen duurde te lang
problem-sign_in_expired-text = Begin opnieuw. Je hebt tien minuten de tijd.
problem-sign_in_rejected-title = Inloggen is niet gelukt
problem-sign_in_rejected-text = Probeer het nog een keer. Lukt het weer niet? Vraag de ICT-afdeling om hulp en noem de code.
problem-wrong_organisation-title = Dit account hoort bij een andere organisatie
problem-wrong_organisation-text = Log in met een account van deze organisatie.
problem-not_allowed-title = Inloggen kan nu niet
problem-not_allowed-text = Konnect laat deze app nog niet toe. Vraag de ICT-afdeling om hulp en noem de code.
problem-no_browser-title = De browser gaat niet open
problem-no_browser-text = Kies hieronder een andere manier om in te loggen.
problem-code_expired-title = De code is verlopen
problem-code_expired-text = Begin opnieuw. Dan krijg je een nieuwe code.
problem-code_unavailable-title = Een ander apparaat kan hier niet
problem-code_unavailable-text = Log in op deze tablet.
problem-no_network-title = Geen internet
problem-no_network-text = Controleer of de wifi aanstaat.
problem-server_down-title = Konnect reageert niet
problem-server_down-text = Het ligt niet aan de tablet. Wacht even.
problem-server_busy-title = Het is druk bij Konnect
problem-server_busy-text = Het ligt niet aan de tablet. Wacht een minuut.
problem-captive_portal-title = De wifi vraagt iets
problem-captive_portal-text = Er kwam een ander scherm dan Konnect. Open de wifi-instellingen van de tablet en meld je daar aan.
problem-insecure_connection-title = De verbinding is niet veilig
problem-insecure_connection-text = Controleer de datum en de tijd van de tablet. Kloppen die? Probeer dan een andere wifi.
problem-site_unreachable-title = Konnect is niet bereikbaar
problem-site_unreachable-text = Controleer of de tablet internet heeft.
problem-site_crashed-title = Het scherm is gestopt
problem-site_crashed-text = Soms is de tablet te druk. Sluit andere apps als het vaker gebeurt.
problem-keystore_absent-title = De tablet kan het inloggen niet bewaren
problem-keystore_absent-text = Je kunt de groep gewoon gebruiken. Sluit je de app? Dan log je daarna opnieuw in.
problem-keystore_locked-title = De tablet is nog niet ontgrendeld
problem-keystore_locked-text = Zet het scherm van de tablet uit en weer aan. Ontgrendel de tablet en probeer het opnieuw.
problem-keystore_failed-title = Het inloggen kan nu niet bewaard worden
problem-keystore_failed-text = Je kunt de groep gewoon gebruiken. Misschien log je later opnieuw in.
problem-session_at_risk-title = De tablet kan niet ingelogd blijven
problem-session_at_risk-text = Je kunt de groep gewoon gebruiken. Vraag wel de ICT-afdeling om hulp en noem de code. Anders moet je later opnieuw inloggen.
# Geen scherm hoort deze twee nodig te hebben. Ze staan hier zodat elke soort fout woorden heeft.
problem-not_on_tablet-title = Er ging iets mis
problem-not_on_tablet-text = Probeer het nog een keer. Lukt het weer niet? Vraag de ICT-afdeling om hulp en noem de code.
