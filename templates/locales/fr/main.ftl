### Français. Phrases courtes, mots simples, « vous » ; un nom par chose : clé d’accès, clé de sécurité, appli de codes, code, code de secours.

## Le cadre de chaque page
page-title = { $step } – Connexion à { $organisation }
page-title-error = Erreur : { $step } – Connexion à { $organisation }
skip = Aller à la partie principale
language = Langue
help-title = Aide pour se connecter
help-call = Appelez-nous :
help-ask = Demandez de l’aide à votre clinique.
help-never = Nous ne demandons jamais votre mot de passe ni vos codes au téléphone.
support-call = Besoin d’aide ? Appelez le
to-continue-to = pour continuer vers { $app }
signed-in-as = Connecté en tant que { $name }
signing-in-as = Connexion de { $name }
an-app = une appli
continue = Continuer
back = Retour
cancel = Annuler
cancel-to-app = Annuler et revenir à { $app }
back-to-app = Revenir à { $app }
not-you = Ce n’est pas vous ?
or = ou
optional = (facultatif)
recommended = Conseillé
reference = Référence :
try-again = Réessayer
sign-in-again = Se connecter à nouveau
choose-another = Essayer une autre façon
stop-waiting = Ne plus attendre
remove = Retirer
remove-named = Retirer { $name }
copied = Copié.
errors-title = Il y a un problème
error-word = Problème :
demo-label = Démonstration
demo-banner = Ceci est une démonstration. N’entrez pas de vraies données.
dev-people-link = Personnes de démonstration
dev-mail-link = Courrier de démonstration
date-and-time = { $time }, { $date }
date-long = { $weekday } { $day } { $month } { $year }
weekday-1 = lundi
weekday-2 = mardi
weekday-3 = mercredi
weekday-4 = jeudi
weekday-5 = vendredi
weekday-6 = samedi
weekday-7 = dimanche
month-1 = janvier
month-2 = février
month-3 = mars
month-4 = avril
month-5 = mai
month-6 = juin
month-7 = juillet
month-8 = août
month-9 = septembre
month-10 = octobre
month-11 = novembre
month-12 = décembre
role-patient = Patient
role-clinician = Soignant
role-administrator = Administration

## Pourquoi on demande à nouveau
confirm-title = Confirmez que c’est bien vous
reason-app-asks = L’appli vous demande de vous connecter à nouveau.
reason-too-long-ago = Votre connexion date un peu. Connectez-vous à nouveau.
reason-idle = Vous étiez absent un moment. Connectez-vous pour continuer.
reason-stronger = Cette appli demande un contrôle plus fort.
reason-prescription = Vous allez signer une ordonnance.
reason-account-change = Vous allez changer votre façon de vous connecter.
reason-administration = Il faut un nouveau contrôle pour gérer les comptes d’autres personnes.

## Connexion
sign-in-title = Se connecter
sign-in-label = E-mail ou nom d’utilisateur
sign-in-error-empty = Entrez votre e-mail ou votre nom d’utilisateur.
sign-in-error-too-long = C’est trop long. Entrez votre e-mail ou votre nom d’utilisateur.
passkey-button = Se connecter avec une clé d’accès
passkey-hint = Avec votre empreinte, votre visage, le verrouillage de l’écran ou une clé de sécurité.
passkey-noscript = Les clés d’accès ont besoin de JavaScript. Vous pouvez utiliser votre mot de passe et votre code.
passkey-waiting = Suivez les étapes que montre votre appareil.
passkey-cancelled = Aucune clé d’accès n’a servi. Réessayez ou choisissez une autre façon.
passkey-failed = Cette clé d’accès n’a pas marché ici. Réessayez ou choisissez une autre façon.
passkey-error-unknown = Nous ne connaissons pas cette clé d’accès. Essayez-en une autre ou une autre façon.
passkey-error-wrong = Cette clé d’accès n’a pas marché ici. Réessayez ou choisissez une autre façon.
passkey-error-late = Cela a pris trop de temps. Utilisez à nouveau votre clé d’accès.
model-denied = Votre clinique n’accepte pas ce type de clé ici. Prenez une autre façon.
model-unsafe = Ce type de clé a un défaut. Il ne marche plus ici. Prenez une autre façon.

