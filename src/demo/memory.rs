//! What the app remembers, in memory and never for long: at most 1,000 entries a kind, the oldest dropped first.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most entries one kind may hold; one more drops the oldest.
pub(super) const MOST: usize = 1_000;

/// Entries by id, each living equally long, so that the order of arrival is also the order of expiry.
pub(super) struct Memory<T> {
    lifetime: i64,
    shelf: Mutex<Shelf<T>>,
}

struct Shelf<T> {
    arrivals: u64,
    entries: BTreeMap<u64, Entry<T>>,
    places: HashMap<String, u64>,
}

struct Entry<T> {
    id: String,
    since: i64,
    value: T,
}

impl<T> Memory<T> {
    /// Keeps every entry for `lifetime` seconds.
    pub(super) fn new(lifetime: i64) -> Self {
        let shelf = Shelf { arrivals: 0, entries: BTreeMap::new(), places: HashMap::new() };
        Self { lifetime, shelf: Mutex::new(shelf) }
    }

    /// Remembers `value` from `now` on.
    pub(super) fn keep(&self, id: String, value: T, now: i64) {
        let mut shelf = self.shelf();
        shelf.remove(&id);
        while shelf.entries.len() >= MOST || shelf.oldest().is_some_and(|since| self.is_over(since, now)) {
            shelf.drop_oldest();
        }
        shelf.arrivals += 1;
        let place = shelf.arrivals;
        shelf.places.insert(id.clone(), place);
        shelf.entries.insert(place, Entry { id, since: now, value });
    }

    /// Takes the entry out if it still lives and `fits` agrees; one that does not fit stays.
    pub(super) fn take(&self, id: &str, now: i64, fits: impl FnOnce(&T) -> bool) -> Option<T> {
        let mut shelf = self.shelf();
        let entry = shelf.find(id)?;
        if self.is_over(entry.since, now) || !fits(&entry.value) {
            return None;
        }
        shelf.remove(id)
    }

    /// Forgets the entry, living or not.
    pub(super) fn forget(&self, id: &str) {
        self.shelf().remove(id);
    }

    /// Forgets every entry of which `fits` says so.
    pub(super) fn forget_all(&self, fits: impl Fn(&T) -> bool) {
        let mut shelf = self.shelf();
        let Shelf { entries, places, .. } = &mut *shelf;
        entries.retain(|_, entry| !fits(&entry.value));
        places.retain(|_, place| entries.contains_key(place));
    }

    /// Changes a living entry in place; it grows no older and no younger by it.
    pub(super) fn change(&self, id: &str, now: i64, change: impl FnOnce(&mut T)) {
        let mut shelf = self.shelf();
        let Some(place) = shelf.places.get(id).copied() else { return };
        if let Some(entry) = shelf.entries.get_mut(&place).filter(|entry| !self.is_over(entry.since, now)) {
            change(&mut entry.value);
        }
    }

    fn is_over(&self, since: i64, now: i64) -> bool {
        now.saturating_sub(since) >= self.lifetime
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf<T>> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Memory<T> {
    /// A copy of the entry, if it still lives.
    pub(super) fn find(&self, id: &str, now: i64) -> Option<T> {
        let shelf = self.shelf();
        shelf.find(id).filter(|entry| !self.is_over(entry.since, now)).map(|entry| entry.value.clone())
    }
}

impl<T> Shelf<T> {
    fn find(&self, id: &str) -> Option<&Entry<T>> {
        self.places.get(id).and_then(|place| self.entries.get(place))
    }

    fn remove(&mut self, id: &str) -> Option<T> {
        let place = self.places.remove(id)?;
        self.entries.remove(&place).map(|entry| entry.value)
    }

    fn oldest(&self) -> Option<i64> {
        self.entries.first_key_value().map(|(_, entry)| entry.since)
    }

    fn drop_oldest(&mut self) {
        if let Some((_, entry)) = self.entries.pop_first() {
            self.places.remove(&entry.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_more_than_the_most_drops_the_oldest() {
        let memory = Memory::new(60);
        for n in 0..=MOST {
            memory.keep(format!("id{n}"), n, 0);
        }
        assert_eq!(memory.find("id0", 0), None);
        assert_eq!(memory.find("id1", 0), Some(1));
        assert_eq!(memory.shelf().entries.len(), MOST);
        assert_eq!(memory.shelf().places.len(), MOST);
    }

    #[test]
    fn an_entry_ends_with_its_lifetime_and_is_taken_once() {
        let memory = Memory::new(60);
        memory.keep("a".into(), 1, 100);
        assert_eq!(memory.find("a", 159), Some(1));
        assert_eq!(memory.find("a", 160), None);
        assert_eq!(memory.take("a", 160, |_| true), None);
        assert_eq!(memory.take("a", 159, |_| false), None, "one that does not fit stays");
        assert_eq!(memory.take("a", 159, |_| true), Some(1));
        assert_eq!(memory.take("a", 159, |_| true), None);
    }

    #[test]
    fn a_change_reaches_only_the_living() {
        let memory = Memory::new(60);
        memory.keep("a".into(), 1, 100);
        memory.change("a", 120, |value| *value = 2);
        memory.change("a", 160, |value| *value = 3);
        assert_eq!(memory.find("a", 120), Some(2));
    }

    #[test]
    fn only_what_fits_is_forgotten() {
        let memory = Memory::new(60);
        for n in 0..4 {
            memory.keep(format!("id{n}"), n, 0);
        }
        memory.forget_all(|n| n % 2 == 0);
        assert_eq!([0, 1, 2, 3].map(|n| memory.find(&format!("id{n}"), 0)), [None, Some(1), None, Some(3)]);
        assert_eq!(memory.shelf().entries.len(), 2);
        assert_eq!(memory.shelf().places.len(), 2);
    }
}
