//! A plain client: raw bytes when a library would hide the fault, the protocol crate's types otherwise.

use ldap3_proto::LdapCodec;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapBindCred, LdapBindRequest, LdapDerefAliases, LdapExtendedRequest, LdapFilter, LdapMatchingRuleAssertion, LdapMsg, LdapOp,
    LdapResult, LdapResultCode, LdapSearchRequest, LdapSearchResultEntry, LdapSearchScope,
};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_util::bytes::BytesMut;
use tokio_util::codec::{Decoder, Encoder};

/// An answer that takes longer is a fault.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Client {
    pub stream: TcpStream,
    buffer: BytesMut,
    codec: LdapCodec,
    last_id: i32,
}

pub fn filter(text: &str) -> LdapFilter {
    ldap3_proto::parse_ldap_filter_str(text).unwrap_or_else(|_| panic!("{text}"))
}

/// A filter that no index helps and no entry matches: each is tested by hundreds of terms before the last one says no.
pub fn slow_filter() -> LdapFilter {
    let absent = |n: i32| LdapFilter::Not(Box::new(filter(&format!("(name=*x{n}x*)"))));
    let last = LdapFilter::Extensible(LdapMatchingRuleAssertion {
        matching_rule: Some("caseExactMatch".into()),
        type_: Some("cn".into()),
        match_value: "nobody is called so".into(),
        dn_attributes: false,
    });
    LdapFilter::And((0..320).map(absent).chain([last]).collect())
}

/// A subtree search for all user attributes.
pub fn search_request(base: &str, text: &str) -> LdapSearchRequest {
    LdapSearchRequest {
        base: base.to_owned(),
        scope: LdapSearchScope::Subtree,
        aliases: LdapDerefAliases::Never,
        sizelimit: 0,
        timelimit: 0,
        typesonly: false,
        filter: filter(text),
        attrs: vec![],
    }
}

pub fn encode(message: LdapMsg) -> Vec<u8> {
    let mut buffer = BytesMut::new();
    LdapCodec::default().encode(message, &mut buffer).unwrap();
    buffer.to_vec()
}

/// One BER element.
pub fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut out = vec![tag];
    match content.len() {
        short @ 0..=127 => out.push(u8::try_from(short).unwrap()),
        long => {
            out.push(0x84);
            out.extend_from_slice(&u32::try_from(long).unwrap().to_be_bytes());
        }
    }
    out.extend_from_slice(&content);
    out
}

/// An LDAPMessage of id 1 to 127 with a ready operation.
pub fn message(id: u8, operation: &[u8]) -> Vec<u8> {
    element(0x30, &[&[2, 1, id], operation])
}

/// A subtree search by a ready filter element, for no attribute.
pub fn raw_search(id: u8, base: &[u8], filter: &[u8]) -> Vec<u8> {
    let fields: &[&[u8]] =
        &[&element(4, &[base]), &[10, 1, 2, 10, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0], filter, &element(0x30, &[&element(4, &[b"1.1"])])];
    message(id, &element(0x63, fields))
}

