//! The integration tests, one module a subject, linked once.

mod compile;
mod lints;
mod store;
mod tidy;
mod web;
