//! Relying parties: their registered metadata and how they authenticate. Pure.
