//! The integration tests, one module a subject, linked once.

mod compile;
mod crash;
mod docs;
mod lints;
mod playbooks;
mod store;
mod tidy;
mod understanding;
mod web;
