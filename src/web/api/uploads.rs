//! How many large bodies are in memory at once: a few of each client's, and of the node's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::ClientId;

/// Large bodies of one client at once.
pub const OF_A_CLIENT: usize = 2;
/// Large bodies of a node at once.
pub const OF_A_NODE: usize = 8;

/// The large bodies under way on this node.
#[derive(Clone, Default)]
pub struct Uploads(Arc<Mutex<BTreeMap<ClientId, usize>>>);

/// Why another one has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// As many of the client's are under way as may be.
    Client,
    /// As many of everybody's are.
    Node,
}

/// One of them; it is over when this is dropped.
#[derive(Debug)]
pub struct Turn {
    uploads: Uploads,
    client: ClientId,
}

impl std::fmt::Debug for Uploads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Uploads")
    }
}

impl Uploads {
    /// A turn for a client, if there is one now.
    pub fn enter(&self, client: &ClientId) -> Result<Turn, Full> {
        let mut under_way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if under_way.get(client).is_some_and(|count| *count >= OF_A_CLIENT) {
            return Err(Full::Client);
        }
        if under_way.values().sum::<usize>() >= OF_A_NODE {
            return Err(Full::Node);
        }
        *under_way.entry(client.clone()).or_default() += 1;
        Ok(Turn { uploads: self.clone(), client: client.clone() })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut under_way = self.uploads.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = under_way.get_mut(&self.client) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                under_way.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_two_turns_and_a_node_eight_and_each_comes_back() {
        let uploads = Uploads::default();
        let client = |n: usize| ClientId::from_text(format!("client-{n}"));
        let mut turns: Vec<Turn> = Vec::new();
        for n in 0..OF_A_NODE / OF_A_CLIENT {
            for _ in 0..OF_A_CLIENT {
                turns.push(uploads.enter(&client(n)).unwrap());
            }
            assert_eq!(uploads.enter(&client(n)).unwrap_err(), Full::Client);
        }
        assert_eq!(uploads.enter(&client(99)).unwrap_err(), Full::Node);
        turns.pop();
        let last = uploads.enter(&client(99)).unwrap();
        assert_eq!(uploads.enter(&client(99)).unwrap_err(), Full::Node);
        drop((turns, last));
        assert!(uploads.0.lock().unwrap().is_empty());
    }
}
