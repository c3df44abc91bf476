//! Words everybody shares: ids, secrets, time, entropy, URLs, text. It knows nothing of this crate.
