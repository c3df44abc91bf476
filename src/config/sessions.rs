//! Where what may be lost is kept: sessions, sign-ins, codes, counters.

use super::locations::SessionsUrl;
use super::section::section;

section! {
    /// Where sessions, sign-ins, codes and counters are kept.
    Sessions in "sessions" {
        /// `embedded` (a table of the database, for one node), `redis://…`, `rediss://…` (TLS), `redis-cluster://host1,host2` or `rediss-cluster://…`. Redis needs `maxmemory-policy noeviction`; if its data are lost people sign in again, and nothing is granted.
        url: SessionsUrl = "embedded" example "rediss://:password@redis.internal:6379";
    }
}
