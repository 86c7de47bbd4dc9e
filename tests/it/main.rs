//! The integration tests, one module a subject, linked once.

mod carriers;
mod compile;
mod samples;
mod sdk;
mod sends;
mod store;
