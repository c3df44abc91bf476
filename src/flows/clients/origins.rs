//! From where apps in browsers may call: preflights name no client, so that all enabled ones count together. What an app
//! registered is read when it is another text than before, and not each time somebody asks.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::base::{ClientId, Digest, Timestamp};

/// The origins of every enabled client's redirect URIs.
#[derive(Default)]
pub(super) struct Origins {
    /// When they were looked at, and all of them.
    pub(super) known: Option<(Timestamp, Arc<HashSet<String>>)>,
    of: HashMap<ClientId, (Digest, Vec<String>)>,
}

impl Origins {
    /// Takes down what all of them registered, as it stands there now; `read` is asked for a text that is new.
    pub(super) fn look<E>(
        &mut self,
        now: Timestamp,
        registered: Vec<(ClientId, String)>,
        mut read: impl FnMut(&str) -> Result<Vec<String>, E>,
    ) -> Result<Arc<HashSet<String>>, E> {
        let mut of = HashMap::with_capacity(registered.len());
        for (id, document) in registered {
            let digest = Digest::of(&document);
            let kept = self.of.remove(&id).filter(|(before, _)| *before == digest);
            let origins = match kept {
                Some((_, origins)) => origins,
                None => read(&document)?,
            };
            of.insert(id, (digest, origins));
        }
        let all: HashSet<String> = of.values().flat_map(|(_, origins)| origins).cloned().collect();
        let all = Arc::new(all);
        (self.of, self.known) = (of, Some((now, all.clone())));
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is registered, all origins, and what is read anew.
    type Row<'r> = (&'r [(&'r str, &'r str)], &'r [&'r str], &'r [&'r str]);

    #[test]
    fn a_registration_is_read_once_until_it_is_another() {
        let (mut origins, mut read) = (Origins::default(), Vec::new());
        let mut look = |registered: &[(&str, &str)]| {
            let registered =
                registered.iter().map(|(id, text)| (ClientId::from_text(*id), (*text).to_owned()));
            let all = origins.look(Timestamp::from_seconds(0), registered.collect(), |text| {
                read.push(text.to_owned());
                if text == "broken" { Err(()) } else { Ok(vec![format!("https://{text}.example")]) }
            });
            let mut all: Vec<_> = all.map(|all| all.iter().cloned().collect()).unwrap_or_default();
            all.sort();
            (all, std::mem::take(&mut read))
        };
        let at =
            |names: &[&str]| names.iter().map(|name| format!("https://{name}.example")).collect::<Vec<_>>();
        let rows: [Row<'_>; 7] = [
            (&[("a", "one"), ("b", "two")], &["one", "two"], &["one", "two"]),
            (&[("a", "one"), ("b", "two")], &["one", "two"], &[]),
            (&[("a", "one"), ("b", "three")], &["one", "three"], &["three"]),
            (&[("b", "three")], &["three"], &[]),
            (&[("a", "one"), ("b", "three")], &["one", "three"], &["one"]),
            // The same text at two apps is read for each of them.
            (&[("b", "three"), ("c", "three")], &["three"], &["three"]),
            (&[("b", "broken")], &[], &["broken"]),
        ];
        for (registered, all, newly) in rows {
            let newly: Vec<_> = newly.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(look(registered), (at(all), newly), "{registered:?}");
        }
    }
}
