//! Opening the database that `--db` names. An error names it, never the password in it; a command that
//! only looks at what is there does not make an empty one of a name that was misspelt.

use std::path::Path;
use std::sync::Arc;

use anyhow::bail;

use crate::cli::Context;
use crate::store::{self, Store};

/// The database; made if it is not there.
pub fn open(context: &Context) -> anyhow::Result<Arc<dyn Store>> {
    let opened = store::open(&context.db);
    opened.map_err(|error| {
        let error = anyhow::Error::from(error);
        let held = format!("{error:#}").contains("is locked");
        let url = shown(&context.db);
        match held {
            true => error.context(format!(
                "{url} is held by another program; close it, or try again when it has ended"
            )),
            false => error.context(format!("cannot open {url}")),
        }
    })
}

/// The database, which must be there already.
pub fn open_existing(context: &Context) -> anyhow::Result<Arc<dyn Store>> {
    if let Some(path) = file_of(&context.db)
        && !path.exists()
    {
        bail!(
            "there is no database at {}; `replytree serve` makes one, and --db names another",
            path.display()
        );
    }
    open(context)
}

/// The file of an SQLite URL: `sqlite:///var/x.db` and `sqlite:/var/x.db` are one.
pub fn file_of(url: &str) -> Option<&Path> {
    let path = url.strip_prefix("sqlite:")?;
    Some(Path::new(path.strip_prefix("//").unwrap_or(path)))
}

/// The URL without the password that it may hold.
fn shown(url: &str) -> String {
    let secret = url.split_once("://").and_then(|(scheme, rest)| {
        let (who, place) = rest.rsplit_once('@')?;
        let (user, _) = who.split_once(':')?;
        Some(format!("{scheme}://{user}:…@{place}"))
    });
    secret.unwrap_or_else(|| url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_named_without_its_password() {
        for (url, named) in [
            ("sqlite:replytree.db", "sqlite:replytree.db"),
            ("postgres://host/db", "postgres://host/db"),
            ("postgres://ada@host/db", "postgres://ada@host/db"),
            ("postgres://ada:p@ss:w@host/db", "postgres://ada:…@host/db"),
            ("", ""),
        ] {
            assert_eq!(shown(url), named, "{url}");
        }
    }
}
