//! What a password hash costs, and how many may wait.

use super::section::section;

section! {
    /// What a password hash (Argon2id) costs, and how many may wait.
    Hashing in "hashing" {
        /// Memory of one hash, in KiB. When it rises, passwords are hashed again as people sign in.
        memory_kib: u32 = "19456" range 19456 to 1048576;

        /// Passes over that memory.
        iterations: u32 = "2" range 2 to 64;

        /// Lanes within one hash. More lanes make one hash faster, not the server.
        parallelism: u32 = "1" range 1 to 16;

        /// Threads that hash; 0 takes one per core. Each keeps the memory of one hash while it is busy.
        workers: u32 = "0" range 0 to 1024;

        /// Hashes that may wait; beyond that a sign-in is answered 503 with `Retry-After`. Everything else stays fast.
        queue: u32 = "64" range 1 to 65536;
    }
}
