//! The API, one file for each thing it speaks of.

pub mod channels;
pub mod compare;
pub mod audit;
pub mod consents;
pub mod agents;
pub mod conversations;
pub mod enrollments;
pub mod events;
pub mod flows;
pub mod handoffs;
pub mod leads;
pub mod messages;
pub mod notes;
pub mod parked;
pub mod proof;
pub mod replies;
pub mod reports;
pub mod shapes;
mod speed;
pub mod timeline;
