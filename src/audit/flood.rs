//! Refusals of strangers, counted: a flood buys no disk.

use std::collections::HashMap;

use super::{Actor, Event, Kind, Outcome};
use crate::base::{ClientId, Entropy, Timestamp};

/// As many kinds (of event, network and client together) as are written one by one in a second.
const KINDS: usize = 100;

/// Counts refusals before a client or person is authenticated. Whoever owns it drains it every second.
#[derive(Debug, Default)]
pub struct Flood {
    begun: Option<Timestamp>,
    counts: HashMap<Key, u64>,
    overflow: u64,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    kind: Kind,
    network: Option<String>,
    client: Option<ClientId>,
}

impl Flood {
    /// Nothing counted yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts one refusal.
    pub fn note(&mut self, kind: Kind, network: Option<String>, client: Option<ClientId>, now: Timestamp) {
        self.begun.get_or_insert(now);
        let full = self.counts.len() >= KINDS;
        let key = Key { kind, network, client };
        match self.counts.get_mut(&key) {
            Some(count) => *count = count.saturating_add(1),
            None if full => self.overflow = self.overflow.saturating_add(1),
            None => {
                self.counts.insert(key, 1);
            }
        }
    }

    /// What was counted in a second that is over: one event for each kind with its count, and one for the rest.
    pub fn drain(&mut self, now: Timestamp, entropy: &Entropy) -> Vec<Event> {
        match self.begun {
            Some(begun) if now.seconds() > begun.seconds() => self.finish(entropy),
            _ => Vec::new(),
        }
    }

    /// What was counted, the running second included; at shutdown.
    pub fn finish(&mut self, entropy: &Entropy) -> Vec<Event> {
        let Some(at) = self.begun.take() else { return Vec::new() };
        let counted = |kind, count: u64| {
            let mut event = Event::new(kind, Outcome::Refused, Actor::Anonymous, at, entropy);
            event.detail = Some(serde_json::json!({ "count": count }));
            event
        };
        let each = self.counts.drain().map(|(key, count)| {
            let mut event = counted(key.kind, count);
            event.network = key.network;
            event.client = key.client;
            event
        });
        let mut events: Vec<Event> = each.collect();
        let overflow = std::mem::take(&mut self.overflow);
        if overflow > 0 {
            events.push(counted(Kind::AuditOverflow, overflow));
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_a_hundred_events_and_one() {
        let (entropy, now) = (Entropy::system(), Timestamp::from_seconds(1_000));
        let mut flood = Flood::new();
        for i in 0..10_000 {
            let network = Some(format!("192.0.2.{}/32", i % 250));
            flood.note(Kind::ClientAuthRefused, network, Some(ClientId::from_text("app")), now);
        }
        assert!(flood.drain(now, &entropy).is_empty(), "the second is not over");
        let events = flood.drain(now.plus(1), &entropy);
        assert_eq!(events.len(), 101);
        let count = |event: &Event| event.detail.as_ref().unwrap()["count"].as_u64().unwrap();
        assert_eq!(events.iter().map(count).sum::<u64>(), 10_000);
        assert_eq!(events.iter().filter(|e| e.kind == Kind::AuditOverflow).count(), 1);
        assert!(flood.drain(now.plus(9), &entropy).is_empty(), "drained once");
        flood.note(Kind::TokenRefused, None, None, now.plus(9));
        assert_eq!(flood.finish(&entropy).len(), 1);
    }
}
