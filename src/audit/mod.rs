//! Events an auditor asks about, and the hash chain over them. Pure.
