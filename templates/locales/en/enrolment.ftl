# Invitations, activation, recovery.
