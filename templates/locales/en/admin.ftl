# The administrators' console. It speaks English alone; every key begins with `admin-`.
admin-title = { $step } – { $organisation } administration
admin-title-error = Error: { $step } – { $organisation } administration
admin-console = Administration
admin-rooms = Administration
admin-my-account = Your account
admin-waiting = { $count } waiting
admin-recorded = What you do here is recorded.
admin-save = Save
admin-keep = Keep it
admin-actions = Actions
admin-person = Person
admin-duty = Duty
admin-since = Since { $date }
admin-held-since = Since
admin-reason = Reason
admin-reason-hint = Why you do this, in a few words. Auditors read it.

## Overview
admin-overview-title = Overview
admin-checks = Security check
admin-check-one-owner = There is one owner. If they are away or locked out, nobody can stand in for them. Appoint a second one.
admin-check-no-phone = There is no support number. People who cannot sign in find nobody to call. Set support.phone.
admin-my-duties = Your duties

## Organisations
admin-organisations-title = Organisations
admin-organisations-hint = A duty covers its organisation and everything below it.
admin-organisation-new = Add an organisation
admin-organisation-name = Name
admin-organisation-parent = Belongs to
admin-organisation-create = Add organisation
admin-organisation-below = Directly below
admin-organisation-rename = Change the name
admin-done-organisation-created = The organisation was added.
admin-done-organisation-changed = The name was saved.

## Duties
admin-holders = Who holds a duty here
admin-holders-none = Nobody holds a duty here.
admin-grant = Grant a duty
admin-grant-hint = At { $organisation } and everything below it.
admin-grant-person = Who
admin-grant-person-hint = Their username or e-mail address.
admin-grant-submit = Grant this duty
admin-revoke = Revoke
admin-revoke-named = Revoke { $duty } of { $name }
admin-revoke-title = Revoke a duty
admin-revoke-text = { $name } stops being { $duty } at once.
admin-done-duty-granted = The duty was granted.
admin-done-duty-revoked = The duty was revoked.
admin-duty-owner = Owner
admin-duty-owner-hint = Answers for the organisation and may do everything one person may.
admin-duty-security-officer = Security officer
admin-duty-security-officer-hint = Watches over policies, suspends people, approves resets.
admin-duty-registration-officer = Registration officer
admin-duty-registration-officer-hint = Invites people and checks who they are.
admin-duty-app-developer = App developer
admin-duty-app-developer-hint = Registers and changes apps.
admin-duty-auditor = Auditor
admin-duty-auditor-hint = Reads everything and changes nothing.
admin-duty-privacy-officer = Privacy officer
admin-duty-privacy-officer-hint = Answers people’s requests about their data.
admin-duty-help-desk = Help desk
admin-duty-help-desk-hint = Sees people, reminds them, and asks for resets.

## What was wrong
admin-error-name = Write a name of 1 to 100 characters.
admin-error-too-deep = This organisation lies as deep as one may. Choose another to put it below.
admin-error-person = Nobody here is known by that name.
admin-error-duty = Choose a duty.
admin-error-reason = Write a reason of 5 to 500 characters.
admin-error-already = It is so already. Nothing was changed.
admin-error-last-owner = This is the last owner. Grant somebody else that duty first.
admin-error-oneself = You cannot do this to yourself. Ask another administrator.

## People
admin-people-title = People
admin-people-caption = People, newest first
admin-people-count = { $count } people
admin-people-found = { $count ->
    [one] One person on this page
   *[other] { $count } people on this page
}
admin-people-none = There are no people yet.
admin-people-none-match = Nobody matches. Try fewer words or another filter.
admin-search = Name, username or e-mail
admin-search-hint = Whole words, or the first three to six letters.
admin-search-button = Search
admin-search-clear = Show everybody
admin-search-too-short = Type at least three letters.
admin-filter-all = All
admin-filter-stage = Set-up
admin-filter-role = Role
admin-filter-strongest = Strongest way
admin-filter-state = State
admin-filter-organisation = Organisation
admin-state-active = Active
admin-state-suspended = Suspended
admin-pages = Pages
admin-page-first = First page
admin-page-next = Next page
admin-stage-invited = Invited
admin-stage-activated = Activated
admin-stage-factor = Second factor
admin-stage-spare = Spare
admin-stage-ready = Ready
admin-strongest-nothing = Nothing yet
admin-strongest-password = Password only
admin-strongest-code-app = Code app
admin-strongest-security-key = Security key
admin-strongest-passkey = Passkey

