//! Free ports.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};

/// Ports that Linux does not use for outgoing connections by default.
const PORTS: std::ops::Range<u64> = 10_000..32_768;

/// Returns a free port of 127.0.0.1, chosen at random. If the server on this port stops, no outgoing connection takes
/// the port, so the server can start again.
pub(super) fn free_port() -> u16 {
    let random = || {
        // Each `RandomState` has different keys.
        let number = RandomState::new().build_hasher().finish();
        u16::try_from(PORTS.start + number % (PORTS.end - PORTS.start)).ok()
    };
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    (0..1_000).filter_map(|_| random()).find(is_free).expect("one of 1000 random ports is free")
}
