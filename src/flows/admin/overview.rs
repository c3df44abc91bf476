//! The overview: what an administrator sees first.

use super::{Cx, Refused};
use crate::store::grants;

/// What the installation's own safety rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Safety {
    /// Owners of the root who may act; one alone cannot be replaced when they are away.
    pub owners: i64,
    /// Whether the settings name a telephone number for people who cannot get in.
    pub has_support_phone: bool,
}

/// Looks at what the installation's own safety rests on.
pub async fn safety(cx: &Cx) -> Result<Safety, Refused> {
    Ok(Safety {
        owners: grants::owners(&cx.store).await?,
        has_support_phone: cx.config.support.phone.is_some(),
    })
}
