### Deutsch. Kurze Sätze, einfache Wörter, „Sie“; ein Name je Sache: Passkey, Sicherheitsschlüssel, Code-App, Code, Ersatzcode.

## Der Rahmen jeder Seite
page-title = { $step } – Anmeldung bei { $organisation }
page-title-error = Fehler: { $step } – Anmeldung bei { $organisation }
skip = Zum Hauptteil springen
language = Sprache
help-title = Hilfe bei der Anmeldung
help-call = Rufen Sie uns an:
help-ask = Fragen Sie Ihre Klinik.
help-never = Wir fragen am Telefon nie nach Ihrem Passwort oder Ihren Codes.
support-call = Brauchen Sie Hilfe? Telefon:
to-continue-to = weiter zu { $app }
signed-in-as = Angemeldet als { $name }
signing-in-as = Anmeldung als { $name }
an-app = eine App
continue = Weiter
back = Zurück
cancel = Abbrechen
cancel-to-app = Abbrechen und zurück zu { $app }
back-to-app = Zurück zu { $app }
not-you = Sind das nicht Sie?
or = oder
optional = (freiwillig)
recommended = Empfohlen
reference = Kennzeichen:
try-again = Noch einmal versuchen
sign-in-again = Wieder anmelden
choose-another = Einen anderen Weg wählen
stop-waiting = Nicht länger warten
remove = Entfernen
remove-named = { $name } entfernen
copied = Kopiert.
errors-title = Etwas stimmt noch nicht
error-word = Hinweis:
demo-label = Demo
demo-banner = Das ist eine Demo. Geben Sie keine echten Daten ein.
dev-people-link = Demo-Personen
dev-mail-link = Demo-Post
date-and-time = { $time }, { $date }
date-long = { $weekday }, { $day }. { $month } { $year }
weekday-1 = Montag
weekday-2 = Dienstag
weekday-3 = Mittwoch
weekday-4 = Donnerstag
weekday-5 = Freitag
weekday-6 = Samstag
weekday-7 = Sonntag
month-1 = Januar
month-2 = Februar
month-3 = März
month-4 = April
month-5 = Mai
month-6 = Juni
month-7 = Juli
month-8 = August
month-9 = September
month-10 = Oktober
month-11 = November
month-12 = Dezember
role-patient = Patient/in
role-clinician = Behandelnde/r
role-administrator = Verwaltung

## Warum noch einmal gefragt wird
confirm-title = Bestätigen Sie, dass Sie es sind
reason-app-asks = Die App bittet Sie, sich noch einmal anzumelden.
reason-too-long-ago = Ihre Anmeldung ist schon länger her. Bitte melden Sie sich noch einmal an.
reason-idle = Sie waren eine Weile weg. Melden Sie sich an, um weiterzumachen.
reason-stronger = Diese App braucht eine stärkere Prüfung.
reason-prescription = Sie wollen ein Rezept unterschreiben.
reason-account-change = Sie wollen ändern, wie Sie sich anmelden.
reason-administration = Um Konten anderer zu verwalten, müssen Sie sich neu ausweisen.

## Anmelden
sign-in-title = Anmelden
sign-in-label = E-Mail oder Benutzername
sign-in-error-empty = Geben Sie Ihre E-Mail oder Ihren Benutzernamen ein.
sign-in-error-too-long = Das ist zu lang. Geben Sie Ihre E-Mail oder Ihren Benutzernamen ein.
passkey-button = Mit einem Passkey anmelden
passkey-hint = Mit Fingerabdruck, Gesicht, Bildschirmsperre oder Sicherheitsschlüssel.
passkey-noscript = Passkeys brauchen JavaScript. Sie können Ihr Passwort und Ihren Code nutzen.
passkey-waiting = Folgen Sie den Schritten, die Ihr Gerät zeigt.
passkey-cancelled = Es wurde kein Passkey benutzt. Versuchen Sie es noch einmal oder wählen Sie einen anderen Weg.
passkey-failed = Dieser Passkey ging hier nicht. Versuchen Sie es noch einmal oder wählen Sie einen anderen Weg.
passkey-error-unknown = Diesen Passkey kennen wir nicht. Nehmen Sie einen anderen Passkey oder einen anderen Weg.
passkey-error-wrong = Dieser Passkey ging hier nicht. Versuchen Sie es noch einmal oder wählen Sie einen anderen Weg.
passkey-error-late = Das hat zu lange gedauert. Bitte benutzen Sie Ihren Passkey noch einmal.
model-denied = Ihre Klinik erlaubt diese Art Schlüssel hier nicht. Nehmen Sie einen anderen Weg.
model-unsafe = Diese Art Schlüssel hat einen Fehler. Sie geht hier nicht mehr. Nehmen Sie einen anderen Weg.

