# Invitations, activation, recovery.

## Links from a mail
link-activate = Sind Sie das?
link-activate-text = Sie sind eingeladen, hier ein Konto einzurichten. Es dauert etwa fünf Minuten.
link-activate-button = Ja, mein Konto einrichten
link-reset = Neues Passwort festlegen
link-reset-text = Mit dem neuen Passwort werden Sie überall abgemeldet. Ihren zweiten Schritt brauchen Sie weiterhin.
link-reset-button = Weiter
link-regain = Anmeldung neu einrichten
link-regain-text = Ihre Praxis hat Ihren verlorenen Anmeldeweg entfernt. Richten Sie jetzt einen neuen ein.
link-regain-button = Weiter
link-recover = Wieder in Ihr Konto kommen
link-recover-text = Die Wartezeit ist vorbei. Sie brauchen Ihr Passwort. Dann richten Sie einen neuen zweiten Schritt ein.
link-recover-button = Weiter
link-stop = Diese Wiederherstellung stoppen?
link-stop-text = Jemand möchte einen neuen Weg in Ihr Konto einrichten. Wenn Sie das nicht waren, stoppen Sie es jetzt.
link-stop-button = Stoppen
link-until = Dieser Link gilt bis
link-not-me = Wenn Sie das nicht sind, schließen Sie diese Seite. Es passiert nichts.

## Links that work no more
over-expired = Dieser Link ist zu alt
over-expired-text = Links gelten nur kurze Zeit. So bleibt Ihr Konto sicher.
over-used = Dieser Link wurde schon benutzt
over-used-text = Ein Link gilt einmal. Sie können sich jetzt anmelden.
over-revoked = Dieser Link gilt nicht mehr
over-revoked-text = Vielleicht ist ein neuerer in Ihrer Post. Suchen Sie ihn oder fragen Sie Ihre Praxis.
over-unknown = Wir kennen diesen Link nicht
over-unknown-text = Öffnen Sie ihn noch einmal aus Ihrer Post. Achten Sie darauf, dass am Ende nichts fehlt.
over-asked = Sehen Sie in Ihre Post
over-asked-text = Wenn sich die Einladung erneuern lässt, ist ein neuer Link unterwegs. Er geht an dieselbe Adresse.
over-stopped = Es ist gestoppt
over-stopped-text = So kommt niemand in Ihr Konto. Legen Sie jetzt ein neues Passwort fest: Jemand kennt das alte.
over-ask = Neue Einladung anfordern
over-sign-in = Anmelden

## Another person is signed in
other-title = Jemand anderes ist angemeldet
other-sent-to = Dieser Link ging an { $name }.
other-switch = Abmelden und als { $name } weitermachen
other-stay = Als { $name } angemeldet bleiben

## The code on paper
short-code-title = Geben Sie Ihren Code ein
short-code-text = Er steht im Brief Ihrer Praxis, oder Ihre Praxis hat ihn Ihnen gezeigt.
short-code-name = Name im Brief oder Ihr Benutzername
short-code-label = Code
short-code-hint = 8 Buchstaben und Ziffern, zum Beispiel 7F3K-92QD
short-code-error-empty = Geben Sie Name und Code ein.
short-code-error-wrong = Name und Code passen nicht zusammen. Prüfen Sie beides und versuchen Sie es noch einmal.

pair-title = Auf einem anderen Gerät anmelden
pair-text = Ihr Gerät zeigt einen Code. Geben Sie ihn hier ein.
pair-label = Code auf Ihrem Gerät
pair-error-empty = Geben Sie den Code ein, den Ihr Gerät zeigt.
pair-error-wrong = Dieser Code geht nicht. Prüfen Sie ihn oder holen Sie auf Ihrem Gerät einen neuen.
pair-confirm-title = Zeigt Ihr Gerät diesen Code?
pair-confirm-text = { $app } bittet Sie, sich auf diesem Gerät anzumelden. Machen Sie nur weiter, wenn Sie das selbst begonnen haben.
pair-confirm-warning = Hat Ihnen jemand diesen Code geschickt? Dann hören Sie hier auf. Sonst kann diese Person in Ihr Konto.
pair-yes = Ja, weiter
pair-no = Nein, aufhören
pair-done-title = Ihr Gerät ist angemeldet
pair-done-text = Gehen Sie zurück zu Ihrem Gerät. Sie können diese Seite schließen.
pair-refused-title = Ihr Gerät ist nicht angemeldet
pair-refused-text = Es wurde nichts geteilt. Sie können diese Seite schließen.

