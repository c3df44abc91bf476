//! OAuth 2.0 and OpenID Connect: requests, grants, claims and answers as types. Pure.

pub mod pkce;
