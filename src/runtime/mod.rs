//! The shell around the core: it brings events to conversations and effects to the world. Whatever it
//! does to a lead is a [`Work`], worked out and committed as one turn under that lead's lock.

pub mod agent_text;
pub mod canned;
pub mod claim_link;
pub mod checkpoints;
pub mod clock;
pub mod committer;
pub mod deliver;
pub mod dispatch;
pub mod early;
pub mod engine;
mod free_times;
pub mod health;
pub mod lanes;
pub mod letters;
pub mod live;
pub mod mail;
pub mod notice;
pub mod outside;
pub mod parked;
pub mod perform;
mod post;
pub mod postbox;
pub mod rates;
pub mod prune;
pub mod register;
pub mod reload;
pub mod retention;
pub mod roster;
pub mod sandbox;
pub mod senders;
pub mod segment;
pub mod slots;
pub mod spending;
mod tell_agent;
mod texting;
mod turn;
pub mod upkeep;
pub mod unheard;
pub mod watch;
pub mod work;

pub use clock::{Clock, ManualClock, SandboxClock, WallClock};
pub use committer::Committer;
pub use engine::{Answer, Engine};
pub use live::Live;
pub use work::{Done, Heard, Job, Refusal, SendResult, Work};
