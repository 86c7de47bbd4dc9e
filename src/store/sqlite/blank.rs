//! Texts whose time is up, and leads whom nothing happened with: taken out of the file (PROMISES, P15).

use rusqlite::{Connection, params};

use crate::lead::PhoneNumber;
use crate::store::{ConversationQuery, Row, StoreError, blank};
use crate::time::Timestamp;

use super::flows::Versions;
use super::pack::{self, column};
use super::{ask, ledger, newest, reads, tail, tells};

const DOING: &str = "blank old texts";
const ROW: &str = "UPDATE timeline SET body = $1 WHERE n = $2";
const CONVERSATION: &str = "UPDATE conversation SET data = $1 WHERE bucket = $2 AND id = $3";
const PAGE: usize = 500;

/// How many texts of the lead's were blanked, of those before `before`.
pub fn blank(
    writer: &Connection,
    versions: &Versions,
    lead: PhoneNumber,
    before: Timestamp,
) -> Result<u64, StoreError> {
    let secret = ledger::secret(writer)?;
    let mark = |text: &str| blank::mark(&secret, text);
    let mut blanked = 0;
    let mut after = 0;
    loop {
        let page = reads::timeline(writer, lead, None, after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for mut row in page.into_iter().filter(|row| row.at < before) {
            blanked += u64::from(self::row(writer, &mut row, mark)?);
        }
    }
    // What agents were told of them, beside their own timeline.
    for mut row in tells::rows(writer, lead)? {
        if row.at < before {
            blanked += u64::from(self::row(writer, &mut row, mark)?);
        }
    }
    let query = ConversationQuery {
        lead: Some(lead),
        limit: PAGE,
        ..ConversationQuery::default()
    };
    for mut it in newest::conversations(writer, versions, &query)? {
        if it.started < before && blank::blank_conversation(&mut it, mark) {
            let data = pack::conversation_blob(&it)?;
            let params = params![data, it.id.bucket(), column(it.id.bits())];
            ask::change(writer, DOING, CONVERSATION, params)?;
        }
    }
    Ok(blanked)
}

/// Blanks one row; false when there was nothing left to blank.
pub fn row(
    writer: &Connection,
    row: &mut Row,
    mark: impl Fn(&str) -> String,
) -> Result<bool, StoreError> {
    let changed = blank::blank_row(&mut row.body, mark);
    if changed {
        let body = pack::body_blob(&row.body)?;
        let place = tail::place(writer, row.lead, row.seq)?;
        ask::change(writer, DOING, ROW, params![body, place])?;
    }
    Ok(changed)
}
