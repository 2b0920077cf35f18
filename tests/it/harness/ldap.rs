//! An LDAP client of one operation at a time, that sends any request as it is.

use super::PATIENCE;
use ldap3_proto::LdapCodec;
use ldap3_proto::proto::{
    LdapBindCred, LdapBindRequest, LdapCompareRequest, LdapDerefAliases, LdapMsg, LdapOp, LdapResultCode, LdapSearchRequest,
    LdapSearchScope,
};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_util::bytes::BytesMut;
use tokio_util::codec::{Decoder as _, Encoder as _};

/// One entry: attribute names as sent, values as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub dn: String,
    pub attributes: BTreeMap<String, Vec<String>>,
}

impl Entry {
    pub fn values(&self, name: &str) -> &[String] {
        self.attributes.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map_or(&[], |(_, values)| values)
    }

    pub fn first(&self, name: &str) -> &str {
        self.values(name).first().map_or("", String::as_str)
    }
}

/// What a search gave.
#[derive(Clone, Debug)]
pub struct Found {
    pub entries: Vec<Entry>,
    pub code: LdapResultCode,
    pub message: String,
}

/// A small LDAP client: one operation at a time, any request as it is.
pub struct Ldap {
    stream: TcpStream,
    codec: LdapCodec,
    received: BytesMut,
    last: i32,
}

impl Ldap {
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        Self { stream, codec: LdapCodec::default(), received: BytesMut::new(), last: 0 }
    }

    /// Sends one operation and returns its message id.
    pub async fn send(&mut self, op: LdapOp) -> i32 {
        self.last += 1;
        let mut bytes = BytesMut::new();
        self.codec.encode(LdapMsg::new(self.last, op), &mut bytes).expect("an encoded request");
        self.send_bytes(&bytes).await;
        self.last
    }

    /// Sends bytes as they are.
    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.expect("a request sent");
    }

    /// The next message; `None` when the server closed.
    pub async fn receive(&mut self) -> Option<LdapMsg> {
        let message = async {
            loop {
                if let Some(message) = self.codec.decode(&mut self.received).expect("a message") {
                    return Some(message);
                }
                if self.stream.read_buf(&mut self.received).await.expect("an open connection") == 0 {
                    return None;
                }
            }
        };
        tokio::time::timeout(PATIENCE, message).await.expect("an answer in time")
    }

    pub async fn bind(&mut self, dn: &str, password: &str) -> LdapResultCode {
        self.send(LdapOp::BindRequest(LdapBindRequest { version: 3, dn: dn.to_owned(), cred: LdapBindCred::Simple(password.to_owned()) }))
            .await;
        match self.receive().await.expect("an answer").op {
            LdapOp::BindResponse(response) => response.res.code,
            other => panic!("no bind response: {other:?}"),
        }
    }

    /// A subtree search with a filter in text, all user attributes.
    pub async fn search(&mut self, base: &str, filter: &str) -> Found {
        self.ask(base, LdapSearchScope::Subtree, filter, &[], 0).await
    }

    pub async fn ask(&mut self, base: &str, scope: LdapSearchScope, filter: &str, attributes: &[&str], size_limit: i32) -> Found {
        let filter = ldap3_proto::parse_ldap_filter_str(filter).expect("a filter");
        self.request(LdapSearchRequest {
            base: base.to_owned(),
            scope,
            aliases: LdapDerefAliases::Never,
            sizelimit: size_limit,
            timelimit: 0,
            typesonly: false,
            filter,
            attrs: attributes.iter().map(|a| (*a).to_owned()).collect(),
        })
        .await
    }

    pub async fn request(&mut self, request: LdapSearchRequest) -> Found {
        self.send(LdapOp::SearchRequest(request)).await;
        let mut entries = Vec::new();
        loop {
            match self.receive().await.expect("an answer").op {
                LdapOp::SearchResultEntry(entry) => entries.push(Entry {
                    dn: entry.dn,
                    attributes: entry
                        .attributes
                        .into_iter()
                        .map(|a| (a.atype, a.vals.iter().map(|v| String::from_utf8_lossy(v).into_owned()).collect()))
                        .collect(),
                }),
                LdapOp::SearchResultDone(done) => return Found { entries, code: done.code, message: done.message },
                LdapOp::SearchResultReference(_) => {}
                other => panic!("no search response: {other:?}"),
            }
        }
    }

    pub async fn compare(&mut self, dn: &str, attribute: &str, value: &str) -> LdapResultCode {
        let request = LdapCompareRequest { dn: dn.to_owned(), atype: attribute.to_owned(), val: value.as_bytes().to_vec() };
        self.send(LdapOp::CompareRequest(request)).await;
        match self.receive().await.expect("an answer").op {
            LdapOp::CompareResult(result) => result.code,
            other => panic!("no compare response: {other:?}"),
        }
    }
}
