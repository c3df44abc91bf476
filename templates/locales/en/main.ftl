### English. Short sentences, plain words, one name per thing: passkey, security key, code app, code, recovery code.

## The frame of every page
page-title = { $step } – { $organisation } sign-in
page-title-error = Error: { $step } – { $organisation } sign-in
skip = Skip to the main part
language = Language
help-title = Help with signing in
help-call = Call us:
help-ask = Ask your clinic for help.
help-never = We never ask for your password or your codes on the phone.
support-call = Need help? Call
to-continue-to = to continue to { $app }
signed-in-as = Signed in as { $name }
signing-in-as = Signing in as { $name }
an-app = an app
continue = Continue
back = Go back
cancel = Cancel
cancel-to-app = Cancel and go back to { $app }
back-to-app = Go back to { $app }
not-you = Not you?
or = or
optional = (optional)
recommended = Recommended
reference = Reference:
try-again = Try again
sign-in-again = Sign in again
choose-another = Try another way
stop-waiting = Stop waiting
remove = Remove
remove-named = Remove { $name }
copied = Copied.
errors-title = There is a problem
error-word = Problem:
demo-label = Demo
demo-banner = This is a demo. Do not use real details.
dev-people-link = Demo people
dev-mail-link = Demo mail
date-and-time = { $time }, { $date }
date-long = { $weekday } { $day } { $month } { $year }
weekday-1 = Monday
weekday-2 = Tuesday
weekday-3 = Wednesday
weekday-4 = Thursday
weekday-5 = Friday
weekday-6 = Saturday
weekday-7 = Sunday
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
role-patient = Patient
role-clinician = Clinician
role-administrator = Administrator

## Why the person is asked again
confirm-title = Confirm it is you
reason-app-asks = The app asks you to sign in again.
reason-too-long-ago = You signed in some time ago. Please sign in again.
reason-idle = You were away for a while. Sign in again to carry on.
reason-stronger = This app needs a stronger check.
reason-prescription = You are about to sign a prescription.
reason-account-change = You are about to change how you sign in.
reason-administration = You need a fresh check to manage other people's accounts.

## Sign in
sign-in-title = Sign in
sign-in-label = Email or username
sign-in-error-empty = Enter your email or username.
sign-in-error-too-long = That is too long. Enter your email or username.
passkey-button = Sign in with a passkey
passkey-hint = Use your fingerprint, face, screen lock or security key.
passkey-noscript = Passkeys need JavaScript. You can use your password and code.
passkey-waiting = Follow the steps your device shows.
passkey-cancelled = No passkey was used. You can try again or pick another way.
passkey-failed = That passkey did not work here. Try again or pick another way.
passkey-error-unknown = We do not know that passkey. Try another passkey or another way.
passkey-error-wrong = That passkey did not work here. Try again or pick another way.
passkey-error-late = That took too long. Please try your passkey again.
model-denied = Your clinic does not allow this kind of key here. Use another way.
model-unsafe = A fault was found in this kind of key. It does not work here any more. Use another way.

## Password
password-title = Enter your password
password-label = Password
show-password = Show password
password-error-empty = Enter your password.
password-error-mismatch = That name and password do not match. Check both and try again.

## Code from an app
code-title = Enter your code
code-label = Code from your app
code-hint = Open your code app. Type the 6 digits it shows.
code-hint-entry = Open your code app. Type the 6 digits next to “{ $entry }”.
code-error-empty = Enter the code from your app.
code-error-shape = A code has 6 digits. Type all of them.
code-error-wrong = That code did not work. Wait for a new code, then type it here.
code-error-used = You already used that code. Wait for the next one.
code-error-clock = The clock on your phone is wrong. Set it to the right time, then type a new code.
clock-title = My code does not work
clock-text = Your phone's clock may be wrong. Open the settings of your phone and turn on automatic time. Then type a new code.

## Security key, or a passkey as second step
key-step-title = Use your security key
key-step-text = Put in your key or hold it to the reader. Then press the button.
key-use = Use security key
passkey-step-title = Use your passkey
passkey-step-text = Press the button. Then use your fingerprint, your face or your screen lock.
passkey-use = Use passkey
key-names = You can use:
key-pin-hint = Your key may ask for a PIN. This PIN is for the key. We never see it.
key-cancelled = No key was used. You can try again or pick another way.
key-failed = That key did not work here. Try again or pick another way.
key-noscript = This step needs JavaScript. Turn it on or pick another way.
no-webauthn = This browser cannot use passkeys or security keys. Pick another way.
key-error-empty = Nothing came from your key. Please try again.
key-error-unknown = We do not know that key. Try another one.
key-error-wrong = That did not work. Please try again.
key-error-late = That took too long. Please try again.
key-error-pin = We need your PIN, finger or face for this key. Please try again.

## Recovery code
recovery-title = Use a recovery code
recovery-label = Recovery code
recovery-hint = Four groups of four, like ABCD-EFGH-JKMN-PQRS. Spaces and small letters are fine.
recovery-next = Each code works once. Next, you set up a new way to sign in.
recovery-error-empty = Enter a recovery code.
recovery-error-shape = A recovery code has 16 letters and digits. Check what you typed.
recovery-error-wrong = That code did not work. Try another code from your list.

