//! One test binary; modules below.

mod compile;
mod store;
