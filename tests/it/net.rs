//! The transport over the wire: TLS on both doors, StartTLS, client certificates, proxies, and what is refused in clear.

mod alerts;
mod client;
mod external;
mod http2;
mod operator;
mod over_tls;
mod proxies;
mod starttls;
mod tools;
pub mod world;
