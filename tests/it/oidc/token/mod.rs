//! `/token`, one file a grant.

mod authorization_code;
