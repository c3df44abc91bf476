//! The demo telemedicine app: a relying party that knows nothing of our inside.
