//! What we say to a person about their account, one variant each. Pure.
