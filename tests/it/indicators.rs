//! Indicators: figures that agree with what the public is shown, that hide what is few, and what operators deposit for them.

mod consultation;
mod exchanges;
pub mod figures;
mod page;
mod recount;