## Mot de passe
password-title = Entrez votre mot de passe
password-label = Mot de passe
show-password = Afficher le mot de passe
password-error-empty = Entrez votre mot de passe.
password-error-mismatch = Le nom et le mot de passe ne vont pas ensemble. Vérifiez les deux et réessayez.

## Code d’une appli
code-title = Entrez votre code
code-label = Code de votre appli
code-hint = Ouvrez votre appli de codes. Tapez les 6 chiffres affichés.
code-hint-entry = Ouvrez votre appli de codes. Tapez les 6 chiffres à côté de « { $entry } ».
code-error-empty = Entrez le code de votre appli.
code-error-shape = Un code a 6 chiffres. Tapez-les tous.
code-error-wrong = Ce code n’a pas marché. Attendez un nouveau code, puis tapez-le ici.
code-error-used = Vous avez déjà utilisé ce code. Attendez le suivant.
code-error-clock = L’heure de votre téléphone n’est pas juste. Réglez-la, puis tapez un nouveau code.
clock-title = Mon code ne marche pas
clock-text = L’heure de votre téléphone n’est peut-être pas juste. Ouvrez les réglages et activez l’heure automatique. Tapez ensuite un nouveau code.

## Clé de sécurité, ou clé d’accès en deuxième étape
key-step-title = Utilisez votre clé de sécurité
key-step-text = Branchez votre clé ou posez-la sur le lecteur. Appuyez ensuite sur le bouton.
key-use = Utiliser la clé de sécurité
passkey-step-title = Utilisez votre clé d’accès
passkey-step-text = Appuyez sur le bouton. Utilisez ensuite votre empreinte, votre visage ou le verrouillage de l’écran.
passkey-use = Utiliser la clé d’accès
key-names = Vous pouvez utiliser :
key-pin-hint = Votre clé peut demander un code PIN. Il est pour la clé. Nous ne le voyons jamais.
key-cancelled = Aucune clé n’a servi. Réessayez ou choisissez une autre façon.
key-failed = Cette clé n’a pas marché ici. Réessayez ou choisissez une autre façon.
key-noscript = Cette étape a besoin de JavaScript. Activez-le ou choisissez une autre façon.
no-webauthn = Ce navigateur ne peut pas utiliser de clé d’accès ou de sécurité. Choisissez une autre façon.
key-error-empty = Rien n’est venu de votre clé. Réessayez.
key-error-unknown = Nous ne connaissons pas cette clé. Essayez-en une autre.
key-error-wrong = Cela n’a pas marché. Réessayez.
key-error-late = Cela a pris trop de temps. Réessayez.
key-error-pin = Pour cette clé, il faut votre code PIN, votre doigt ou votre visage. Réessayez.

## Code de secours
recovery-title = Utilisez un code de secours
recovery-label = Code de secours
recovery-hint = Quatre groupes de quatre, comme ABCD-EFGH-JKMN-PQRS. Les espaces et les minuscules sont acceptés.
recovery-next = Chaque code sert une fois. Ensuite, vous préparez une nouvelle façon de vous connecter.
recovery-error-empty = Entrez un code de secours.
recovery-error-shape = Un code de secours a 16 lettres et chiffres. Vérifiez votre saisie.
recovery-error-wrong = Ce code n’a pas marché. Essayez un autre code de votre liste.

## Une autre façon
choose-title = Choisissez comment vous connecter
choose-error-empty = Choisissez une façon de vous connecter.
choose-error-not-here = Cette façon ne marche pas ici. Choisissez-en une autre.
choose-none = Je ne peux utiliser aucune de ces façons
choose-none-text = Votre clinique peut vous aider à revenir. Préparez une pièce d’identité avec photo.
method-passkey = Clé d’accès
method-passkey-hint = Empreinte, visage ou verrouillage de l’écran
method-security-key = Clé de sécurité
method-security-key-hint = Une petite clé à brancher ou à poser
method-totp = Appli de codes
method-totp-hint = 6 chiffres d’une appli de votre téléphone
method-password = Mot de passe
method-password-hint = Le mot de passe que vous avez choisi
method-recovery-code = Code de secours
method-recovery-code-hint = Un des codes gardés sur papier
last-used-on = Dernière fois : { $date }
added-on = Depuis : { $date }
never-used = Pas encore utilisé

