//! The audit log's rows of what is changed from a terminal: who sat there, which command, what about.
//! Whoever can open the database file can leave a row out; the log tells colleagues apart, not thieves.

use crate::lead::{Name, PhoneNumber};
use crate::runtime::{Clock, WallClock};
use crate::store::{AuditEntry, Store, StoreError};

/// What a command did, for the log.
pub struct Did<'a> {
    /// The command as it is typed, without values: `erase`, `key revoke`.
    pub command: &'a str,
    /// A name, a file, how many; never a lead's number or words.
    pub about: String,
    pub lead: Option<PhoneNumber>,
}

impl<'a> Did<'a> {
    pub fn new(command: &'a str, about: impl Into<String>) -> Self {
        Did {
            command,
            about: about.into(),
            lead: None,
        }
    }

    pub fn of_lead(command: &'a str, lead: PhoneNumber) -> Self {
        Did {
            command,
            about: String::new(),
            lead: Some(lead),
        }
    }
}

/// One row, written before the command says that it is done.
pub fn note(store: &dyn Store, did: Did<'_>) -> Result<(), StoreError> {
    store.append_audit(&[AuditEntry {
        at: WallClock.now(),
        actor: Name::from(format!("terminal: {}", user())),
        role: None,
        act: format!("replytree {}", did.command),
        about: did.about,
        lead: did.lead,
        status: 200,
        address: String::new(),
    }])
}

/// The user of the operating system that runs the process, by the system's own list; behind `sudo`, who
/// called it too.
fn user() -> String {
    let own = own_name().unwrap_or_else(|| "unknown".to_string());
    match std::env::var("SUDO_USER") {
        Ok(by) if own == "root" && !by.is_empty() => format!("{by} as root"),
        Ok(_) | Err(_) => own,
    }
}

#[cfg(unix)]
fn own_name() -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    // The environment may say anything; the kernel says whose process this is.
    let Ok(process) = std::fs::metadata("/proc/self") else {
        return std::env::var("USER").ok().filter(|name| !name.is_empty());
    };
    let uid = process.uid();
    let listed = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    Some(name_of(uid, &listed).unwrap_or_else(|| format!("user {uid}")))
}

#[cfg(not(unix))]
fn own_name() -> Option<String> {
    std::env::var("USERNAME")
        .ok()
        .filter(|name| !name.is_empty())
}

/// Of lines `name:x:uid:…`.
#[cfg(unix)]
fn name_of(uid: u32, passwd: &str) -> Option<String> {
    let wanted = uid.to_string();
    let mut lines = passwd.lines().map(|line| line.split(':'));
    lines.find_map(|mut line| {
        let name = line.next()?;
        (line.nth(1)? == wanted).then(|| name.to_string())
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::name_of;

    #[test]
    fn a_user_is_named_by_the_systems_list() {
        let listed =
            "root:x:0:0:root:/root:/bin/sh\nbroken\ndana:x:1000:1000::/home/dana:/bin/sh\n";
        for (uid, name) in [(0, Some("root")), (1000, Some("dana")), (7, None)] {
            assert_eq!(name_of(uid, listed).as_deref(), name, "{uid}");
        }
    }
}