## Passwort
password-title = Passwort eingeben
password-label = Passwort
show-password = Passwort zeigen
password-error-empty = Geben Sie Ihr Passwort ein.
password-error-mismatch = Name und Passwort passen nicht zusammen. Prüfen Sie beides und versuchen Sie es noch einmal.

## Code aus einer App
code-title = Code eingeben
code-label = Code aus Ihrer App
code-hint = Öffnen Sie Ihre Code-App. Geben Sie die 6 Ziffern ein, die sie zeigt.
code-hint-entry = Öffnen Sie Ihre Code-App. Geben Sie die 6 Ziffern bei „{ $entry }“ ein.
code-error-empty = Geben Sie den Code aus Ihrer App ein.
code-error-shape = Ein Code hat 6 Ziffern. Geben Sie alle ein.
code-error-wrong = Dieser Code ging nicht. Warten Sie auf einen neuen Code und geben Sie ihn hier ein.
code-error-used = Diesen Code haben Sie schon benutzt. Warten Sie auf den nächsten.
code-error-clock = Die Uhr Ihres Telefons geht falsch. Stellen Sie sie richtig und geben Sie dann einen neuen Code ein.
clock-title = Mein Code geht nicht
clock-text = Vielleicht geht die Uhr Ihres Telefons falsch. Schalten Sie in den Einstellungen die automatische Uhrzeit ein. Geben Sie dann einen neuen Code ein.

## Sicherheitsschlüssel, oder ein Passkey als zweiter Schritt
key-step-title = Sicherheitsschlüssel benutzen
key-step-text = Stecken Sie den Schlüssel ein oder halten Sie ihn an das Lesegerät. Drücken Sie dann auf die Schaltfläche.
key-use = Sicherheitsschlüssel benutzen
passkey-step-title = Passkey benutzen
passkey-step-text = Drücken Sie auf die Schaltfläche. Nutzen Sie dann Fingerabdruck, Gesicht oder Bildschirmsperre.
passkey-use = Passkey benutzen
key-names = Sie können nehmen:
key-pin-hint = Ihr Schlüssel fragt vielleicht nach einer PIN. Sie gehört zum Schlüssel. Wir sehen sie nie.
key-cancelled = Es wurde kein Schlüssel benutzt. Versuchen Sie es noch einmal oder wählen Sie einen anderen Weg.
key-failed = Dieser Schlüssel ging hier nicht. Versuchen Sie es noch einmal oder wählen Sie einen anderen Weg.
key-noscript = Dieser Schritt braucht JavaScript. Schalten Sie es ein oder wählen Sie einen anderen Weg.
no-webauthn = Dieser Browser kann keine Passkeys oder Sicherheitsschlüssel nutzen. Wählen Sie einen anderen Weg.
key-error-empty = Von Ihrem Schlüssel kam nichts an. Bitte versuchen Sie es noch einmal.
key-error-unknown = Diesen Schlüssel kennen wir nicht. Nehmen Sie einen anderen.
key-error-wrong = Das ging nicht. Bitte versuchen Sie es noch einmal.
key-error-late = Das hat zu lange gedauert. Bitte versuchen Sie es noch einmal.
key-error-pin = Für diesen Schlüssel brauchen wir Ihre PIN, Ihren Finger oder Ihr Gesicht. Bitte versuchen Sie es noch einmal.