## Préparer une deuxième façon
enrol-title = Ajoutez une deuxième façon de vous connecter
enrol-reason-required = Vos données de santé demandent plus qu’un mot de passe. Choisissez une façon. Cela prend deux minutes.
enrol-reason-stronger = Cette appli demande une connexion plus forte. Choisissez une façon.
enrol-reason-model = Votre clinique n’accepte pas ici le type de clé que vous avez. Choisissez une autre façon.
enrol-reason-recovered = Vous avez utilisé un code de secours. Préparez maintenant une nouvelle façon de vous connecter.
enrol-reason-chosen = Sans votre téléphone, vous pourriez rester dehors. Une deuxième façon vous protège.
enrol-error-empty = Choisissez ce que vous voulez préparer.
enrol-error-not-here = Vous ne pouvez pas préparer cela ici. Choisissez autre chose.
enrol-other = Préparer autre chose
enrol-passkey-name = Clé d’accès
enrol-passkey-hint = Connexion par empreinte, visage ou verrouillage de l’écran. Rien à taper.
enrol-totp-name = Appli de codes
enrol-totp-hint = Une appli de votre téléphone montre un nouveau code à chaque fois.
enrol-security-key-name = Clé de sécurité
enrol-security-key-hint = Une petite clé à brancher ou à poser. Utile si vous ne pouvez pas utiliser de téléphone.
label-label = Nom
enrol-totp-title = Préparez votre appli de codes
enrol-totp-step-1 = 1. Prenez l’appli
enrol-totp-get = Il vous faut une appli de codes sur votre téléphone. Si vous n’en avez pas, prenez-en une dans la boutique d’applis. Beaucoup sont gratuites.
enrol-totp-step-2 = 2. Reliez-la
enrol-totp-scan = Ouvrez l’appli et scannez cette image :
enrol-totp-qr = Code QR. Vous pouvez aussi taper la clé ci-dessous.
enrol-totp-here = Sur ce téléphone : ouvrir mon appli de codes
enrol-totp-key = Ou tapez cette clé dans l’appli :
copy-key = Copier la clé
enrol-totp-step-3 = 3. Vérifiez
enrol-totp-code-hint = Tapez les 6 chiffres que l’appli montre maintenant.
enrol-totp-label-hint = Pour savoir quel téléphone c’est, comme « Mon téléphone ».
enrol-passkey-title = Ajoutez une clé d’accès
enrol-passkey-text = Appuyez sur le bouton. Votre appareil demande ensuite votre empreinte, votre visage ou le verrouillage de l’écran. Votre empreinte et votre visage ne quittent jamais votre appareil.
enrol-passkey-button = Créer une clé d’accès
enrol-passkey-label-hint = Pour savoir quel appareil c’est, comme « Mon téléphone ».
enrol-passkey-cancelled = Aucune clé d’accès n’a été créée. Réessayez ou préparez autre chose.
enrol-passkey-exists = Cet appareil a déjà une clé d’accès pour vous.
enrol-passkey-failed = Nous n’avons pas pu créer de clé d’accès ici. Réessayez ou préparez autre chose.
enrol-key-title = Ajoutez une clé de sécurité
enrol-key-text = Donnez un nom à votre clé. Branchez-la ou posez-la sur le lecteur. Appuyez ensuite sur le bouton.
enrol-key-button = Ajouter cette clé
enrol-key-label-hint = Pour savoir quelle clé c’est, comme « Clé bleue ».
enrol-key-cancelled = Aucune clé n’a été ajoutée. Réessayez ou préparez autre chose.
enrol-key-exists = Vous avez déjà ajouté cette clé.
enrol-key-failed = Nous n’avons pas pu ajouter cette clé. Réessayez ou préparez autre chose.
enrol-key-error-empty = Rien n’est venu de votre appareil. Réessayez.
enrol-key-error-twice = Vous l’avez déjà ajoutée. Prenez-en une autre.
enrol-key-error-wrong = Cela n’a pas marché. Réessayez.
enrol-key-error-late = Cela a pris trop de temps. Réessayez.
enrol-key-error-pin = Rien n’a vérifié que c’était vous. Mettez un code PIN sur la clé, puis réessayez.
enrol-key-error-not-here = Votre clinique n’accepte pas ce type. Prenez-en un autre.
enrol-key-error-untold = Nous n’avons pas pu savoir quel type de clé c’est. Dites oui si votre navigateur le demande, ou prenez-en une autre.
enrol-key-error-unchecked = Nous ne pouvons pas vérifier les clés en ce moment. Préparez une autre façon ou appelez votre clinique.

