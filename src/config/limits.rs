//! How much failure is borne before it costs time.

use super::section::section;

section! {
    /// How much failure is borne before it costs time.
    Limits in "limits" {
        /// Failed sign-ins per network (an IPv4 address, an IPv6 /64) in ten minutes. Successes never count, so a hospital behind one address is safe.
        network_failures: u32 = "100" range 1 to 100000;
        /// Sign-ins begun, requests parked and passkey questions asked per network in ten minutes: what a stranger may make the program keep for a while. Beyond it, 429 until the window ends.
        network_beginnings: u32 = "10000" range 100 to 10000000;
        /// Apps that may be registered per network in ten minutes, tried or done. Beyond it, 429 until the window ends.
        network_registrations: u32 = "60" range 1 to 1000000;
        /// Requests a machine client may send to the administrators' API and to SCIM in a minute. Beyond it, 429 until the minute is over.
        api_requests: u32 = "600" range 10 to 1000000;
    }
}