## Ersatzcode
recovery-title = Ersatzcode benutzen
recovery-label = Ersatzcode
recovery-hint = Vier Gruppen zu vier Zeichen, wie ABCD-EFGH-JKMN-PQRS. Leerzeichen und kleine Buchstaben sind erlaubt.
recovery-next = Jeder Code gilt einmal. Danach richten Sie einen neuen Weg zur Anmeldung ein.
recovery-error-empty = Geben Sie einen Ersatzcode ein.
recovery-error-shape = Ein Ersatzcode hat 16 Buchstaben und Ziffern. Prüfen Sie Ihre Eingabe.
recovery-error-wrong = Dieser Code ging nicht. Nehmen Sie einen anderen Code von Ihrer Liste.

## Ein anderer Weg
choose-title = Wie möchten Sie sich anmelden?
choose-error-empty = Wählen Sie einen Weg zur Anmeldung.
choose-error-not-here = Dieser Weg geht hier nicht. Wählen Sie einen anderen.
choose-none = Ich kann nichts davon benutzen
choose-none-text = Ihre Klinik hilft Ihnen, wieder hineinzukommen. Halten Sie einen Ausweis mit Foto bereit.
method-passkey = Passkey
method-passkey-hint = Fingerabdruck, Gesicht oder Bildschirmsperre
method-security-key = Sicherheitsschlüssel
method-security-key-hint = Ein kleiner Schlüssel zum Einstecken oder Antippen
method-totp = Code-App
method-totp-hint = 6 Ziffern aus einer App auf Ihrem Telefon
method-password = Passwort
method-password-hint = Das Passwort, das Sie gewählt haben
method-recovery-code = Ersatzcode
method-recovery-code-hint = Einer der Codes, die Sie auf Papier haben
last-used-on = Zuletzt benutzt: { $date }
added-on = Hinzugefügt: { $date }
never-used = Noch nicht benutzt

