# Invitations, activation, recovery.

## Links from a mail
link-activate = Est-ce bien vous ?
link-activate-text = Vous êtes invité à créer un compte ici. Cela prend environ cinq minutes.
link-activate-button = Oui, créer mon compte
link-reset = Choisir un nouveau mot de passe
link-reset-text = Avec le nouveau mot de passe, vous êtes déconnecté partout. Votre deuxième étape reste nécessaire.
link-reset-button = Continuer
link-regain = Configurer à nouveau votre connexion
link-regain-text = Votre clinique a supprimé votre moyen de connexion perdu. Configurez-en un nouveau.
link-regain-button = Continuer
link-recover = Retrouver l'accès à votre compte
link-recover-text = Le délai d'attente est terminé. Il vous faut votre mot de passe. Ensuite, vous configurez une nouvelle deuxième étape.
link-recover-button = Continuer
link-stop = Arrêter cette récupération ?
link-stop-text = Quelqu'un a demandé un nouvel accès à votre compte. Si ce n'était pas vous, arrêtez-le maintenant.
link-stop-button = Arrêter
link-until = Ce lien fonctionne jusqu'au
link-not-me = Si ce n'est pas vous, fermez cette page. Rien ne se passera.

## Links that work no more
over-expired = Ce lien est trop ancien
over-expired-text = Les liens ne fonctionnent que peu de temps. Ainsi votre compte reste sûr.
over-used = Ce lien a déjà servi
over-used-text = Un lien fonctionne une fois. Vous pouvez vous connecter.
over-revoked = Ce lien ne fonctionne plus
over-revoked-text = Il y en a peut-être un plus récent dans vos e-mails. Cherchez-le ou demandez à votre clinique.
over-unknown = Nous ne connaissons pas ce lien
over-unknown-text = Ouvrez-le à nouveau depuis votre e-mail. Vérifiez qu'il ne manque rien à la fin.
over-asked = Consultez vos e-mails
over-asked-text = Si l'invitation peut être renouvelée, un nouveau lien est en route. Il arrive à la même adresse.
over-stopped = C'est arrêté
over-stopped-text = Personne n'entrera ainsi dans votre compte. Choisissez un nouveau mot de passe : quelqu'un connaît l'ancien.
over-ask = Demander une nouvelle invitation
over-sign-in = Se connecter

## Another person is signed in
other-title = Une autre personne est connectée
other-sent-to = Ce lien a été envoyé à { $name }.
other-switch = Se déconnecter et continuer comme { $name }
other-stay = Rester connecté comme { $name }

## The code on paper
short-code-title = Saisissez votre code
short-code-text = Il figure dans la lettre de votre clinique, ou votre clinique vous l'a montré.
short-code-name = Nom dans la lettre ou votre identifiant
short-code-label = Code
short-code-hint = 8 lettres et chiffres, comme 7F3K-92QD
short-code-error-empty = Saisissez le nom et le code.
short-code-error-wrong = Ce nom et ce code ne vont pas ensemble. Vérifiez les deux et réessayez.

pair-title = Se connecter sur un autre appareil
pair-text = Votre appareil affiche un code. Tapez-le ici.
pair-label = Code sur votre appareil
pair-error-empty = Tapez le code que votre appareil affiche.
pair-error-wrong = Ce code ne marche pas. Vérifiez-le ou demandez-en un autre sur votre appareil.
pair-confirm-title = Votre appareil affiche-t-il ce code ?
pair-confirm-text = { $app } vous demande de vous connecter sur cet appareil. Continuez seulement si c’est vous qui avez commencé.
pair-confirm-warning = Quelqu’un vous a envoyé ce code ? Alors arrêtez-vous ici. Cette personne pourrait entrer dans votre compte.
pair-yes = Oui, continuer
pair-no = Non, arrêter
pair-done-title = Votre appareil est connecté
pair-done-text = Revenez à votre appareil. Vous pouvez fermer cette page.
pair-refused-title = Votre appareil n’est pas connecté
pair-refused-text = Rien n’a été partagé. Vous pouvez fermer cette page.

