//! The Argon2id threads: one worker a core, a bounded queue, memory given back when idle.
