## Notices by e-mail
mail-not-you = Wenn Sie das nicht waren, sagen Sie jetzt Ihrer Praxis Bescheid.
mail-not-you-call = Wenn Sie das nicht waren, rufen Sie uns jetzt an: { $phone }.
mail-check = Um zu prüfen, ob diese E-Mail wirklich von uns ist, nutzen Sie keinen Link. Öffnen Sie Ihr Konto so wie immer.
mail-factor-added-subject = Ein neuer Anmeldeweg wurde hinzugefügt
mail-factor-added = Für Ihr Konto bei { $organisation } wurde ein neuer Anmeldeweg hinzugefügt. Sein Name: { $about }. Zeit: { $when }. Wenn Sie das waren, müssen Sie nichts tun.
mail-factor-removed-subject = Ein Anmeldeweg wurde entfernt
mail-factor-removed = Für Ihr Konto bei { $organisation } wurde ein Anmeldeweg entfernt. Zeit: { $when }. Sie sind überall abgemeldet.
mail-recovery-codes-made-subject = Neue Notfallcodes wurden erstellt
mail-recovery-codes-made = Für Ihr Konto bei { $organisation } wurden neue Notfallcodes erstellt. Die alten gelten nicht mehr. Zeit: { $when }.
mail-recovery-code-used-subject = Ein Notfallcode wurde benutzt
mail-recovery-code-used = Jemand hat sich mit einem Notfallcode bei Ihrem Konto bei { $organisation } angemeldet. Zeit: { $when }. Wenn Sie das waren, müssen Sie nichts tun.
mail-password-changed-subject = Ihr Passwort wurde geändert
mail-password-changed = Das Passwort Ihres Kontos bei { $organisation } wurde geändert. Zeit: { $when }.
mail-factor-disabled-subject = Ein Anmeldeweg wurde abgeschaltet
mail-factor-disabled = Für Ihr Konto bei { $organisation } wurden zu viele falsche Codes oder Passwörter eingegeben. Zu Ihrem Schutz haben wir diesen Anmeldeweg abgeschaltet. Zeit: { $when }.
mail-new-browser-subject = Anmeldung auf einem neuen Gerät
mail-new-browser = Jemand hat sich auf einem neuen Handy oder Computer bei Ihrem Konto bei { $organisation } angemeldet. Zeit: { $when }. Wenn Sie das waren, müssen Sie nichts tun.
