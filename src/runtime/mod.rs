//! The shell around the core: it brings events to conversations and effects to the world. Whatever it
//! does to a lead is a [`Work`], worked out and committed as one turn under that lead's lock.

pub mod clock;
pub mod engine;
pub mod live;
pub mod sandbox;
mod turn;
pub mod work;

pub use clock::{Clock, ManualClock, SandboxClock, WallClock};
pub use engine::Engine;
pub use live::Live;
pub use work::{Done, Job, Refusal, SendResult, Work};
