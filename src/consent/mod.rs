//! What a person agreed to release to a client. Pure.