## Codes de secours
recovery-codes-title = Codes de secours
recovery-codes-intro = Si vous perdez votre téléphone, un de ces codes vous laisse entrer. Chaque code sert une fois. Gardez-les sur papier en lieu sûr.
recovery-codes-replaced = Vos anciens codes ne marchent plus. Jetez-les.
recovery-codes-download = Télécharger un fichier texte
recovery-codes-print = Page à imprimer
recovery-codes-how-to-print = Imprimez maintenant cette page depuis le menu de votre navigateur.
recovery-codes-once = Vous ne reverrez pas ces codes.
recovery-codes-continue = J’ai gardé mes codes
recovery-codes-paper-title = Codes de secours pour { $organisation }
recovery-codes-left =
    { $count ->
        [0] Vous n’avez plus de code de secours. Créez-en de nouveaux.
        [one] Il vous reste 1 code de secours.
       *[other] Il vous reste { $count } codes de secours.
    }
recovery-codes-none = Vous n’avez pas encore de code de secours.

## Accord
consent-title = Partager vos données
consent-heading = Partager vos données avec { $app } ?
consent-only-new = { $app } demande quelque chose de nouveau. Voici ce qui change.
consent-will = { $app } pourra :
consent-details = { $app } demande aussi ceci :
detail-actions = Pour quoi faire :
detail-locations = Où :
detail-datatypes = Avec quelles données :
detail-identifier = Lequel :
detail-privileges = Avec quels droits :
consent-will-not = { $app } ne pourra pas :
consent-not-password = Voir votre mot de passe ou vos codes
consent-not-change = Changer votre façon de vous connecter
consent-not-records = Voir votre dossier de santé
consent-not-offline = Garder l’accès quand vous ne l’utilisez pas
consent-privacy = Comment { $app } utilise vos données
app-terms = Conditions de { $app }
app-unchecked = Personne chez { $name } n’a vérifié cette appli. Continuez seulement si vous la connaissez.
consent-allow = Partager
consent-deny = Ne pas partager
scope-openid = Savoir que c’est vous
scope-profile = Voir votre nom et des informations de base
scope-email = Voir votre adresse e-mail
scope-phone = Voir votre numéro de téléphone
scope-address = Voir votre adresse postale
scope-fhir-user = Voir quel dossier est le vôtre
scope-launch = Ouvrir le dossier ou le rendez-vous choisi
scope-offline = Garder l’accès quand vous n’utilisez pas l’appli
scope-offline-until = Garder l’accès quand vous n’utilisez pas l’appli, jusqu’au { $date }
scope-online = Garder l’accès tant que vous êtes connecté
scope-other = Utiliser « { $scope } »
consent-api = Accéder à { $host } en votre nom
scope-records-read = Lire { $what }
scope-records-write = Lire et modifier { $what }
scope-records-of-others = Utiliser les dossiers que vous pouvez voir
records-all = tout votre dossier de santé
records-details = vos informations personnelles
records-results = vos résultats et mesures
records-medicines = vos médicaments
records-allergies = vos allergies
records-conditions = vos problèmes de santé et traitements
records-vaccinations = vos vaccins
records-visits = vos visites et rendez-vous
records-letters = vos lettres et documents
records-other = d’autres parties de votre dossier de santé

## Déconnexion
sign-out-title = Se déconnecter ?
sign-out-text = Vous serez déconnecté ici.
sign-out-from-app = { $app } demande à vous déconnecter ici.
sign-out-of = Vous serez aussi déconnecté de :
sign-out-button = Se déconnecter
sign-out-stay = Rester connecté
signed-out-title = Vous êtes déconnecté
signed-out-text = Vous pouvez fermer cette fenêtre.
signed-out-of = Nous vous déconnectons aussi de :
signed-out-unreachable = Nous ne pouvons pas vous déconnecter de ces applis. Déconnectez-vous là aussi :
signed-out-shared = D’autres personnes utilisent cet ordinateur ? Alors fermez cette fenêtre maintenant.
signed-out-frame = Déconnexion d’une appli