## A new password
new-password-title = Passwort wählen
new-password-first = Sie brauchen es bei jeder Anmeldung.
new-password-lost = Es ersetzt das vergessene. Überall sonst werden Sie abgemeldet.
new-password-change = Es ersetzt Ihr altes. Überall sonst werden Sie abgemeldet.
new-password-label = Neues Passwort
new-password-rules = Mindestens { $shortest } Zeichen. Drei oder vier Wörter hintereinander sind gut. Einfügen ist erlaubt.
new-password-button = Passwort speichern
new-password-passkey = Passkey statt Passwort benutzen
new-password-passkey-hint = Sie melden sich dann mit Fingerabdruck, Gesicht oder Bildschirmsperre an.
new-password-error-empty = Geben Sie ein neues Passwort ein.
new-password-error-short = Das Passwort ist zu kurz. Fügen Sie ein oder zwei Wörter hinzu.
new-password-error-long = Das Passwort ist zu lang oder enthält Zeichen, die nicht gehen.
new-password-error-common = Dieses Passwort steht auf Listen von Angreifern. Wählen Sie ein anderes.
new-password-error-name = Das Passwort ist fast nur Ihr Name oder unserer. Wählen Sie ein anderes.
advice-common = Es ähnelt einem, das viele benutzen.
advice-keyboard = Tasten nebeneinander sind leicht zu erraten.
advice-repeat = Immer dasselbe ist leicht zu erraten.
advice-sequence = Reihen wie abc oder 123 sind leicht zu erraten.
advice-date = Jahre und Tage sind leicht zu erraten.
advice-word = Ein Wort allein ist leicht zu erraten.
advice-name = Namen sind leicht zu erraten.
advice-longer = Mehr Wörter machen es besser.

## What a false page looks like
lesson-title = So erkennen Sie eine falsche Seite
lesson-text = Diebe kopieren Seiten wie unsere, um an Passwörter zu kommen. Sie können den Unterschied sehen.
lesson-address = Die echte Adresse ist immer
lesson-link = Öffnen Sie Ihre App selbst. Trauen Sie keinem Link in einer Nachricht, der eine Anmeldung verlangt.
lesson-phone = Wir fragen nie nach Passwort oder Codes, weder am Telefon noch per Post.
lesson-hurry = Wer Sie zur Eile drängt, kann ein Dieb sein. Rufen Sie Ihre Praxis an.
lesson-passkey = Ein Passkey funktioniert auf einer falschen Seite nicht. Darum ist er der sicherste Weg.
lesson-button = Verstanden

## The end of setting up
ready-title = Alles ist bereit
ready-text = Ihr Konto ist eingerichtet, und Sie sind angemeldet.
ready-to-app = Zu { $app }
ready-account = Mein Konto ansehen

## A letter to print
letter-title = Ihre Einladung
letter-text = Sie können jetzt Ihr Konto einrichten. Öffnen Sie diese Adresse und geben Sie Ihren Benutzernamen und den Code ein.
letter-address = Adresse:
letter-name = Benutzername:
letter-code = Code:
letter-until = Gültig bis
letter-secret = Behalten Sie diesen Brief für sich. Niemand aus der Praxis fragt Sie nach dem Code.
account-notice-password-changed = Ihr neues Passwort gilt jetzt. Überall sonst wurden Sie abgemeldet.

## A forgotten password
forgot-link = Ich habe mein Passwort vergessen
forgot-title = Passwort vergessen?
forgot-text = Wir senden einen Link an die Adresse, die wir zu diesem Namen haben. Ihren zweiten Schritt brauchen Sie weiterhin.
forgot-button = Link senden
forgot-sent-title = Sehen Sie in Ihre Post
forgot-sent-text = Wenn wir diesen Namen kennen, ist ein Link unterwegs. Er geht an jede bestätigte Adresse.
forgot-sent-hint = Sie können ihn auf jedem Gerät öffnen. Sehen Sie auch im Spam-Ordner nach.
forgot-again = Noch einmal senden
forgot-no-mail = Ich bekomme keine Post
forgot-error-soon = Eben ging eine Nachricht hinaus. Warten Sie eine Minute.

## No way to sign in is left
recover-link = Ich kann nichts davon benutzen
recover-title = Hilfe beim Anmelden
recover-codes-title = Haben Sie Ihre Wiederherstellungscodes?
recover-codes-text = Sie haben sie auf Papier oder als Datei bekommen, als Sie Ihr Konto eingerichtet haben.
recover-codes-link = Wiederherstellungscode benutzen
recover-clinic-title = Lassen Sie sich von Ihrer Praxis helfen
recover-clinic-text = Wenn wir Sie kennen, ruft die Praxis Sie an. Halten Sie einen Ausweis bereit.
recover-call-label = Nummer für den Rückruf
recover-clinic-button = Um Anruf bitten
recover-asked-title = Ihre Bitte ist angekommen
recover-asked-text = Wenn wir Sie kennen, ruft die Praxis Sie an. Nach einem Passwort fragen wir nie.
recover-wait-title = Einen Tag warten
recover-wait-text = Wir schreiben jetzt an alle Ihre Adressen. Nach 24 Stunden bekommen Sie einen Link. Damit und mit Ihrem Passwort richten Sie einen neuen zweiten Schritt ein.
recover-wait-button = Wartezeit beginnen
recover-waits-title = Eine Wartezeit läuft
recover-waits-text = Weiter geht es nach

## Making an account by oneself
register-link = Konto anlegen
register-title = Konto anlegen
register-text = Wir senden Ihnen einen Link. Er führt Sie durch den Rest.
register-label = Ihre E-Mail-Adresse
register-sent-text = Eine Nachricht ist unterwegs an diese Adresse. Öffnen Sie den Link darin.
register-error-empty = Geben Sie Ihre E-Mail-Adresse ein.
register-error-address = Das ist keine E-Mail-Adresse. Sie sieht aus wie rose@example.org.
register-back = Ich habe ein Konto