## Another way
choose-title = Choose how to sign in
choose-error-empty = Choose one way to sign in.
choose-error-not-here = That way does not work here. Choose another one.
choose-none = I cannot use any of these
choose-none-text = Your clinic can help you get back in. Have your photo ID ready.
method-passkey = Passkey
method-passkey-hint = Fingerprint, face or screen lock
method-security-key = Security key
method-security-key-hint = A small key you plug in or tap
method-totp = Code app
method-totp-hint = 6 digits from an app on your phone
method-password = Password
method-password-hint = The password you chose
method-recovery-code = Recovery code
method-recovery-code-hint = One of the codes you kept on paper
last-used-on = Last used: { $date }
added-on = Added: { $date }
never-used = Not used yet

## Set up a second way
enrol-title = Add a second way to sign in
enrol-reason-required = Your health details need more than a password. Pick one to set up. It takes two minutes.
enrol-reason-stronger = This app needs a stronger way to sign in. Pick one to set up.
enrol-reason-model = Your clinic does not allow the kind of key you have here. Pick another way to set up.
enrol-reason-recovered = You used a recovery code. Now set up a new way to sign in.
enrol-reason-chosen = If you lose your phone, you could be locked out. A second way keeps you safe.
enrol-error-empty = Choose what to set up.
enrol-error-not-here = You cannot set that up here. Choose another one.
enrol-other = Set up something else
enrol-passkey-name = Passkey
enrol-passkey-hint = Sign in with your fingerprint, face or screen lock. Nothing to type.
enrol-totp-name = Code app
enrol-totp-hint = An app on your phone shows a new code each time.
enrol-security-key-name = Security key
enrol-security-key-hint = A small key you plug in or tap. Good if you cannot use a phone.
label-label = Name
enrol-totp-title = Set up your code app
enrol-totp-step-1 = 1. Get the app
enrol-totp-get = You need a code app on your phone. If you have none, get one from the app store. Many are free.
enrol-totp-step-2 = 2. Link it
enrol-totp-scan = Open the app and scan this picture:
enrol-totp-qr = QR code. You can type the key below instead.
enrol-totp-here = On this phone: open my code app
enrol-totp-key = Or type this key into the app:
copy-key = Copy the key
enrol-totp-step-3 = 3. Check it
enrol-totp-code-hint = Type the 6 digits the app shows now.
enrol-totp-label-hint = So you know which phone it is, like “My phone”.
enrol-passkey-title = Add a passkey
enrol-passkey-text = Press the button. Your device then asks for your fingerprint, face or screen lock. Your fingerprint and face never leave your device.
enrol-passkey-button = Create a passkey
enrol-passkey-label-hint = So you know which device it is, like “My phone”.
enrol-passkey-cancelled = No passkey was made. You can try again or set up something else.
enrol-passkey-exists = This device already has a passkey for you.
enrol-passkey-failed = We could not make a passkey here. Try again or set up something else.
enrol-key-title = Add a security key
enrol-key-text = Name your key. Put it in or hold it to the reader. Then press the button.
enrol-key-button = Add this key
enrol-key-label-hint = So you know which key it is, like “Blue key”.
enrol-key-cancelled = No key was added. You can try again or set up something else.
enrol-key-exists = You have already added this key.
enrol-key-failed = We could not add this key. Try again or set up something else.
enrol-key-error-empty = Nothing came from your device. Please try again.
enrol-key-error-twice = You have already added this one. Use another one.
enrol-key-error-wrong = That did not work. Please try again.
enrol-key-error-late = That took too long. Please try again.
enrol-key-error-pin = This one did not check that it was you. Set up a PIN for it, then try again.
enrol-key-error-not-here = Your clinic does not allow this kind. Use another one.
enrol-key-error-untold = We could not tell what kind of key this is. Say yes if your browser asks, or use another one.
enrol-key-error-unchecked = We cannot check keys right now. Set up another way, or call your clinic.

## Recovery codes
recovery-codes-title = Recovery codes
recovery-codes-intro = If you lose your phone, one of these codes lets you in. Each code works once. Keep them on paper in a safe place.
recovery-codes-replaced = Your old codes no longer work. Throw them away.
recovery-codes-download = Download as a text file
recovery-codes-print = Page to print
recovery-codes-how-to-print = Now print this page from the menu of your browser.
recovery-codes-once = You will not see these codes again.
recovery-codes-continue = I have kept my codes
recovery-codes-paper-title = Recovery codes for { $organisation }
recovery-codes-left =
    { $count ->
        [0] You have no recovery codes left. Make a new set.
        [one] You have 1 recovery code left.
       *[other] You have { $count } recovery codes left.
    }
recovery-codes-none = You have no recovery codes yet.