## Einen zweiten Weg einrichten
enrol-title = Zweiten Weg zur Anmeldung hinzufügen
enrol-reason-required = Ihre Gesundheitsdaten brauchen mehr als ein Passwort. Wählen Sie einen Weg. Das dauert zwei Minuten.
enrol-reason-stronger = Diese App braucht einen stärkeren Weg zur Anmeldung. Wählen Sie einen.
enrol-reason-model = Ihre Klinik erlaubt die Art Ihres Schlüssels hier nicht. Wählen Sie einen anderen Weg.
enrol-reason-recovered = Sie haben einen Ersatzcode benutzt. Richten Sie jetzt einen neuen Weg zur Anmeldung ein.
enrol-reason-chosen = Ohne Ihr Telefon kommen Sie vielleicht nicht mehr hinein. Ein zweiter Weg schützt Sie davor.
enrol-error-empty = Wählen Sie, was Sie einrichten möchten.
enrol-error-not-here = Das können Sie hier nicht einrichten. Wählen Sie etwas anderes.
enrol-other = Etwas anderes einrichten
enrol-passkey-name = Passkey
enrol-passkey-hint = Anmelden mit Fingerabdruck, Gesicht oder Bildschirmsperre. Ohne Tippen.
enrol-totp-name = Code-App
enrol-totp-hint = Eine App auf Ihrem Telefon zeigt jedes Mal einen neuen Code.
enrol-security-key-name = Sicherheitsschlüssel
enrol-security-key-hint = Ein kleiner Schlüssel zum Einstecken oder Antippen. Gut, wenn Sie kein Telefon nutzen können.
label-label = Name
enrol-totp-title = Code-App einrichten
enrol-totp-step-1 = 1. App holen
enrol-totp-get = Sie brauchen eine Code-App auf Ihrem Telefon. Wenn Sie keine haben, holen Sie eine aus dem App-Store. Viele sind kostenlos.
enrol-totp-step-2 = 2. Verbinden
enrol-totp-scan = Öffnen Sie die App und scannen Sie dieses Bild:
enrol-totp-qr = QR-Code. Sie können stattdessen den Schlüssel darunter eintippen.
enrol-totp-here = Auf diesem Telefon: meine Code-App öffnen
enrol-totp-key = Oder tippen Sie diesen Schlüssel in die App:
copy-key = Schlüssel kopieren
enrol-totp-step-3 = 3. Prüfen
enrol-totp-code-hint = Geben Sie die 6 Ziffern ein, die die App jetzt zeigt.
enrol-totp-label-hint = Damit Sie wissen, welches Telefon es ist, zum Beispiel „Mein Telefon“.
enrol-passkey-title = Passkey hinzufügen
enrol-passkey-text = Drücken Sie auf die Schaltfläche. Ihr Gerät fragt dann nach Fingerabdruck, Gesicht oder Bildschirmsperre. Fingerabdruck und Gesicht bleiben auf Ihrem Gerät.
enrol-passkey-button = Passkey erstellen
enrol-passkey-label-hint = Damit Sie wissen, welches Gerät es ist, zum Beispiel „Mein Telefon“.
enrol-passkey-cancelled = Es wurde kein Passkey erstellt. Versuchen Sie es noch einmal oder richten Sie etwas anderes ein.
enrol-passkey-exists = Auf diesem Gerät gibt es schon einen Passkey für Sie.
enrol-passkey-failed = Hier konnten wir keinen Passkey erstellen. Versuchen Sie es noch einmal oder richten Sie etwas anderes ein.
enrol-key-title = Sicherheitsschlüssel hinzufügen
enrol-key-text = Geben Sie Ihrem Schlüssel einen Namen. Stecken Sie ihn ein oder halten Sie ihn an das Lesegerät. Drücken Sie dann auf die Schaltfläche.
enrol-key-button = Diesen Schlüssel hinzufügen
enrol-key-label-hint = Damit Sie wissen, welcher Schlüssel es ist, zum Beispiel „Blauer Schlüssel“.
enrol-key-cancelled = Es wurde kein Schlüssel hinzugefügt. Versuchen Sie es noch einmal oder richten Sie etwas anderes ein.
enrol-key-exists = Diesen Schlüssel haben Sie schon hinzugefügt.
enrol-key-failed = Wir konnten diesen Schlüssel nicht hinzufügen. Versuchen Sie es noch einmal oder richten Sie etwas anderes ein.
enrol-key-error-empty = Von Ihrem Gerät kam nichts an. Bitte versuchen Sie es noch einmal.
enrol-key-error-twice = Das haben Sie schon hinzugefügt. Nehmen Sie etwas anderes.
enrol-key-error-wrong = Das ging nicht. Bitte versuchen Sie es noch einmal.
enrol-key-error-late = Das hat zu lange gedauert. Bitte versuchen Sie es noch einmal.
enrol-key-error-pin = Es wurde nicht geprüft, ob Sie es sind. Richten Sie eine PIN dafür ein und versuchen Sie es noch einmal.
enrol-key-error-not-here = Ihre Klinik erlaubt diese Art nicht. Nehmen Sie eine andere.
enrol-key-error-untold = Wir konnten nicht erkennen, was für ein Schlüssel das ist. Sagen Sie Ja, wenn Ihr Browser fragt, oder nehmen Sie einen anderen.
enrol-key-error-unchecked = Wir können Schlüssel gerade nicht prüfen. Richten Sie einen anderen Weg ein oder rufen Sie Ihre Klinik an.

## Ersatzcodes
recovery-codes-title = Ersatzcodes
recovery-codes-intro = Wenn Sie Ihr Telefon verlieren, kommen Sie mit einem dieser Codes hinein. Jeder Code gilt einmal. Bewahren Sie sie auf Papier an einem sicheren Ort auf.
recovery-codes-replaced = Ihre alten Codes gelten nicht mehr. Werfen Sie sie weg.
recovery-codes-download = Als Textdatei herunterladen
recovery-codes-print = Seite zum Drucken
recovery-codes-how-to-print = Drucken Sie diese Seite jetzt über das Menü Ihres Browsers.
recovery-codes-once = Sie sehen diese Codes nicht noch einmal.
recovery-codes-continue = Ich habe meine Codes aufbewahrt
recovery-codes-paper-title = Ersatzcodes für { $organisation }
recovery-codes-left =
    { $count ->
        [0] Sie haben keine Ersatzcodes mehr. Erstellen Sie neue.
        [one] Sie haben noch 1 Ersatzcode.
       *[other] Sie haben noch { $count } Ersatzcodes.
    }
recovery-codes-none = Sie haben noch keine Ersatzcodes.

