//! The integration tests: modules mirror the URLs.
