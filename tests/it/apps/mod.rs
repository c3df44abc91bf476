//! Registered apps: what is changed about them, and what keeps working meanwhile.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

mod console;
mod fetched;
mod scopes;
mod secrets;
mod settings;
mod tokens;
mod watch;

use vouchsafe::base::ClientId;
use vouchsafe::clients::Client;
use vouchsafe::flows::clients;

use crate::actors::{Auth, Rp};
use crate::idp::TestIdp;

/// The app as it is now.
async fn client(idp: &TestIdp, rp: &Rp) -> Client {
    clients::find(&idp.operator(), &ClientId::from_text(rp.id.as_str())).await.unwrap().unwrap()
}

/// The same app, proving itself with another secret.
fn with_secret(rp: &Rp, secret: &str) -> Rp {
    let mut other = rp.clone();
    other.auth = match &rp.auth {
        Auth::Basic(_) => Auth::Basic(secret.to_owned()),
        _ => Auth::Post(secret.to_owned()),
    };
    other
}

/// Runs everything at the same time, and answers when all is done.
async fn at_once<T: Send + 'static>(
    tasks: impl Iterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let running: Vec<_> = tasks.map(tokio::spawn).collect();
    let mut done = Vec::new();
    for task in running {
        done.push(task.await.unwrap());
    }
    done
}
