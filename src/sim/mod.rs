//! The engine on a virtual clock, with nobody outside: what flow tests, `chat` and the simulator run.
//! It is the real runtime over the memory store; only the clock and the carriers are not real.

pub mod agents;
mod coverage;
pub mod flow_test;
pub mod sample;
pub mod world;

pub use world::{World, unbounded};
