//! Token revocation (RFC 7009): a refresh token ends its family, an access token ends itself.

use super::client_auth::{self, Asked, Denied};
use super::clients::watch;
use super::introspection::the_token;
use super::{About, Cx, living, token};
use crate::audit::{Kind, Outcome};
use crate::base::Timestamp;
use crate::oidc::watch::Endpoint;
use crate::store::{self, families};

/// Revokes; an unknown token, or another client's, is answered like a known one (§2.2).
pub async fn revoke(cx: &Cx, asked: &Asked<'_>) -> Result<(), Denied> {
    let done = revoke_proven(cx, asked).await;
    watch::note_form(cx, Endpoint::Revoke, asked.authorization, asked.form, &done);
    done
}

async fn revoke_proven(cx: &Cx, asked: &Asked<'_>) -> Result<(), Denied> {
    let client = client_auth::authenticate(cx, asked).await?;
    let text = the_token(cx, &client, asked.form)?;
    let event = cx.event(Kind::TokenRevoked, Outcome::Ok).app(&client.id);
    if let Some((family, _)) = token::read_refresh_token(cx, text) {
        let row = families::find(&cx.store, &family).await?;
        let owned = row.and_then(|r| r.entitlement).filter(|e| e.client == client.id.as_str());
        if let Some(e) = owned {
            let event = event.person(&e.account);
            cx.store
                .write((family, cx.now, event), |w, (family, now, event)| {
                    Box::pin(async move {
                        if families::end(w, family, "revoked", *now).await? {
                            w.record(event).await?;
                        }
                        Ok::<_, store::Error>(())
                    })
                })
                .await?;
        }
        return Ok(());
    }
    let living = living::living(cx, text).await?.filter(|l| l.claims.client_id == client.id.as_str());
    if let Some(living) = living {
        let digest = living::jti_digest(&living.claims.jti);
        let until = Timestamp::from_seconds(living.claims.exp);
        cx.store
            .write((digest, until, event), |w, (digest, until, event)| {
                Box::pin(async move {
                    families::revoke_jti(w, *digest, *until).await?;
                    w.record(event).await
                })
            })
            .await?;
    }
    Ok(())
}
