//! Leads by name, email or number: the keys of `lead_key` and the numbers themselves, bucket by bucket,
//! each read as one stretch. What a lead is found by is in `store::found_by`.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use crate::lead::PhoneNumber;
use crate::store::found_by::{self, Sought};
use crate::store::{LeadRecord, StoreError};

use super::ask;
use super::pack::{blob, digits, int, phone};

const DOING: &str = "write what a lead is found by";
/// So many of a bucket are looked at together.
const CHUNK: usize = 512;
/// Leads that are given their keys together when an older file is opened.
const PAGE: usize = 500;

const FORGET: &str = "DELETE FROM lead_key WHERE bucket = $1 AND lead = $2";
const ADD: &str = "INSERT INTO lead_key (bucket, word, lead) VALUES ($1, $2, $3)
    ON CONFLICT (bucket, word, lead) DO NOTHING";

/// The lead's keys, written anew.
pub fn name(writer: &Connection, record: &LeadRecord) -> Result<(), StoreError> {
    let lead = record.lead.phone;
    ask::change(writer, DOING, FORGET, params![lead.bucket(), digits(lead)])?;
    for key in found_by::keys(record) {
        ask::change(
            writer,
            DOING,
            ADD,
            params![lead.bucket(), key, digits(lead)],
        )?;
    }
    Ok(())
}

const ALL: &str = "SELECT bucket, phone, data FROM lead WHERE (bucket, phone) > ($1, $2)
    ORDER BY bucket, phone LIMIT $3";

/// Every lead of a file that was written before there were keys. One that cannot be read stays without.
pub fn name_all(writer: &Connection) -> Result<(), StoreError> {
    let mut after = (-1, 0);
    loop {
        let params = params![after.0, after.1, ask::limit(PAGE)];
        let page = ask::many(writer, ALL, params, |row| {
            let place = (int(row, 0)?, int(row, 1)?);
            Ok((place, blob::<LeadRecord>(row, 2, "lead").ok()))
        })?;
        for (place, record) in &page {
            after = *place;
            if let Some(record) = record {
                name(writer, record)?;
            }
        }
        if page.len() < PAGE {
            return Ok(());
        }
    }
}

// The sign keeps the planner from the index by lead, which looks as good to it and reads all of a bucket.
const BY_WORD: &str = "SELECT DISTINCT +lead FROM lead_key
    WHERE bucket = $1 AND word >= $2 AND word < $3 AND +lead > $4 ORDER BY 1 LIMIT $5";
const BY_NUMBER: &str = "SELECT phone FROM lead
    WHERE bucket = $1 AND phone >= $2 AND phone < $3 AND phone > $4 ORDER BY phone LIMIT $5";

/// In the order of bucket and number, from the one after `after`.
pub fn leads(
    reader: &Connection,
    sought: &Sought,
    after: Option<PhoneNumber>,
    limit: usize,
) -> Result<Vec<LeadRecord>, StoreError> {
    let (words, ranges) = (sought.stretches(), sought.ranges());
    let mut found = Vec::new();
    let first = after.map_or(0, PhoneNumber::bucket);
    for bucket in first..=u8::MAX {
        let mut from = match after {
            Some(after) if after.bucket() == bucket => digits(after),
            Some(_) | None => 0,
        };
        loop {
            let place = Place {
                reader,
                bucket,
                from,
            };
            let (candidates, cut) = place.candidates(&words, &ranges)?;
            for lead in &candidates {
                if found.len() >= limit {
                    return Ok(found);
                }
                let record = super::turns::lead(reader, *lead)?;
                found.extend(record.filter(|record| sought.finds(record)));
            }
            match candidates.last() {
                Some(last) if cut => from = digits(*last),
                Some(_) | None => break,
            }
        }
    }
    Ok(found)
}

/// Where in the store is read on.
struct Place<'c> {
    reader: &'c Connection,
    bucket: u8,
    from: i64,
}

impl Place<'_> {
    /// The next leads that may be meant, in order, and whether there are more.
    fn candidates(
        &self,
        words: &[String],
        ranges: &[(u64, u64)],
    ) -> Result<(BTreeSet<PhoneNumber>, bool), StoreError> {
        let mut all = BTreeSet::new();
        // Where a list was cut off, nothing beyond its last is known.
        let mut sure_until: Option<PhoneNumber> = None;
        let mut take = |list: Vec<PhoneNumber>| {
            if let (CHUNK, Some(last)) = (list.len(), list.last()) {
                sure_until = Some(sure_until.map_or(*last, |sure| sure.min(*last)));
            }
            all.extend(list);
        };
        for word in words {
            let end = format!("{word}{}", char::MAX);
            let key = params![self.bucket, word, end, self.from, ask::limit(CHUNK)];
            take(ask::many(self.reader, BY_WORD, key, |row| phone(row, 0))?);
        }
        for (low, high) in ranges {
            let (low, high) = (*low as i64, *high as i64);
            let key = params![self.bucket, low, high, self.from, ask::limit(CHUNK)];
            take(ask::many(self.reader, BY_NUMBER, key, |row| phone(row, 0))?);
        }
        if let Some(sure) = sure_until {
            all.retain(|lead| *lead <= sure);
        }
        Ok((all, sure_until.is_some()))
    }
}