## Consent
consent-title = Share your details
consent-heading = Share your details with { $app }?
consent-only-new = { $app } asks for something new. This is what changed.
consent-will = { $app } will be able to:
consent-details = { $app } also asks for this:
detail-actions = What to do:
detail-locations = Where:
detail-datatypes = With which data:
detail-identifier = Which one:
detail-privileges = With which rights:
consent-will-not = { $app } will not be able to:
consent-not-password = See your password or your codes
consent-not-change = Change how you sign in
consent-not-records = See your health records
consent-not-offline = Keep access when you are not using it
consent-privacy = How { $app } uses your details
app-terms = Terms of { $app }
app-unchecked = No one at { $name } has checked this app. Go on only if you know it.
consent-allow = Share
consent-deny = Do not share
scope-openid = Know that it is you
scope-profile = See your name and basic details
scope-email = See your email address
scope-phone = See your phone number
scope-address = See your home address
scope-fhir-user = See which health record is yours
scope-launch = Open the record or visit you chose
scope-offline = Keep access when you are not using the app
scope-offline-until = Keep access when you are not using the app, until { $date }
scope-online = Keep access while you are signed in
scope-other = Use “{ $scope }”
consent-api = Reach { $host } in your name
scope-records-read = Read { $what }
scope-records-write = Read and change { $what }
scope-records-of-others = Use the health records you may see
records-all = all your health records
records-details = your personal details
records-results = your test results and measurements
records-medicines = your medicines
records-allergies = your allergies
records-conditions = your health problems and treatments
records-vaccinations = your vaccinations
records-visits = your visits and appointments
records-letters = your letters and documents
records-other = other parts of your health records

## Signing out
sign-out-title = Sign out?
sign-out-text = You will be signed out here.
sign-out-from-app = { $app } asks to sign you out here.
sign-out-of = You will also be signed out of:
sign-out-button = Sign out
sign-out-stay = Stay signed in
signed-out-title = You are signed out
signed-out-text = You can close this window.
signed-out-of = We are also signing you out of:
signed-out-unreachable = We cannot sign you out of these apps. Please sign out there too:
signed-out-shared = Do other people use this computer? Then close this window now.
signed-out-frame = Signing out of an app

## Too many tries
locked-title = Too many tries
locked-heading-until = Wait until { $time }
locked-password = There were too many wrong passwords. We paused this way to sign in to keep you safe.
locked-code = There were too many wrong codes. We paused this way to sign in to keep you safe.
locked-network = There were too many wrong tries from your network. We paused sign-in to keep people safe.
locked-disabled = There were too many wrong tries. This way to sign in is now off. Your clinic can turn it on again.
locked-model = A fault was found in this kind of key. We turned it off to keep you safe. Your clinic can help you.
locked-model-title = Your key is not safe
locked-again = You can try again at
locked-meanwhile = You can sign in another way now
locked-soon = Is your appointment soon?

## Odd states
stale-expired = Please start again
stale-expired-text = You were away for a while. Start again from your app.
stale-expired-action = Start again
stale-finished = You are already signed in
stale-finished-text = This sign-in is done. You can go back to your app.
stale-finished-action = Continue
stale-no-cookie = Your browser did not keep a small file we need
stale-no-cookie-text = Allow cookies for this site, then try again. If you came from inside another app, open this page in your normal browser.
stale-no-cookie-action = Try again
stale-other-browser = This sign-in began in another browser
stale-other-browser-text = Go back to the browser where you began. Or start again here.
stale-other-browser-action = Start again here
stale-unknown-client = We cannot open this app
stale-unknown-client-text = The app sent you here in a way we do not know. Go back to the app and try again. If it happens again, tell the people who run the app.
stale-unknown-client-action = Go to your account
stale-busy = We are very busy
stale-busy-text = Please wait one minute, then try again. Your details are safe.
stale-busy-action = Try again
stale-form = This page is from an earlier sign-in
stale-form-text = Nothing was done. Open the page again, and fill it in once more.
stale-form-action = Open the page again

## Errors
problem-request = That did not work
problem-request-text = Something in the request was not right. Go back to your app and start again.
problem-forbidden = You cannot open this page
problem-forbidden-text = Your account does not have access to it. If you think it should, ask your clinic.
problem-not-found = We cannot find that page
problem-not-found-text = The link may be old, or a letter is missing. Check it or start again from your app.
problem-too-many = Please slow down
problem-too-many-text = There were too many requests. Wait a few minutes, then try again.
problem-busy = We are very busy
problem-busy-text = Please wait one minute, then try again. Your details are safe.
problem-ours = Something went wrong on our side
problem-ours-text = Your details are safe. Try again in a few minutes.
problem-action = Start again
developer-title = For developers
form-post-title = Back to your app
form-post-text = We are taking you back. If nothing happens, press Continue.

## The demo's own pages
dev-mail-title = Demo mail
dev-mail-text = No mail leaves the demo. All of it ends up here.
dev-mail-empty = There is no mail yet.
dev-people-title = Demo people
dev-people-text = Use these people to try the demo. Codes change every 30 seconds.
dev-people-name = Name
dev-people-username = Username
dev-people-code = Code now
dev-people-no-code = No code app yet
dev-people-app = Open the demo app
refresh-pause = Pause updates
refresh-resume = Resume updates
