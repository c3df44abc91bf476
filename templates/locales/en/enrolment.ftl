# Invitations, activation, recovery.

## Links from a mail
link-activate = Is this you?
link-activate-text = You were invited to set up an account here. It takes about five minutes.
link-activate-button = Yes, set up my account
link-reset = Set a new password
link-reset-text = When you set a new password, you are signed out everywhere. You still need your second step to sign in.
link-reset-button = Continue
link-regain = Set up your sign-in again
link-regain-text = Your clinic removed your lost way to sign in. Now set up a new one.
link-regain-button = Continue
link-recover = Get back into your account
link-recover-text = The waiting time is over. You need your password. Then you set up a new second step.
link-recover-button = Continue
link-stop = Stop this recovery?
link-stop-text = Someone asked to set up a new way into your account. If it was not you, stop it now.
link-stop-button = Stop it
link-until = This link works until
link-not-me = If this is not you, close this page. Nothing will happen.

## Links that work no more
over-expired = This link is too old
over-expired-text = Links work for a short time only. That keeps your account safe.
over-used = This link was used
over-used-text = A link works once. You can sign in now.
over-revoked = This link does not work any more
over-revoked-text = There may be a newer one in your mail. Look for it, or ask your clinic.
over-unknown = We do not know this link
over-unknown-text = Open it from your mail again. Make sure that nothing is missing at its end.
over-asked = Check your mail
over-asked-text = If this invitation can be renewed, a new link is on its way. It goes to the same address.
over-stopped = It is stopped
over-stopped-text = Nobody gets into your account that way. Now set a new password: someone knows the old one.
over-ask = Ask for a new invitation
over-sign-in = Sign in

## Another person is signed in
other-title = Someone else is signed in
other-sent-to = This link was sent to { $name }.
other-switch = Sign out and go on as { $name }
other-stay = Stay signed in as { $name }

## The code on paper
short-code-title = Enter your code
short-code-text = You find it in the letter from your clinic, or your clinic showed it to you.
short-code-name = Name in the letter, or your username
short-code-label = Code
short-code-hint = 8 letters and numbers, like 7F3K-92QD
short-code-error-empty = Enter both the name and the code.
short-code-error-wrong = That name and code do not work together. Check both and try again.

pair-title = Sign in on another device
pair-text = Your device shows a code. Type it here.
pair-label = Code on your device
pair-error-empty = Type the code that your device shows.
pair-error-wrong = This code does not work. Check it, or get a new one on your device.
pair-confirm-title = Does your device show this code?
pair-confirm-text = { $app } asks you to sign in on that device. Go on only if you started this.
pair-confirm-warning = Did somebody send you this code? Then stop here. They could get into your account.
pair-yes = Yes, go on
pair-no = No, stop
pair-done-title = Your device is signed in
pair-done-text = Go back to your device. You can close this page.
pair-refused-title = Your device is not signed in
pair-refused-text = Nothing was shared. You can close this page.

## A new password
new-password-title = Choose a password
new-password-first = You will use it each time you sign in.
new-password-lost = It replaces the one you lost. You will be signed out everywhere else.
new-password-change = It replaces your old one. You will be signed out everywhere else.
new-password-label = New password
new-password-rules = At least { $shortest } characters. Three or four words in a row are good. You can paste.
new-password-button = Save password
new-password-passkey = Use a passkey and no password
new-password-passkey-hint = You then sign in with your fingerprint, face or screen lock.
new-password-error-empty = Enter a new password.
new-password-error-short = That password is too short. Add another word or two.
new-password-error-long = That password is too long, or holds signs we cannot use.
new-password-error-common = That password is on lists that attackers use. Choose another.
new-password-error-name = That password is mostly your name or ours. Choose another.
advice-common = It is like one that many people use.
advice-keyboard = Keys next to each other are easy to guess.
advice-repeat = The same thing again and again is easy to guess.
advice-sequence = Rows like abc or 123 are easy to guess.
advice-date = Years and dates are easy to guess.
advice-word = One word alone is easy to guess.
advice-name = Names are easy to guess.
advice-longer = More words make it better.

## What a false page looks like
lesson-title = How to spot a false page
lesson-text = Thieves copy pages like ours to get passwords. You can tell the difference.
lesson-address = The true address is always
lesson-link = Open your app yourself. Do not trust a link in a message that asks you to sign in.
lesson-phone = We never ask for your password or your codes, on the phone or by mail.
lesson-hurry = Someone who wants you to hurry may be a thief. Call your clinic.
lesson-passkey = A passkey does not work on a false page. That is why it is the safest way.
lesson-button = I understand

## The end of setting up
ready-title = You are ready
ready-text = Your account is set up, and you are signed in.
ready-to-app = Go to { $app }
ready-account = See my account

## A letter to print
letter-title = Your invitation
letter-text = You can now set up your account. Open this address and type in your user name and your code.
letter-address = Address:
letter-name = User name:
letter-code = Code:
letter-until = It works until
letter-secret = Keep this letter to yourself. Nobody from the clinic will ask you for the code.
account-notice-password-changed = Your new password works now. You were signed out everywhere else.

## A forgotten password
forgot-link = I forgot my password
forgot-title = Forgot your password?
forgot-text = We send a link to the mail address we have for this name. You still need your second step.
forgot-button = Send me a link
forgot-sent-title = Check your mail
forgot-sent-text = If we know this name, a link is on its way. It goes to every address we checked with you.
forgot-sent-hint = You can open it on any device. Look in your spam folder too.
forgot-again = Send it again
forgot-no-mail = I get no mail
forgot-error-soon = A mail was just sent. Wait one minute, then ask again.

## No way to sign in is left
recover-link = I cannot use any of these
recover-title = Get help to sign in
recover-codes-title = Do you have your recovery codes?
recover-codes-text = You got them on paper or in a file when you set up your account.
recover-codes-link = Use a recovery code
recover-clinic-title = Let your clinic help you
recover-clinic-text = If we know you, the clinic will call you. Have photo ID ready.
recover-call-label = Number to call you on
recover-clinic-button = Ask the clinic to call
recover-asked-title = We have your request
recover-asked-text = If we know you, the clinic will call you. We never ask for a password on the phone.
recover-wait-title = Wait one day
recover-wait-text = We tell all your addresses now. After 24 hours you get a link. With it and your password you set up a new second step.
recover-wait-button = Start the waiting time
recover-waits-title = A waiting time runs
recover-waits-text = You can go on after

## Making an account by oneself
register-link = Create an account
register-title = Create an account
register-text = We send you a link. It leads you through the rest.
register-label = Your mail address
register-sent-text = A mail is on its way to that address. Open the link in it.
register-error-empty = Enter your mail address.
register-error-address = That is no mail address. It should look like rose@example.org.
register-back = I have an account