## A new password
new-password-title = Choisissez un mot de passe
new-password-first = Vous l'utiliserez à chaque connexion.
new-password-lost = Il remplace celui que vous avez perdu. Vous serez déconnecté partout ailleurs.
new-password-change = Il remplace l'ancien. Vous serez déconnecté partout ailleurs.
new-password-label = Nouveau mot de passe
new-password-rules = Au moins { $shortest } caractères. Trois ou quatre mots à la suite conviennent. Vous pouvez coller.
new-password-button = Enregistrer le mot de passe
new-password-passkey = Utiliser une clé d'accès sans mot de passe
new-password-passkey-hint = Vous vous connectez alors avec votre empreinte, votre visage ou le verrouillage de l'écran.
new-password-error-empty = Saisissez un nouveau mot de passe.
new-password-error-short = Ce mot de passe est trop court. Ajoutez un ou deux mots.
new-password-error-long = Ce mot de passe est trop long ou contient des signes non acceptés.
new-password-error-common = Ce mot de passe est sur des listes de pirates. Choisissez-en un autre.
new-password-error-name = Ce mot de passe est surtout votre nom ou le nôtre. Choisissez-en un autre.
advice-common = Il ressemble à un mot de passe courant.
advice-keyboard = Des touches voisines sont faciles à deviner.
advice-repeat = Répéter la même chose est facile à deviner.
advice-sequence = Les suites comme abc ou 123 sont faciles à deviner.
advice-date = Les années et les dates sont faciles à deviner.
advice-word = Un seul mot est facile à deviner.
advice-name = Les noms sont faciles à deviner.
advice-longer = Davantage de mots le rendent meilleur.

## What a false page looks like
lesson-title = Reconnaître une fausse page
lesson-text = Des voleurs copient des pages comme la nôtre pour obtenir des mots de passe. Vous pouvez voir la différence.
lesson-address = La vraie adresse est toujours
lesson-link = Ouvrez votre application vous-même. Méfiez-vous d'un lien qui vous demande de vous connecter.
lesson-phone = Nous ne demandons jamais votre mot de passe ni vos codes, ni par téléphone ni par e-mail.
lesson-hurry = Celui qui vous presse est peut-être un voleur. Appelez votre clinique.
lesson-passkey = Une clé d'accès ne fonctionne pas sur une fausse page. C'est donc le moyen le plus sûr.
lesson-button = J'ai compris

## The end of setting up
ready-title = Vous êtes prêt
ready-text = Votre compte est créé et vous êtes connecté.
ready-to-app = Aller à { $app }
ready-account = Voir mon compte

## A letter to print
letter-title = Votre invitation
letter-text = Vous pouvez maintenant créer votre compte. Ouvrez cette adresse et saisissez votre nom d’utilisateur et votre code.
letter-address = Adresse :
letter-name = Nom d’utilisateur :
letter-code = Code :
letter-until = Valable jusqu'au
letter-secret = Gardez cette lettre pour vous. Personne de la clinique ne vous demandera le code.
account-notice-password-changed = Votre nouveau mot de passe est actif. Vous avez été déconnecté partout ailleurs.

## A forgotten password
forgot-link = J'ai oublié mon mot de passe
forgot-title = Mot de passe oublié ?
forgot-text = Nous envoyons un lien à l'adresse connue pour ce nom. Votre deuxième étape reste nécessaire.
forgot-button = M'envoyer un lien
forgot-sent-title = Consultez vos e-mails
forgot-sent-text = Si nous connaissons ce nom, un lien est en route. Il arrive à chaque adresse vérifiée.
forgot-sent-hint = Vous pouvez l'ouvrir sur tout appareil. Regardez aussi dans les indésirables.
forgot-again = Renvoyer
forgot-no-mail = Je ne reçois pas d'e-mail
forgot-error-soon = Un e-mail vient de partir. Attendez une minute, puis redemandez.

## No way to sign in is left
recover-link = Je ne peux rien utiliser de tout cela
recover-title = Obtenir de l'aide pour se connecter
recover-codes-title = Avez-vous vos codes de récupération ?
recover-codes-text = Vous les avez reçus sur papier ou dans un fichier à la création du compte.
recover-codes-link = Utiliser un code de récupération
recover-clinic-title = Faites-vous aider par votre clinique
recover-clinic-text = Si nous vous connaissons, la clinique vous appellera. Préparez une pièce d'identité avec photo.
recover-call-label = Numéro pour vous rappeler
recover-clinic-button = Demander un appel
recover-asked-title = Nous avons votre demande
recover-asked-text = Si nous vous connaissons, la clinique vous appellera. Nous ne demandons jamais de mot de passe.
recover-wait-title = Attendre un jour
recover-wait-text = Nous prévenons maintenant toutes vos adresses. Après 24 heures, vous recevez un lien. Avec lui et votre mot de passe, vous configurez une nouvelle deuxième étape.
recover-wait-button = Commencer l'attente
recover-waits-title = Une attente est en cours
recover-waits-text = Vous pourrez continuer après le

## Making an account by oneself
register-link = Créer un compte
register-title = Créer un compte
register-text = Nous vous envoyons un lien. Il vous guide pour la suite.
register-label = Votre adresse e-mail
register-sent-text = Un e-mail est en route vers cette adresse. Ouvrez le lien qu'il contient.
register-error-empty = Saisissez votre adresse e-mail.
register-error-address = Ce n'est pas une adresse e-mail. Elle ressemble à rose@example.org.
register-back = J'ai déjà un compte
