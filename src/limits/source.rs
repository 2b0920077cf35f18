//! Who is counted as one.

use std::net::IpAddr;

/// Bits of an IPv6 address that are one subscriber's network.
const IPV6_PREFIX: u32 = 56;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The administrator of this machine: never limited.
    Local,
    /// Somebody unknown at this address.
    Address(IpAddr),
    /// An account, wherever it comes from.
    Account { name: String, address: IpAddr },
}

/// What a source is remembered by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Network(u128),
    Account(String),
}

impl Source {
    /// Where it comes from.
    pub(super) fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Local => None,
            Self::Address(address) | Self::Account { address, .. } => Some(*address),
        }
    }

    pub(super) fn key(&self) -> Option<Key> {
        match self {
            Self::Local => None,
            Self::Address(address) => Some(Key::Network(network(*address))),
            Self::Account { name, .. } => Some(Key::Account(name.clone())),
        }
    }
}

/// An IPv4 address, or the /56 of an IPv6 one; IPv4 written as IPv6 is IPv4.
pub(super) fn network(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits() >> (128 - IPV6_PREFIX) << (128 - IPV6_PREFIX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_subscriber_is_one_source() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:0:1::1"), of("2001:db8:0:ff::2"));
        assert_ne!(of("2001:db8:0:1::1"), of("2001:db8:0:100::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
