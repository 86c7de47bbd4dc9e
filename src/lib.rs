//! Replytree: decision-tree conversations over SMS. The modules are listed in the order of the
//! dependency rule (docs/ARCHITECTURE.md): each knows only those above it.

// The pure half.
pub mod time;
pub mod diagnostic;
pub mod lead;
pub mod reply;
pub mod policy;
pub mod experiment;
pub mod conversation;
pub mod flow;
pub mod lint;
pub mod advance;

// Ports: a trait and its adapters.
pub mod store;
pub mod carrier;
pub mod email;

// The shell.
pub mod runtime;
pub mod sim;
pub mod import;
pub mod kpi;
pub mod web;
pub mod cli;