## One person
admin-setting-up = Setting up
admin-step-done = Done
admin-step-open = Not yet
admin-missing-title = Why not ready
admin-missing-nothing = Nothing is missing.
admin-missing-suspended = The account is suspended.
admin-missing-activation = The account is not activated. Next: they accept the invitation and choose a password or a passkey.
admin-missing-second-factor = There is no second factor. Next: they sign in and set one up.
admin-missing-stronger-factor = Their role needs a passkey or a security key. Next: they sign in and add one.
admin-missing-spare = Nothing is left if the phone is lost. Next: recovery codes, or another factor.
admin-missing-switched-off = A way to sign in was switched off after too many failures. Next: ask for a reset.
admin-ways = Ways to sign in
admin-ways-none = None yet.
admin-way = Way
admin-way-added = Added
admin-way-used = Last used
admin-way-never = Never
admin-way-unknown = –
admin-codes-left = { $count ->
    [one] One left
   *[other] { $count } left
}
admin-switched-off = Switched off
admin-their-duties = Duties
admin-help = Help this person
admin-cancel = Cancel
admin-end-sessions = End all sessions
admin-suspend = Suspend
admin-suspend-text = { $name } can no longer sign in, and everything they have open ends at once.
admin-enable = Let them sign in again
admin-enable-text = { $name } can sign in again with what they had.
admin-reset = Ask for a reset
admin-done-suspended = The account is suspended. Everything they had open has ended.
admin-done-enabled = They can sign in again.
admin-done-sessions-ended = Everything they had open has ended.

## The funnel
admin-funnel = How people come along
admin-funnel-desc = Of { $all } people, { $activated } activated their account, { $factor } have a second factor, { $spare } have a spare, { $ready } are ready.
admin-funnel-table = The same as a table
admin-funnel-everybody = Everybody

## What takes two people
admin-approvals-title = Approvals
admin-approvals-hint = One person asks, another decides. Nobody decides what they asked for, or what is about themselves.
admin-approvals-none = Nothing waits.
admin-approval-what = What
admin-approval-for = For
admin-approval-by = Asked by
admin-approval-until = Until
admin-approval-asked = Asked
admin-approval-own = You asked for this, or it is about you. Somebody else has to decide.
admin-what-reset = Reset of ways to sign in
admin-what-grant = Grant a duty
admin-what-revoke = Revoke a duty
admin-request-open = Waits for a second person
admin-request-approved = Approved
admin-request-done = Carried out
admin-request-refused = Refused
admin-request-withdrawn = Taken back
admin-request-expired = Too old
admin-decide = Decide
admin-decide-hint = You may be asked for your passkey. Your decision counts at once and cannot be taken back.
admin-approve = Approve
admin-refuse = Refuse
admin-withdraw = Take this back
admin-carry-out = Reset now and show the code
admin-done-asked = It was asked for. A second person decides within 60 minutes. For a reset, the person was told.
admin-done-approved = Approved. Whoever asked can carry it out now.
admin-done-carried-out = Approved and carried out.
admin-done-refused = Refused. Nothing was changed.
admin-done-withdrawn = Taken back. Nothing was changed.
admin-reset-what = What is reset
admin-reset-checked = How you checked who they are
admin-reset-handing = How they get back in
admin-reset-reason = What happened, and what you saw
admin-reset-reason-hint = The second person reads it before they decide. Auditors read it too.
admin-reset-effect-told = They are told at once, at every address on file.
admin-reset-effect-second = A second person has to agree within 60 minutes.
admin-reset-effect-ends = What is chosen goes, with their recovery codes, and everything they have open ends.
admin-check-in-person = In person, with a document
admin-check-by-video = By video, with a document
admin-check-called-back = Called back on the number on file
admin-check-colleague = A colleague who knows them vouches
admin-handing-mail = By a link to their own addresses
admin-handing-face-to-face = By a code that you show them face to face
admin-code-title = The code for this person
admin-code-once = It is shown once. Show it to the person and to nobody else. It works together with what they still have.
admin-code-username = Username
admin-code-page = Page to open
admin-error-kinds = Choose at least one.
admin-error-checked = Say how you checked who they are.
admin-error-handing = Choose how they get back in.
admin-error-no-address = There is no address on file. Show a code face to face.
admin-error-under-way = Another request about this person is under way.
