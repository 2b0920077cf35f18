//! The change feed: who takes everything once and then follows has what who takes everything later has.

mod door;
mod edition;
mod example;
mod step;
mod told;
