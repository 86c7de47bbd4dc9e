//! What leads wrote, over all of them.

use crate::store::{RepliesQuery, RowBody, Store};

use super::Check;
use super::fixture::*;

pub const ALL: &[Check] = &[(
    "paging the replies of every bucket returns each once, and none older than asked for",
    page_replies,
)];

fn page_replies(store: &dyn Store) {
    let leads: Vec<Lead> = (0..12).map(Lead::new).collect();
    for lead in &leads {
        take(store, &[lead.enrolment()]);
        take(store, &[lead.replied(2, 2)]);
        take(store, &[lead.replied(3, 4)]);
    }
    // Rows of the fixture are told a millisecond apart: the numbers 3 and 5 are replies.
    for (since, each) in [(0, 2), (4, 1), (6, 0)] {
        let mut found = Vec::new();
        for bucket in 0..=u8::MAX {
            let mut query = RepliesQuery {
                bucket,
                after: None,
                since: after_ms(since),
                limit: 1,
            };
            loop {
                let page = ok(store.replies(&query));
                assert!(page.len() <= 1);
                let Some(last) = page.last() else { break };
                assert!(matches!(last.body, RowBody::Happened(_)));
                assert_eq!(last.lead.bucket(), bucket);
                query.after = Some((last.lead, last.seq));
                found.extend(page.into_iter().map(|row| (row.lead, row.seq)));
            }
        }
        found.sort_unstable();
        found.dedup();
        assert_eq!(found.len(), leads.len() * each, "since {since}");
    }
}
