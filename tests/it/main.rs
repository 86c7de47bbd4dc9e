//! One test binary; modules below.

mod store;
