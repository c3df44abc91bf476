//! Registrations, terms, key sets and policies: what is taken reads the same when it comes back.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use vouchsafe::clients::{Terms, metadata};
use vouchsafe::keys::{ClientJwks, json as strict};

fuzz_target!(|text: &[u8]| {
    let Ok(document) = strict::parse(text) else { return };
    let _ = metadata::refuse_unknown(&document);
    if let Ok(keys) = ClientJwks::parse(&document) {
        assert!(ClientJwks::parse(keys.to_json()).is_ok(), "a key set that does not come back");
    }
    if let Ok(terms) = Terms::parse(&document) {
        assert!(Terms::parse(&terms.to_json()).is_ok(), "terms that do not come back");
        let _ = terms.read(&document);
    }
    if let Ok((metadata, policy)) = metadata::parse(&document) {
        let mut written = metadata.to_json();
        written.insert("policy".to_owned(), policy.to_json());
        let (again, _) = metadata::parse(&Value::Object(written)).expect("what was taken is taken again");
        assert_eq!(again.to_json(), metadata.to_json());
    }
});