## Zustimmung
consent-title = Ihre Daten teilen
consent-heading = Ihre Daten mit { $app } teilen?
consent-only-new = { $app } bittet um etwas Neues. Das hat sich geändert.
consent-will = { $app } kann dann:
consent-details = { $app } bittet auch um dies:
detail-actions = Was getan wird:
detail-locations = Wo:
detail-datatypes = Mit welchen Daten:
detail-identifier = Was genau:
detail-privileges = Mit welchen Rechten:
consent-will-not = { $app } kann nicht:
consent-not-password = Ihr Passwort oder Ihre Codes sehen
consent-not-change = Ändern, wie Sie sich anmelden
consent-not-records = Ihre Gesundheitsakte sehen
consent-not-offline = Zugriff behalten, wenn Sie die App nicht nutzen
consent-privacy = Wie { $app } Ihre Daten nutzt
app-terms = Bedingungen von { $app }
app-unchecked = Niemand bei { $name } hat diese App geprüft. Machen Sie nur weiter, wenn Sie sie kennen.
consent-allow = Teilen
consent-deny = Nicht teilen
scope-openid = Wissen, dass Sie es sind
scope-profile = Ihren Namen und einfache Angaben sehen
scope-email = Ihre E-Mail-Adresse sehen
scope-phone = Ihre Telefonnummer sehen
scope-address = Ihre Anschrift sehen
scope-fhir-user = Sehen, welche Akte Ihre ist
scope-launch = Die Akte oder den Termin öffnen, den Sie gewählt haben
scope-offline = Zugriff behalten, wenn Sie die App nicht nutzen
scope-offline-until = Zugriff behalten, wenn Sie die App nicht nutzen, bis { $date }
scope-online = Zugriff behalten, solange Sie angemeldet sind
scope-other = „{ $scope }“ nutzen
consent-api = In Ihrem Namen auf { $host } zugreifen
scope-records-read = Lesen: { $what }
scope-records-write = Lesen und ändern: { $what }
scope-records-of-others = Die Akten nutzen, die Sie sehen dürfen
records-all = Ihre ganze Gesundheitsakte
records-details = Ihre persönlichen Angaben
records-results = Ihre Befunde und Messwerte
records-medicines = Ihre Medikamente
records-allergies = Ihre Allergien
records-conditions = Ihre Krankheiten und Behandlungen
records-vaccinations = Ihre Impfungen
records-visits = Ihre Besuche und Termine
records-letters = Ihre Briefe und Dokumente
records-other = andere Teile Ihrer Gesundheitsakte

## Abmelden
sign-out-title = Abmelden?
sign-out-text = Sie werden hier abgemeldet.
sign-out-from-app = { $app } möchte Sie hier abmelden.
sign-out-of = Sie werden auch hier abgemeldet:
sign-out-button = Abmelden
sign-out-stay = Angemeldet bleiben
signed-out-title = Sie sind abgemeldet
signed-out-text = Sie können dieses Fenster schließen.
signed-out-of = Wir melden Sie auch hier ab:
signed-out-unreachable = Von diesen Apps können wir Sie nicht abmelden. Bitte melden Sie sich dort selbst ab:
signed-out-shared = Nutzen auch andere diesen Computer? Dann schließen Sie jetzt dieses Fenster.
signed-out-frame = Abmeldung von einer App

## Zu viele Versuche
locked-title = Zu viele Versuche
locked-heading-until = Warten Sie bis { $time }
locked-password = Es gab zu viele falsche Passwörter. Zu Ihrem Schutz macht dieser Weg eine Pause.
locked-code = Es gab zu viele falsche Codes. Zu Ihrem Schutz macht dieser Weg eine Pause.
locked-network = Aus Ihrem Netz kamen zu viele falsche Versuche. Zum Schutz aller macht die Anmeldung eine Pause.
locked-disabled = Es gab zu viele falsche Versuche. Dieser Weg ist jetzt abgeschaltet. Ihre Klinik kann ihn wieder einschalten.
locked-model = Diese Art Schlüssel hat einen Fehler. Zu Ihrem Schutz ist er abgeschaltet. Ihre Klinik hilft Ihnen.
locked-model-title = Ihr Schlüssel ist nicht sicher
locked-again = Sie können es wieder versuchen um
locked-meanwhile = Jetzt geht ein anderer Weg
locked-soon = Haben Sie bald einen Termin?

