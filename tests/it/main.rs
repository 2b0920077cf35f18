//! All integration tests in one binary (one link). Every test uses port 0 and a temporary data folder.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests may")]

mod alerts;
mod architecture;
mod cli;
mod clients;
mod conformance;
mod country;
mod crash;
mod docs;
mod export;
mod exports;
mod feed;
mod fixtures;
mod harness;
mod hostile;
mod import;
mod index;
mod indicators;
mod ldap;
mod liste_rouge;
mod logs;
mod net;
mod openapi;
mod operators;
mod projection;
mod relevance;
mod rest;
mod scenarios;
mod store;
mod visibility;
mod web;
