//! Word to systemd (`Type=notify`, sd_notify(3)): ready, stopping. Without `NOTIFY_SOCKET` it says nothing.

use std::ffi::OsStr;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// What systemd may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The listeners accept; units ordered after ours may start.
    Ready,
    /// A shutdown has begun.
    Stopping,
}

/// Tells systemd, if it started us and listens; an error is for the log, never a reason to stop.
pub fn notify(state: State) -> std::io::Result<()> {
    match std::env::var_os("NOTIFY_SOCKET") {
        Some(socket) => send(&socket, state),
        None => Ok(()),
    }
}

fn send(socket: &OsStr, state: State) -> std::io::Result<()> {
    let address = match socket.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(socket)?,
    };
    let message: &[u8] = match state {
        State::Ready => b"READY=1",
        State::Stopping => b"STOPPING=1",
    };
    UnixDatagram::unbound()?.send_to_addr(message, &address).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hears(listener: &UnixDatagram, socket: &OsStr) {
        for (state, message) in [(State::Ready, "READY=1"), (State::Stopping, "STOPPING=1")] {
            send(socket, state).unwrap();
            let mut buffer = [0u8; 64];
            let length = listener.recv(&mut buffer).unwrap();
            assert_eq!(&buffer[..length], message.as_bytes());
        }
    }

    #[test]
    fn systemd_hears_us_at_a_path_and_at_an_abstract_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify");
        hears(&UnixDatagram::bind(&path).unwrap(), path.as_os_str());

        let name = format!("vouchsafe-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        hears(&UnixDatagram::bind_addr(&address).unwrap(), OsStr::new(&format!("@{name}")));
        assert!(send(OsStr::new("/nowhere/notify"), State::Ready).is_err());
    }
}
