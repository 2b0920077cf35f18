//! Operators over HTTP: what they publish, what they are refused, what others learn of it.

mod attack;
mod batches;
mod codes;
mod crash;
mod example;
mod life;
mod model;
mod one_by_one;
mod transcript;
pub mod world;
