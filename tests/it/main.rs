//! The integration tests, one module a subject, linked once.

mod carriers;
mod compile;
mod sends;
mod store;
