//! The settings of one installation, one file per section; the doc comments are the reference text.
