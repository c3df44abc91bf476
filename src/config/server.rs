//! The listeners, and whom they believe.

use std::net::SocketAddr;

use super::section::section;
use super::value::Networks;

section! {
    /// The listeners, and whom they believe.
    Server in "server" {
        /// Where browsers and apps are answered, in plain HTTP: a proxy in front ends TLS. Port 0 takes any free port.
        listen: SocketAddr = "127.0.0.1:8080" example "0.0.0.0:8080";

        /// Where operators are answered: `/healthz`, `/readyz` and `/metrics`. Keep it away from the internet; it asks nobody who they are.
        internal_listen: SocketAddr = "127.0.0.1:9090" example "0.0.0.0:9090";

        /// The proxies whose `X-Forwarded-For` is believed, as addresses or CIDR blocks. Anybody listed here can pretend to be any address, which the limits per network rest on; list only what you run yourself.
        trusted_proxies: Networks = "" example "127.0.0.1,10.0.0.0/8";
    }
}