## Trop d’essais
locked-title = Trop d’essais
locked-heading-until = Attendez jusqu’à { $time }
locked-password = Il y a eu trop de mots de passe faux. Nous mettons cette façon en pause pour vous protéger.
locked-code = Il y a eu trop de codes faux. Nous mettons cette façon en pause pour vous protéger.
locked-network = Il y a eu trop d’essais faux depuis votre réseau. Nous mettons la connexion en pause pour protéger tout le monde.
locked-disabled = Il y a eu trop d’essais faux. Cette façon est maintenant arrêtée. Votre clinique peut la remettre en marche.
locked-model = Ce type de clé a un défaut. Nous l’avons arrêté pour vous protéger. Votre clinique peut vous aider.
locked-model-title = Votre clé n’est pas sûre
locked-again = Vous pourrez réessayer à
locked-meanwhile = Vous pouvez vous connecter autrement
locked-soon = Votre rendez-vous est bientôt ?

## États particuliers
stale-expired = Recommencez, s’il vous plaît
stale-expired-text = Vous étiez absent un moment. Recommencez depuis votre appli.
stale-expired-action = Recommencer
stale-finished = Vous êtes déjà connecté
stale-finished-text = Cette connexion est terminée. Vous pouvez revenir à votre appli.
stale-finished-action = Continuer
stale-no-cookie = Votre navigateur n’a pas gardé un petit fichier utile
stale-no-cookie-text = Autorisez les cookies pour ce site, puis réessayez. Si vous venez d’une autre appli, ouvrez cette page dans votre navigateur habituel.
stale-no-cookie-action = Réessayer
stale-other-browser = Cette connexion a commencé dans un autre navigateur
stale-other-browser-text = Revenez au navigateur du début. Ou recommencez ici.
stale-other-browser-action = Recommencer ici
stale-unknown-client = Nous ne pouvons pas ouvrir cette appli
stale-unknown-client-text = L’appli vous a envoyé ici d’une façon que nous ne connaissons pas. Revenez à l’appli et réessayez. Si cela se répète, prévenez les responsables de l’appli.
stale-unknown-client-action = Aller à votre compte
stale-busy = Il y a beaucoup de monde
stale-busy-text = Attendez une minute, puis réessayez. Vos données sont en sécurité.
stale-busy-action = Réessayer
stale-form = Cette page vient d’une connexion d’avant
stale-form-text = Rien n’a été fait. Ouvrez la page à nouveau et remplissez-la encore une fois.
stale-form-action = Ouvrir la page à nouveau

## Erreurs
problem-request = Cela n’a pas marché
problem-request-text = Quelque chose n’allait pas dans la demande. Revenez à votre appli et recommencez.
problem-forbidden = Vous ne pouvez pas ouvrir cette page
problem-forbidden-text = Votre compte n’y a pas accès. Si vous pensez que si, demandez à votre clinique.
problem-not-found = Nous ne trouvons pas cette page
problem-not-found-text = Le lien est peut-être ancien, ou il manque une lettre. Vérifiez-le ou recommencez depuis votre appli.
problem-too-many = Un peu moins vite, s’il vous plaît
problem-too-many-text = Il y a eu trop de demandes. Attendez quelques minutes, puis réessayez.
problem-busy = Il y a beaucoup de monde
problem-busy-text = Attendez une minute, puis réessayez. Vos données sont en sécurité.
problem-ours = Quelque chose n’a pas marché chez nous
problem-ours-text = Vos données sont en sécurité. Réessayez dans quelques minutes.
problem-action = Recommencer
developer-title = Pour les développeurs
form-post-title = Retour à votre appli
form-post-text = Nous vous ramenons. Si rien ne se passe, appuyez sur Continuer.

## Les pages propres à la démonstration
dev-mail-title = Courrier de démonstration
dev-mail-text = Aucun courrier ne quitte la démonstration. Tout arrive ici.
dev-mail-empty = Il n’y a pas encore de courrier.
dev-people-title = Personnes de démonstration
dev-people-text = Utilisez ces personnes pour essayer. Les codes changent toutes les 30 secondes.
dev-people-name = Nom
dev-people-username = Nom d’utilisateur
dev-people-code = Code actuel
dev-people-no-code = Pas encore d’appli de codes
dev-people-app = Ouvrir l’appli de démonstration
refresh-pause = Suspendre la mise à jour
refresh-resume = Reprendre la mise à jour
