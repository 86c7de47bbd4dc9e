//! Which leads are in a segment: its condition, asked of what is known of each.

use std::borrow::Cow;

use crate::flow::condition::Expr;
use crate::flow::template::{Scope, Source};
use crate::lead::{PhoneNumber, Value};
use crate::store::{LeadQuery, LeadRecord, Store, StoreError};
use crate::time::Zone;

/// Most leads that one page of a segment looks at.
const SCAN_MAX: usize = 20_000;
const SCAN_PAGE: usize = 500;

/// A page of a segment's leads, in the store's order, and the number after which it goes on.
pub fn leads_in(
    store: &dyn Store,
    segment: &Expr,
    zone: &Zone,
    q: Option<String>,
    mut after: Option<PhoneNumber>,
    wanted: usize,
) -> Result<(Vec<LeadRecord>, Option<PhoneNumber>), StoreError> {
    let mut found = Vec::new();
    for _ in 0..SCAN_MAX / SCAN_PAGE {
        let query = LeadQuery {
            q: q.clone(),
            after,
            limit: SCAN_PAGE,
        };
        let leads = store.leads(&query)?;
        let last = leads.last().map(|record| record.lead.phone);
        let full = leads.len() == SCAN_PAGE;
        found.extend(
            leads
                .into_iter()
                .filter(|record| holds(segment, record, zone)),
        );
        if found.len() > wanted {
            found.truncate(wanted);
            let next = found.last().map(|record| record.lead.phone);
            return Ok((found, next));
        }
        if !full {
            return Ok((found, None));
        }
        after = last;
    }
    // Whoever asks on finds the rest, be this page ever so empty.
    Ok((found, after))
}

/// Every lead of a segment, however many there are.
pub fn each_in(
    store: &dyn Store,
    segment: &Expr,
    zone: &Zone,
    mut each: impl FnMut(LeadRecord),
) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let query = LeadQuery {
            q: None,
            after,
            limit: SCAN_PAGE,
        };
        let leads = store.leads(&query)?;
        let full = leads.len() == SCAN_PAGE;
        after = leads.last().map(|record| record.lead.phone);
        for record in leads {
            if holds(segment, &record, zone) {
                each(record);
            }
        }
        if !full {
            return Ok(());
        }
    }
}

pub fn holds(segment: &Expr, record: &LeadRecord, zone: &Zone) -> bool {
    segment.holds(&OfLead { record, zone })
}

/// What a segment's condition may ask of a lead.
struct OfLead<'l> {
    record: &'l LeadRecord,
    zone: &'l Zone,
}

impl Scope for OfLead<'_> {
    fn get(&self, source: &Source) -> Cow<'_, Value> {
        let lead = &self.record.lead;
        match source {
            Source::Field(name, _) if *name == "phone" => {
                Cow::Owned(Value::Text(lead.phone.to_string()))
            }
            Source::Field(name, kind) => crate::flow::fields::read(lead.field(name), *kind),
            Source::Tags => Cow::Owned(Value::List(
                lead.tags.iter().map(ToString::to_string).collect(),
            )),
            Source::Locale => Cow::Owned(Value::text(self.locale())),
            // The rest is of a conversation, which a segment is not about.
            Source::Brand
            | Source::Link(_)
            | Source::Answer(..)
            | Source::Score
            | Source::Agent
            | Source::LastReply
            | Source::Event(_)
            | Source::Saved(_) => Cow::Owned(Value::Nothing),
        }
    }

    fn zone(&self) -> &Zone {
        self.zone
    }

    fn locale(&self) -> &str {
        self.record.lead.locale.as_deref().unwrap_or("en")
    }
}
