//! The protocol endpoints, one folder or file each, as the paths stand.

mod token;
