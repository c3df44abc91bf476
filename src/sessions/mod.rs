//! A browser session: proofs and their times. Pure.