## Besondere Zustände
stale-expired = Bitte fangen Sie neu an
stale-expired-text = Sie waren eine Weile weg. Fangen Sie in Ihrer App neu an.
stale-expired-action = Neu anfangen
stale-finished = Sie sind schon angemeldet
stale-finished-text = Diese Anmeldung ist fertig. Sie können zu Ihrer App zurückgehen.
stale-finished-action = Weiter
stale-no-cookie = Ihr Browser hat eine kleine Datei nicht behalten
stale-no-cookie-text = Erlauben Sie Cookies für diese Seite und versuchen Sie es noch einmal. Wenn Sie aus einer anderen App kommen, öffnen Sie diese Seite in Ihrem normalen Browser.
stale-no-cookie-action = Noch einmal versuchen
stale-other-browser = Diese Anmeldung begann in einem anderen Browser
stale-other-browser-text = Gehen Sie zu dem Browser zurück, in dem Sie angefangen haben. Oder fangen Sie hier neu an.
stale-other-browser-action = Hier neu anfangen
stale-unknown-client = Diese App können wir nicht öffnen
stale-unknown-client-text = Die App hat Sie auf einem Weg hierher geschickt, den wir nicht kennen. Gehen Sie zur App zurück und versuchen Sie es noch einmal. Hilft das nicht, sagen Sie es den Betreibern der App.
stale-unknown-client-action = Zu Ihrem Konto
stale-busy = Gerade ist sehr viel los
stale-busy-text = Bitte warten Sie eine Minute und versuchen Sie es noch einmal. Ihre Daten sind sicher.
stale-busy-action = Noch einmal versuchen
stale-form = Diese Seite ist von einer früheren Anmeldung
stale-form-text = Es wurde nichts getan. Öffnen Sie die Seite neu und füllen Sie sie noch einmal aus.
stale-form-action = Seite neu öffnen

## Fehler
problem-request = Das ging nicht
problem-request-text = Etwas an der Anfrage stimmte nicht. Gehen Sie zu Ihrer App zurück und fangen Sie neu an.
problem-forbidden = Diese Seite können Sie nicht öffnen
problem-forbidden-text = Ihr Konto hat dort keinen Zugang. Wenn das falsch ist, fragen Sie Ihre Klinik.
problem-not-found = Diese Seite finden wir nicht
problem-not-found-text = Vielleicht ist der Link alt oder es fehlt ein Buchstabe. Prüfen Sie ihn oder fangen Sie in Ihrer App neu an.
problem-too-many = Bitte etwas langsamer
problem-too-many-text = Es kamen zu viele Anfragen. Warten Sie ein paar Minuten und versuchen Sie es noch einmal.
problem-busy = Gerade ist sehr viel los
problem-busy-text = Bitte warten Sie eine Minute und versuchen Sie es noch einmal. Ihre Daten sind sicher.
problem-ours = Bei uns ist etwas schiefgegangen
problem-ours-text = Ihre Daten sind sicher. Versuchen Sie es in ein paar Minuten noch einmal.
problem-action = Neu anfangen
developer-title = Für Entwickler
form-post-title = Zurück zu Ihrer App
form-post-text = Wir bringen Sie zurück. Wenn nichts geschieht, drücken Sie auf „Weiter“.

## Die eigenen Seiten der Demo
dev-mail-title = Demo-Post
dev-mail-text = Keine Mail verlässt die Demo. Alle landen hier.
dev-mail-empty = Noch ist keine Mail da.
dev-people-title = Demo-Personen
dev-people-text = Mit diesen Personen können Sie die Demo ausprobieren. Codes ändern sich alle 30 Sekunden.
dev-people-name = Name
dev-people-username = Benutzername
dev-people-code = Code jetzt
dev-people-no-code = Noch keine Code-App
dev-people-app = Demo-App öffnen
refresh-pause = Aktualisierung anhalten
refresh-resume = Aktualisierung fortsetzen
