//! Signing keys and sealing: JWT, JWKS, envelope encryption of secrets and personal data.
