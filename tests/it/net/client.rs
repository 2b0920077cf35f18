//! An LDAP client over any stream, and the client's side of TLS.

use super::world::{Authority, Issued};
use ldap3_proto::LdapCodec;
use ldap3_proto::proto::{
    LdapBindCred, LdapBindRequest, LdapDerefAliases, LdapExtendedRequest, LdapExtendedResponse, LdapFilter, LdapMsg, LdapOp,
    LdapResultCode, LdapSearchRequest, LdapSearchScope, OID_WHOAMI, SaslCredentials,
};
use rustls::crypto::ring;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::ServerName;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::bytes::BytesMut;
use tokio_util::codec::{Decoder as _, Encoder as _};

pub const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Trusts the authority, and shows a certificate if it has one.
pub fn trusting(authority: &Authority, client: Option<&Issued>, old: bool) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der()).unwrap();
    let versions = if old { [&TLS12] } else { [&TLS13] };
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider())).with_protocol_versions(&versions).unwrap();
    let builder = builder.with_root_certificates(roots);
    Arc::new(match client {
        Some(issued) => builder.with_client_auth_cert(vec![issued.certificate.clone()], issued.key()).unwrap(),
        None => builder.with_no_client_auth(),
    })
}

pub async fn secure<S: AsyncRead + AsyncWrite + Unpin>(config: &Arc<ClientConfig>, stream: S) -> std::io::Result<TlsStream<S>> {
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::clone(config)).connect(name, stream).await
}

pub async fn connect_tls(config: &Arc<ClientConfig>, address: SocketAddr) -> Talk<TlsStream<TcpStream>> {
    Talk::over(secure(config, TcpStream::connect(address).await.unwrap()).await.unwrap())
}

pub struct Talk<S> {
    pub stream: S,
    received: BytesMut,
    last: i32,
}

pub fn encoded(id: i32, op: LdapOp) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    LdapCodec::default().encode(LdapMsg::new(id, op), &mut bytes).unwrap();
    bytes.to_vec()
}

pub fn start_tls() -> LdapOp {
    LdapOp::ExtendedRequest(LdapExtendedRequest { name: START_TLS.to_owned(), value: None })
}

pub fn base_search(base: &str) -> LdapOp {
    LdapOp::SearchRequest(LdapSearchRequest {
        base: base.to_owned(),
        scope: LdapSearchScope::Base,
        aliases: LdapDerefAliases::Never,
        sizelimit: 0,
        timelimit: 0,
        typesonly: false,
        filter: LdapFilter::Present("objectClass".to_owned()),
        attrs: vec!["+".to_owned(), "*".to_owned()],
    })
}

impl Talk<TcpStream> {
    pub async fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap())
    }

    /// StartTLS, which must succeed.
    pub async fn start_tls(mut self, config: &Arc<ClientConfig>) -> Talk<TlsStream<TcpStream>> {
        let response = self.extended(START_TLS).await;
        assert_eq!((response.res.code, response.name.as_deref()), (LdapResultCode::Success, Some(START_TLS)));
        Talk::over(secure(config, self.stream).await.unwrap())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<S> {
    pub fn over(stream: S) -> Self {
        Self { stream, received: BytesMut::new(), last: 0 }
    }

    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// The next message; `None` once the server closed, however it did.
    pub async fn next(&mut self) -> Option<LdapMsg> {
        loop {
            if let Some(message) = LdapCodec::default().decode(&mut self.received).unwrap() {
                return Some(message);
            }
            match tokio::time::timeout(PATIENCE, self.stream.read_buf(&mut self.received)).await.expect("an answer in time") {
                Ok(1..) => {}
                Ok(0) | Err(_) => return None,
            }
        }
    }

    /// Answers with the id of this request, up to the one that ends it.
    pub async fn ask(&mut self, op: LdapOp) -> Vec<LdapOp> {
        self.last += 1;
        self.send_bytes(&encoded(self.last, op)).await;
        let mut answers = Vec::new();
        loop {
            let answer = self.next().await.expect("an answer");
            assert_eq!(answer.msgid, self.last, "{answer:?}");
            let more = matches!(answer.op, LdapOp::SearchResultEntry(_));
            answers.push(answer.op);
            if !more {
                return answers;
            }
        }
    }

    pub async fn extended(&mut self, oid: &str) -> LdapExtendedResponse {
        match self.ask(LdapOp::ExtendedRequest(LdapExtendedRequest { name: oid.to_owned(), value: None })).await.pop() {
            Some(LdapOp::ExtendedResponse(response)) => response,
            other => panic!("{other:?}"),
        }
    }

    /// Who the server says is asking; empty: nobody.
    pub async fn who_am_i(&mut self) -> String {
        let response = self.extended(OID_WHOAMI).await;
        assert_eq!(response.res.code, LdapResultCode::Success);
        String::from_utf8(response.value.unwrap_or_default()).unwrap()
    }

    async fn bind_with(&mut self, dn: &str, cred: LdapBindCred) -> LdapResultCode {
        match self.ask(LdapOp::BindRequest(LdapBindRequest { version: 3, dn: dn.to_owned(), cred })).await.pop() {
            Some(LdapOp::BindResponse(response)) => response.res.code,
            other => panic!("{other:?}"),
        }
    }

    pub async fn bind(&mut self, dn: &str, secret: &str) -> LdapResultCode {
        self.bind_with(dn, LdapBindCred::Simple(secret.to_owned())).await
    }

    pub async fn sasl(&mut self, mechanism: &str, credentials: &str) -> LdapResultCode {
        let credentials = credentials.as_bytes().to_vec();
        self.bind_with("", LdapBindCred::SASL(SaslCredentials { mechanism: mechanism.to_owned(), credentials })).await
    }

    /// Values of an attribute of the root DSE.
    pub async fn root_dse(&mut self, name: &str) -> Vec<String> {
        let answers = self.ask(base_search("")).await;
        let Some(LdapOp::SearchResultEntry(entry)) = answers.into_iter().next() else { panic!("no root DSE") };
        let found = entry.attributes.into_iter().find(|attribute| attribute.atype == name);
        found.map_or_else(Vec::new, |a| a.vals.into_iter().map(|value| String::from_utf8(value).unwrap()).collect())
    }
}
