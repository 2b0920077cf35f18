//! Who has arrived on a socket, and whether others can listen: the socket's own address, or behind a trusted proxy the one that proxy
//! names, in a PROXY header of version 2 before everything else or in `Forwarded` with each request.
//!
//! From anybody else neither is read: such a header is then the client's own words. So is `Forwarded` behind a PROXY header that names a
//! client, whoever that client is. Nor is it guessed whether a PROXY header is there:
//! behind a proxy that writes none, a client could write it.

use super::forwarded;
use crate::settings::{Cleartext, NetSettings};
use crate::trust::Peer;
use ipnet::IpNet;
use ppp::v2::{Addresses, Command, Header, Type};
use std::io;
use std::net::IpAddr;
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Fixed part of the header: what says how long the rest is.
const FIXED: usize = 16;
/// Longest rest taken, bytes: addresses, and what a proxy may say of a client's TLS.
const LONGEST: usize = 4 * 1024;

/// What the settings believe.
#[derive(Clone, Debug)]
pub(super) struct Arrivals {
    trusted: Vec<IpNet>,
    proxy_protocol: bool,
    anywhere: bool,
}

/// A connection, and whose words it carries.
#[derive(Clone, Debug)]
pub(super) struct Arrived {
    pub peer: Peer,
    speaker: Speaker,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speaker {
    /// Who holds the other end of the socket.
    Itself,
    /// A client whom a PROXY header names: the peer.
    Named,
    /// A client whom the proxy does not know: the peer is the proxy.
    Unknown,
}

/// What a PROXY header says of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Announced {
    /// `None`: the proxy does not know.
    address: Option<IpAddr>,
    /// The client speaks TLS to the proxy.
    tls: bool,
}

impl Arrivals {
    pub fn new(settings: &NetSettings) -> Self {
        Self {
            trusted: settings.trusted_proxies.clone(),
            proxy_protocol: settings.proxy_protocol,
            anywhere: settings.cleartext == Cleartext::Anywhere,
        }
    }

    /// Is this one of the trusted proxies?
    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(&address))
    }

    /// Is the peer a trusted proxy itself, for clients it does not name to the connection?
    pub fn stands_for_many(&self, arrived: &Arrived) -> bool {
        arrived.speaker != Speaker::Named && self.trusts(arrived.peer.address)
    }

    /// Reads the PROXY header where there must be one; an error when it is not there or cannot be read.
    pub async fn meet<S: AsyncRead + Unpin>(&self, stream: &mut S, address: IpAddr) -> io::Result<Arrived> {
        let announced = if self.proxy_protocol && self.trusts(address) { read_header(stream).await? } else { None };
        let unheard = address.is_loopback()
            && announced.is_none_or(|announced| announced.tls || announced.address.is_some_and(|address| address.is_loopback()));
        let (client, speaker) = match announced {
            None => (address, Speaker::Itself),
            Some(Announced { address: None, .. }) => (address, Speaker::Unknown),
            Some(Announced { address: Some(client), .. }) => (client, Speaker::Named),
        };
        Ok(Arrived { peer: Peer { address: client, confidential: self.anywhere || unheard, certificate: None }, speaker })
    }

    /// The peer of one HTTP request, by its `Forwarded` headers. A trusted proxy that cannot be understood stands for itself, and for
    /// no client's confidentiality, which takes TLS at every hop that others can overhear.
    pub fn behind<'a>(&self, arrived: &Arrived, headers: impl Iterator<Item = &'a [u8]>) -> Peer {
        let mut headers = headers.peekable();
        let peer = &arrived.peer;
        if headers.peek().is_none() || arrived.speaker != Speaker::Itself || !self.trusts(peer.address) {
            return peer.clone();
        }
        let hops = forwarded::hops(headers).unwrap_or_default();
        let mut unheard = !hops.is_empty();
        let mut address = peer.address;
        for hop in hops.into_iter().rev() {
            unheard &= hop.https || hop.address.is_some_and(|address| address.is_loopback());
            address = hop.address.unwrap_or(address);
            if !hop.address.is_some_and(|address| self.trusts(address)) {
                break;
            }
        }
        // The certificate was the proxy's, not that of the client behind it.
        Peer { address, confidential: self.anywhere || (peer.confidential && unheard), certificate: None }
    }
}

