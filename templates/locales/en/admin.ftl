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
admin-error-second-person = This takes a second person.
admin-error-oneself = You cannot do this to yourself. Ask another administrator.
