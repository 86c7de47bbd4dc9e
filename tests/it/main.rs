//! The integration tests, one module a subject, linked once.

mod carriers;
mod compile;
mod crash;
mod docs;
mod lints;
mod playbooks;
mod samples;
mod sdk;
mod sends;
mod store;
mod tidy;
mod understanding;
mod web;
