## Notices by e-mail
mail-not-you = If this was not you, tell your clinic now.
mail-not-you-call = If this was not you, call us now: { $phone }.
mail-check = To check that this mail is really from us, do not use a link. Open your account the way you always do.
mail-factor-added-subject = A new way to sign in was added
mail-factor-added = A new way to sign in to your { $organisation } account was added. Its name: { $about }. Time: { $when }. If it was you, you do not need to do anything.
mail-factor-removed-subject = A way to sign in was removed
mail-factor-removed = A way to sign in to your { $organisation } account was removed. Time: { $when }. You are signed out everywhere.
mail-recovery-codes-made-subject = New recovery codes were made
mail-recovery-codes-made = New recovery codes were made for your { $organisation } account. The old ones no longer work. Time: { $when }.
mail-recovery-code-used-subject = A recovery code was used
mail-recovery-code-used = Someone used a recovery code to sign in to your { $organisation } account. Time: { $when }. If it was you, you do not need to do anything.
mail-password-changed-subject = Your password was changed
mail-password-changed = The password of your { $organisation } account was changed. Time: { $when }.
mail-factor-disabled-subject = A way to sign in was turned off
mail-factor-disabled = Someone typed too many wrong codes or passwords for your { $organisation } account. To keep you safe we turned off that way to sign in. Time: { $when }.
mail-new-browser-subject = Someone signed in on a new device
mail-new-browser = Someone signed in to your { $organisation } account on a new phone or computer. Time: { $when }. If it was you, you do not need to do anything.
