//! Lists for the health authority: whom they hold, what they never hold, that they stay as they are, and who may read them.

mod ceiling;
mod disk;
mod faults;
mod filter;
mod kept;
mod people;
mod recipients;
mod world;
