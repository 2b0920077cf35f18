//! Indicators: figures that agree with what the public is shown, that hide what is few, and what operators deposit for them.

mod exchanges;
mod figures;
mod page;
