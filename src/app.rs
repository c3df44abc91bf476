//! Composition root: from a Config to a running App. The one place that chooses implementations.
