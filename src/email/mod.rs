//! Email: how a letter is written, and what comes back is read. It builds bytes and reads requests; it
//! sends nothing and decides nothing. The mail server is spoken to by `runtime::mail`.

pub mod inbound;
pub mod invite;
mod letter;
pub mod page;
mod server;
pub mod token;
pub mod words;

pub use letter::{Correspondent, Letter, Unsubscribe, Unwritable, Written};
pub use page::{Footer, Page, Quote};
pub use server::{MailServer, NoServer, Security};
pub use token::{EmailRef, Use};

/// `Northside <hello@northside.example>` → `hello@northside.example`.
pub fn bare(address: &str) -> &str {
    match address.rsplit_once('<') {
        Some((_, rest)) => rest.trim_end().trim_end_matches('>').trim(),
        None => address.trim(),
    }
}

/// What stands before the address, without quotes; empty for an address alone.
pub fn name_of(address: &str) -> &str {
    match address.rsplit_once('<') {
        Some((name, _)) => name.trim().trim_matches('"').trim(),
        None => "",
    }
}

/// `hello@northside.example` with `+tag` behind its local part; one that it has is replaced.
pub fn tagged(address: &str, tag: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, host)) => {
            let local = local.split('+').next().unwrap_or(local);
            format!("{local}+{tag}@{host}")
        }
        None => address.to_string(),
    }
}

/// The address as it is compared: case and a surrounding name do not count.
pub fn folded(address: &str) -> String {
    bare(address).to_lowercase()
}
