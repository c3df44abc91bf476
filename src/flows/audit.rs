//! The audit trail as auditors use it: proved whole, and read page by page.

use super::{Cx, keys};
use crate::audit::Event;
use crate::base::{EventId, Timestamp};
use crate::store;
use crate::store::audit::{Filter, Verdict, list, verify_telling};

/// Examines every chain and every checkpoint, and names the first row that is not as it was linked. `tell` hears how
/// many events were examined so far.
pub async fn verify(cx: &Cx, tell: &(dyn Fn(u64) + Send + Sync)) -> Result<Verdict, store::Error> {
    let ring = cx.signing.ring(cx).await?;
    let ever = keys::ever(cx).await?;
    let check = |kid: &str, body: &[u8], signature: &[u8]| match (ring.verifying(kid), ever.get(kid)) {
        (Some(key), _) => key.verifies(body, signature),
        (None, Some((algorithm, public))) => public.verifies(*algorithm, kid, body, signature),
        (None, None) => false,
    };
    verify_telling(&cx.store, &check, tell).await
}

/// A page of events, the newest first, of a time: not before `from`, before `until`, behind `after`.
pub async fn page(
    cx: &Cx,
    (from, until): (Option<Timestamp>, Option<Timestamp>),
    after: Option<(Timestamp, EventId)>,
    limit: i64,
) -> Result<Vec<Event>, store::Error> {
    let filter = Filter { from, until, after, ..Filter::default() };
    list(&cx.store, &filter, limit).await
}
