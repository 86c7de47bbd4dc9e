//! Email addresses that may not be written to.

use rusqlite::{Connection, params};

use crate::store::{AddressChange, AddressMark, AddressState, StoreError};

use super::ledger::address_key;
use super::{ask, pack::maybe_time};

const DOING: &str = "mark an address";

const STATE: &str = "SELECT unsubscribed, bad FROM address WHERE bucket = $1 AND key = $2";

pub fn state(db: &Connection, address: &str) -> Result<AddressState, StoreError> {
    let key = address_key(db, address)?;
    let found = ask::one(db, STATE, params![key[0], key], |row| {
        Ok(AddressState {
            unsubscribed: maybe_time(row, 0)?,
            bad: maybe_time(row, 1)?,
        })
    })?;
    Ok(found.unwrap_or_default())
}

const UNSUBSCRIBED: &str = "INSERT INTO address (bucket, key, unsubscribed) VALUES ($1, $2, $3)
    ON CONFLICT (bucket, key) DO UPDATE SET unsubscribed = excluded.unsubscribed";
const BAD: &str = "INSERT INTO address (bucket, key, bad) VALUES ($1, $2, $3)
    ON CONFLICT (bucket, key) DO UPDATE SET bad = excluded.bad";
const WELCOME: &str = "DELETE FROM address WHERE bucket = $1 AND key = $2";

pub fn mark(db: &Connection, mark: &AddressMark) -> Result<(), StoreError> {
    let key = address_key(db, &mark.address)?;
    let at = mark.at.as_ms();
    match mark.change {
        AddressChange::Unsubscribed => {
            ask::change(db, DOING, UNSUBSCRIBED, params![key[0], key, at])?
        }
        AddressChange::Bad => ask::change(db, DOING, BAD, params![key[0], key, at])?,
        AddressChange::Welcome => ask::change(db, DOING, WELCOME, params![key[0], key])?,
    };
    Ok(())
}
