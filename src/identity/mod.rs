//! Accounts and their states: usernames, e-mail addresses, profiles. Pure.
