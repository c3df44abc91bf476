//! `/token`: how apps prove themselves, and one file a grant.

mod authorization_code;
mod client_authentication;
mod client_credentials;
mod refresh_token;
mod request;
