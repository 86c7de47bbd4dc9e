//! The integration tests, one module a subject, linked once.
#![allow(clippy::unwrap_used)] // what fails here fails a test, which is what a test is for

mod agents;
mod carriers;
mod compile;
mod crash;
mod docs;
mod engine;
mod lints;
mod playbooks;
mod samples;
mod sdk;
mod sends;
mod store;
mod tidy;
mod understanding;
mod web;
