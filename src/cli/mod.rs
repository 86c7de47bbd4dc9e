pub mod lines;
pub mod parts;
pub mod when;
