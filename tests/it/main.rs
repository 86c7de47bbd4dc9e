//! One test binary; modules below.

mod store;
mod store_bench;
