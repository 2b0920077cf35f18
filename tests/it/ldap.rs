//! The LDAP door over the wire: raw bytes and a plain client against a server on a free port with a small directory behind it.

mod clients;
mod controls;
mod crowd;
pub mod fuzzing;
mod hostile;
mod limits;
mod load;
mod operations;
mod search;
pub mod wire;
mod world;
