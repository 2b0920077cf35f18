//! Annuaire: an open national directory for secure health messaging (MSSanté).
//!
//! The rooms and the arrows between them are described in ARCHITECTURE.md; `tests/it/architecture.rs` holds them.

pub mod alert;
pub mod audit;
pub mod cli;
pub mod directory;
pub mod error;
pub mod export;
pub mod extraction;
pub mod import;
pub mod index;
pub mod indicators;
pub mod ldap;
pub mod ldap_entry;
pub mod limits;
pub mod model;
pub mod net;
pub mod projection;
pub mod publication;
pub mod rest;
pub mod settings;
pub mod store;
pub mod synth;
pub mod text;
pub mod trust;
pub mod visibility;
