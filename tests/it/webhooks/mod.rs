//! Webhooks: who is told of what, by whom it can be verified, and what happens when nobody listens.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

mod console;
mod delivery;
mod keepers;
mod pace;
mod places;

use base64::Engine;
use tokio_util::sync::CancellationToken;
use vouchsafe::audit::Topic;
use vouchsafe::base::OrganisationId;
use vouchsafe::duties::Action;
use vouchsafe::flows::admin::webhooks::{self, NewSecret};
use vouchsafe::flows::admin::{self, AdminActor};
use vouchsafe::flows::webhooks::{Swept, sweep};
use vouchsafe::notifications::webhook::{Delivery, Webhook};
use vouchsafe::store;

use crate::idp::TestIdp;
use crate::outbound::receiver::Received;

/// Settings that let the test's own receivers be called.
pub const NEAR: [(&str, &str); 1] = [("VOUCHSAFE__OUTBOUND__ALLOW", "127.0.0.1")];

/// HMAC-SHA256 as RFC 2104 writes it, so that a mistake of the program's is not made twice.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let sha = |parts: &[&[u8]]| {
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &parts.concat()).as_ref().to_vec()
    };
    let mut block = [0u8; 64];
    block[..key.len()].copy_from_slice(key);
    let pad = |with: u8| block.map(|byte| byte ^ with);
    sha(&[&pad(0x5c), &sha(&[&pad(0x36), text])])
}

/// Whether one of the request's signatures is the one of this secret.
pub fn is_signed_with(request: &Received, secret: &str) -> bool {
    let base64 = base64::engine::general_purpose::STANDARD;
    let key = base64.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let (id, at) = (request.header("webhook-id"), request.header("webhook-timestamp"));
    let text = format!("{id}.{at}.{}", request.body);
    let expected = format!("v1,{}", base64.encode(hmac(&key, text.as_bytes())));
    request.header("webhook-signature").split(' ').any(|signature| signature == expected)
}

impl TestIdp {
    /// The proof that an operator may change webhooks at an organisation.
    pub async fn hooks_at(&self, organisation: &OrganisationId) -> AdminActor {
        let cx = self.operator();
        admin::authorise(&cx, &admin::at_host(&cx), Action::WebhookChange, organisation).await.unwrap()
    }

    /// A webhook registered at the host.
    pub async fn hook(&self, url: &str, topics: &[Topic], at: &OrganisationId) -> (Webhook, NewSecret) {
        let actor = self.hooks_at(at).await;
        let made = webhooks::create(&self.operator(), &actor, url, topics).await.unwrap();
        self.tick();
        made
    }

    /// A webhook as it is now.
    pub async fn hook_now(&self, hook: &Webhook) -> Webhook {
        store::webhooks::find(&self.app.services.store, &hook.id).await.unwrap().unwrap()
    }

    /// What a webhook was sent or waits for, oldest first.
    pub async fn deliveries(&self, hook: &Webhook) -> Vec<Delivery> {
        let mut all = store::webhooks::newest(&self.app.services.store, &hook.id, 1_000).await.unwrap();
        all.reverse();
        all
    }

    /// One sweep of this node, beside its own.
    pub async fn sweeps(&self) -> Swept {
        sweep(&self.operator(), &CancellationToken::new()).await.unwrap()
    }

    /// Sends whatever is due, and waits for what this node's own sweeper has in its hand.
    pub async fn settles(&self) {
        let under_way = "SELECT count(*) FROM webhook_deliveries WHERE claimed_until > 0";
        loop {
            self.sweeps().await;
            let due = store::webhooks::due(&self.app.services.store, self.now(), 0).await.unwrap();
            if due.is_empty() && self.place.count(under_way).await == 0 {
                return;
            }
            tokio::task::yield_now().await;
        }
    }
}
