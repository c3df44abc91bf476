## Notices by e-mail
mail-not-you = Si ce n’était pas vous, prévenez votre clinique maintenant.
mail-not-you-call = Si ce n’était pas vous, appelez-nous maintenant : { $phone }.
mail-check = Pour vérifier que ce message vient bien de nous, n’utilisez aucun lien. Ouvrez votre compte comme d’habitude.
mail-factor-added-subject = Un nouveau moyen de connexion a été ajouté
mail-factor-added = Un nouveau moyen de connexion a été ajouté à votre compte { $organisation }. Son nom : { $about }. Heure : { $when }. Si c’était vous, vous n’avez rien à faire.
mail-factor-removed-subject = Un moyen de connexion a été retiré
mail-factor-removed = Un moyen de connexion a été retiré de votre compte { $organisation }. Heure : { $when }. Vous êtes déconnecté partout.
mail-recovery-codes-made-subject = De nouveaux codes de secours ont été créés
mail-recovery-codes-made = De nouveaux codes de secours ont été créés pour votre compte { $organisation }. Les anciens ne marchent plus. Heure : { $when }.
mail-recovery-code-used-subject = Un code de secours a été utilisé
mail-recovery-code-used = Quelqu’un a utilisé un code de secours pour se connecter à votre compte { $organisation }. Heure : { $when }. Si c’était vous, vous n’avez rien à faire.
mail-password-changed-subject = Votre mot de passe a été changé
mail-password-changed = Le mot de passe de votre compte { $organisation } a été changé. Heure : { $when }.
mail-factor-disabled-subject = Un moyen de connexion a été désactivé
mail-factor-disabled = Trop de codes ou de mots de passe faux ont été saisis pour votre compte { $organisation }. Pour vous protéger, nous avons désactivé ce moyen. Heure : { $when }.
mail-new-browser-subject = Connexion depuis un nouvel appareil
mail-new-browser = Quelqu’un s’est connecté à votre compte { $organisation } depuis un nouveau téléphone ou ordinateur. Heure : { $when }. Si c’était vous, vous n’avez rien à faire.