async fn read_header<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Option<Announced>> {
    let mut bytes = vec![0; FIXED];
    stream.read_exact(&mut bytes).await?;
    let bad = || io::Error::new(io::ErrorKind::InvalidData, "no PROXY header of version 2");
    let (prefix, length) = bytes.split_last_chunk::<2>().ok_or_else(bad)?;
    let length = usize::from(u16::from_be_bytes(*length));
    if !prefix.starts_with(ppp::v2::PROTOCOL_PREFIX) || length > LONGEST {
        return Err(bad());
    }
    bytes.resize(FIXED + length, 0);
    stream.read_exact(bytes.get_mut(FIXED..).ok_or_else(bad)?).await?;
    announced(&bytes).ok_or_else(bad)
}

/// `Some(None)`: the proxy speaks for itself, as in a health check. `None`: the header cannot be read.
fn announced(bytes: &[u8]) -> Option<Option<Announced>> {
    let header = Header::try_from(bytes).ok()?;
    if header.command == Command::Local {
        return Some(None);
    }
    let address = match header.addresses {
        Addresses::IPv4(addresses) => Some(IpAddr::from(addresses.source_address)),
        Addresses::IPv6(addresses) => Some(IpAddr::from(addresses.source_address).to_canonical()),
        Addresses::Unspecified | Addresses::Unix(_) => None,
    };
    let mut tls = false;
    for part in header.tlvs() {
        let part = part.ok()?;
        if part.kind == Type::SSL as u8 {
            // Its first octet is a set of flags; the lowest: the client connected over TLS.
            tls = part.value.first()? & 1 == 1;
        }
    }
    Some(Some(Announced { address, tls }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ppp::v2::Builder;
    use ppp::v2::{Protocol, Version};
    use std::net::SocketAddr;

    fn header(command: Command, source: &str, ssl: Option<u8>) -> Vec<u8> {
        let (source, target): (SocketAddr, SocketAddr) = (source.parse().unwrap(), "192.0.2.9:389".parse().unwrap());
        let builder = Builder::with_addresses(Version::Two | command, Protocol::Stream, (source, target));
        match ssl {
            Some(flags) => builder.write_tlv(Type::SSL, &[flags, 0, 0, 0, 0]).unwrap().build().unwrap(),
            None => builder.build().unwrap(),
        }
    }

    fn arrivals(cleartext: Cleartext) -> Arrivals {
        let trusted_proxies = vec!["127.0.0.1/32".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        Arrivals::new(&NetSettings { trusted_proxies, proxy_protocol: true, cleartext, ..NetSettings::default() })
    }

    async fn meet(bytes: &[u8], from: &str) -> Option<(String, bool)> {
        let mut stream = bytes;
        let Arrived { peer, .. } = arrivals(Cleartext::Loopback).meet(&mut stream, from.parse().unwrap()).await.ok()?;
        Some((peer.address.to_string(), peer.confidential))
    }

    #[tokio::test]
    async fn a_trusted_proxy_names_the_client() {
        let own = |address: &str, confidential| Some((address.to_owned(), confidential));
        let remote = |ssl| header(Command::Proxy, "192.0.2.1:5000", ssl);
        assert_eq!(meet(&remote(None), "127.0.0.1").await, own("192.0.2.1", false));
        assert_eq!(meet(&remote(Some(1)), "127.0.0.1").await, own("192.0.2.1", true));
        assert_eq!(meet(&remote(Some(6)), "127.0.0.1").await, own("192.0.2.1", false));
        assert_eq!(meet(&remote(Some(1)), "10.1.1.1").await, own("192.0.2.1", false), "proxy to server can be overheard");
        assert_eq!(meet(&header(Command::Proxy, "127.0.0.1:5000", None), "127.0.0.1").await, own("127.0.0.1", true));
        assert_eq!(meet(&header(Command::Local, "192.0.2.1:5000", None), "127.0.0.1").await, own("127.0.0.1", true));
        assert_eq!(meet(&header(Command::Proxy, "192.0.2.1:5000", None), "192.0.2.7").await, own("192.0.2.7", false), "not read");
        for missing in [&b""[..], b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n", &remote(None)[..20]] {
            assert_eq!(meet(missing, "127.0.0.1").await, None);
        }
        let mut long = remote(None);
        long[14] = 0xff;
        long.resize(0x1_0100, 0);
        assert_eq!(meet(&long, "127.0.0.1").await, None);
        assert!(arrivals(Cleartext::Loopback).meet(&mut &b"x"[..], "::1".parse().unwrap()).await.unwrap().peer.confidential);
    }

    #[tokio::test]
    async fn a_client_of_a_proxy_is_no_proxy() {
        let arrivals = arrivals(Cleartext::Loopback);
        let forged = || [&b"for=198.51.100.7;proto=https"[..]].into_iter();
        let unknown = {
            let addresses = ppp::v2::Addresses::Unspecified;
            Builder::with_addresses(Version::Two | Command::Proxy, Protocol::Stream, addresses).build().unwrap()
        };
        for (bytes, many, seen) in [
            (header(Command::Proxy, "10.1.2.3:5000", Some(1)), false, "10.1.2.3"),
            (header(Command::Proxy, "192.0.2.1:5000", Some(1)), false, "192.0.2.1"),
            (unknown, true, "127.0.0.1"),
            (header(Command::Local, "192.0.2.1:5000", None), true, "198.51.100.7"),
        ] {
            let arrived = arrivals.meet(&mut bytes.as_slice(), "127.0.0.1".parse().unwrap()).await.unwrap();
            assert_eq!(arrivals.stands_for_many(&arrived), many, "{seen}");
            assert_eq!(arrivals.behind(&arrived, forged()).address.to_string(), seen);
        }
        let stranger = arrivals.meet(&mut &b"x"[..], "192.0.2.7".parse().unwrap()).await.unwrap();
        assert!(!arrivals.stands_for_many(&stranger));
    }

    #[tokio::test]
    async fn what_follows_the_header_is_left() {
        let mut bytes = header(Command::Proxy, "192.0.2.1:5000", Some(1));
        bytes.extend_from_slice(b"after");
        let mut stream = bytes.as_slice();
        arrivals(Cleartext::Loopback).meet(&mut stream, "127.0.0.1".parse().unwrap()).await.unwrap();
        assert_eq!(stream, b"after");
    }

    #[test]
    fn forwarded_is_believed_from_trusted_proxies() {
        let behind = |from: &str, confidential, headers: &[&str]| {
            let certificate = crate::model::DistinguishedName::parse("CN=proxy");
            let peer = Peer { address: from.parse().unwrap(), confidential, certificate };
            let arrived = Arrived { peer, speaker: Speaker::Itself };
            let seen = arrivals(Cleartext::Loopback).behind(&arrived, headers.iter().map(|text| text.as_bytes()));
            (seen.address.to_string(), seen.confidential, seen.certificate.is_some())
        };
        let is = |address: &str, confidential, certificate| (address.to_owned(), confidential, certificate);
        assert_eq!(behind("127.0.0.1", true, &[]), is("127.0.0.1", true, true));
        assert_eq!(behind("127.0.0.1", true, &["for=192.0.2.1;proto=https"]), is("192.0.2.1", true, false));
        assert_eq!(behind("127.0.0.1", true, &["for=192.0.2.1;proto=http"]), is("192.0.2.1", false, false));
        assert_eq!(behind("127.0.0.1", true, &["for=192.0.2.1"]), is("192.0.2.1", false, false));
        assert_eq!(behind("192.0.2.7", false, &["for=127.0.0.1;proto=https"]), is("192.0.2.7", false, true), "not read");
        // What the client itself wrote stands further left.
        let chain = |last| ["for=198.51.100.9;proto=http, for=192.0.2.1;proto=https", last];
        assert_eq!(behind("127.0.0.1", true, &chain("for=10.0.0.2;proto=https")), is("192.0.2.1", true, false));
        assert_eq!(behind("127.0.0.1", true, &chain("for=10.0.0.2;proto=http")), is("192.0.2.1", false, false), "one hop in clear");
        assert_eq!(behind("127.0.0.1", true, &chain("for=127.0.0.1;proto=http")), is("192.0.2.1", true, false), "on one machine");
        let trusted = ["for=10.0.0.3;proto=https, for=10.0.0.2;proto=https"];
        assert_eq!(behind("127.0.0.1", true, &trusted), is("10.0.0.3", true, false), "all trusted");
        assert_eq!(behind("127.0.0.1", true, &["for=unknown;proto=https"]), is("127.0.0.1", true, false));
        assert_eq!(behind("127.0.0.1", true, &["for=192.0.2.1;proto=https, \""]), is("127.0.0.1", false, false), "malformed");
        assert_eq!(behind("10.0.0.1", false, &["for=192.0.2.1;proto=https"]), is("192.0.2.1", false, false), "proxy to server in clear");
        let anywhere = arrivals(Cleartext::Anywhere);
        let peer = Peer { address: "10.0.0.1".parse().unwrap(), confidential: true, certificate: None };
        let arrived = Arrived { peer, speaker: Speaker::Itself };
        assert!(anywhere.behind(&arrived, [&b"for=192.0.2.1"[..]].into_iter()).confidential);
    }
}
