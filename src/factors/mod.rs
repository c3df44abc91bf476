//! The ways a person proves who they are. Pure: no clock, no storage, no HTTP.