/// An equality filter element.
pub fn equality(name: &[u8], value: &[u8]) -> Vec<u8> {
    element(0xa3, &[&element(4, &[name]), &element(4, &[value])])
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap())
    }

    /// With the smallest receive window the system gives.
    pub async fn connect_narrow(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(2048).unwrap();
        Self::over(socket.connect(address).await.unwrap())
    }

    fn over(stream: TcpStream) -> Self {
        Self { stream, buffer: BytesMut::new(), codec: LdapCodec::new(Some(1 << 20), None), last_id: 0 }
    }

    pub async fn send_raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    pub async fn send_with(&mut self, op: LdapOp, ctrl: Vec<LdapControl>) -> i32 {
        self.last_id += 1;
        self.send_raw(&encode(LdapMsg { msgid: self.last_id, op, ctrl })).await;
        self.last_id
    }

    pub async fn send(&mut self, op: LdapOp) -> i32 {
        self.send_with(op, vec![]).await
    }

    /// The next message; `None` once the server closed.
    pub async fn next(&mut self) -> Option<LdapMsg> {
        loop {
            if let Some(message) = self.codec.decode(&mut self.buffer).unwrap() {
                return Some(message);
            }
            match timeout(PATIENCE, self.stream.read_buf(&mut self.buffer)).await.expect("no answer in time") {
                Ok(1..) => {}
                Ok(0) | Err(_) => return None,
            }
        }
    }

    /// Has the server closed, without a further word?
    pub async fn closed(&mut self) -> bool {
        self.next().await.is_none()
    }

    pub async fn op(&mut self, op: LdapOp) -> LdapOp {
        let id = self.send(op).await;
        let answer = self.next().await.expect("an answer");
        assert_eq!(answer.msgid, id);
        answer.op
    }

    pub async fn search(&mut self, request: LdapSearchRequest) -> (Vec<LdapSearchResultEntry>, LdapResult) {
        self.search_with(request, vec![]).await
    }

    pub async fn search_with(&mut self, request: LdapSearchRequest, ctrl: Vec<LdapControl>) -> (Vec<LdapSearchResultEntry>, LdapResult) {
        let id = self.send_with(LdapOp::SearchRequest(request), ctrl).await;
        let mut entries = Vec::new();
        loop {
            let answer = self.next().await.expect("an answer");
            assert_eq!(answer.msgid, id);
            match answer.op {
                LdapOp::SearchResultEntry(entry) => entries.push(entry),
                LdapOp::SearchResultDone(result) => return (entries, result),
                other => panic!("{other:?}"),
            }
        }
    }

    /// DNs found at or below `base`, sorted, of a search that must succeed.
    pub async fn find_by(&mut self, base: &str, filter: LdapFilter) -> Vec<String> {
        let shown = format!("{filter:?}");
        let (entries, result) = self.search(LdapSearchRequest { filter, ..search_request(base, "(cn=*)") }).await;
        assert_eq!(result.code, LdapResultCode::Success, "{shown}");
        let mut names: Vec<_> = entries.into_iter().map(|entry| entry.dn).collect();
        names.sort();
        names
    }

    pub async fn find(&mut self, base: &str, text: &str) -> Vec<String> {
        self.find_by(base, filter(text)).await
    }

    /// How a search ends.
    pub async fn code(&mut self, base: &str, text: &str) -> LdapResultCode {
        let scope = if base.starts_with("cn=") { LdapSearchScope::Base } else { LdapSearchScope::Subtree };
        self.search(LdapSearchRequest { scope, ..search_request(base, text) }).await.1.code
    }

    /// Is a search answered at all, or the connection closed?
    pub async fn answers(&mut self, base: &str, text: &str) -> bool {
        let request = encode(LdapMsg::new(1, LdapOp::SearchRequest(search_request(base, text))));
        self.stream.write_all(&request).await.is_ok() && self.next().await.is_some()
    }

    /// Every byte the server sends up to these.
    pub async fn bytes_until(&mut self, last: &[u8]) -> Vec<u8> {
        let mut bytes = self.buffer.split().to_vec();
        while !bytes.windows(last.len()).any(|window| window == last) {
            let read = timeout(PATIENCE, self.stream.read_buf(&mut bytes)).await;
            assert!(matches!(read, Ok(Ok(1..))), "{last:x?} does not come: {bytes:x?}");
        }
        bytes
    }

    pub async fn bind(&mut self, dn: &str, password: &str) -> LdapResult {
        let request = LdapBindRequest { version: 3, dn: dn.to_owned(), cred: LdapBindCred::Simple(password.to_owned()) };
        match self.op(LdapOp::BindRequest(request)).await {
            LdapOp::BindResponse(response) => response.res,
            other => panic!("{other:?}"),
        }
    }

    /// Code and value of an extended operation.
    pub async fn extended(&mut self, oid: &str) -> (LdapResultCode, Option<Vec<u8>>) {
        match self.op(LdapOp::ExtendedRequest(LdapExtendedRequest { name: oid.to_owned(), value: None })).await {
            LdapOp::ExtendedResponse(response) => (response.res.code, response.value),
            other => panic!("{other:?}"),
        }
    }

    /// The next message must be a notice of disconnection with this code, and the last.
    pub async fn expect_notice(&mut self, code: LdapResultCode) {
        let notice = self.next().await.expect("a notice");
        assert_eq!(notice.msgid, 0);
        match notice.op {
            LdapOp::ExtendedResponse(response) => {
                assert_eq!(response.name.as_deref(), Some("1.3.6.1.4.1.1466.20036"));
                assert_eq!(response.res.code, code);
            }
            other => panic!("{other:?}"),
        }
        assert!(self.closed().await);
    }
}

/// Values of an attribute as text.
pub fn values<'a>(entry: &'a LdapSearchResultEntry, name: &str) -> Vec<&'a str> {
    let attribute = entry.attributes.iter().find(|a| a.atype == name);
    attribute.into_iter().flat_map(|a| &a.vals).map(|v| std::str::from_utf8(v).unwrap()).collect()
}

pub fn names(entry: &LdapSearchResultEntry) -> Vec<&str> {
    entry.attributes.iter().map(|a| a.atype.as_str()).collect()
}
