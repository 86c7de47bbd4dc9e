//! The ledger's chain: what a row of consent is as bytes, and the hash that ties it to all before.
//!
//! Decides whether a ledger is as it was written: a row that was changed, dropped, swapped or put
//! in breaks the chain at its place. Rows cut off at the end leave no trace here; the [`Head`] that
//! is published at each export shows them. Refuses to know where rows are kept. SHA-256 (FIPS 180-4)
//! over length-prefixed fields, so that no two rows share their bytes.

use sha2::{Digest, Sha256};

use crate::policy::consent::Level;
use crate::policy::{ConsentChange, ConsentEvent};

/// A SHA-256.
pub type Hash = [u8; 32];

/// What the first row is chained to.
pub const GENESIS: Hash = [0; 32];

/// Stands before every row, so that its hash can never be one of something else.
const ROW: &[u8] = b"replytree ledger row 1";
const EVENT: &[u8] = b"replytree consent event 1";

/// A row as the store keeps it.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    /// The lead's key in the ledger; after an erasure still the same, and no longer the number.
    pub lead: &'a [u8],
    /// From 1, without gaps.
    pub n: u64,
    pub event: Kept<'a>,
    pub hash: Hash,
}

/// The event of a row, or after an erasure the digest that stands for it.
#[derive(Debug, Clone)]
pub enum Kept<'a> {
    Whole(&'a ConsentEvent),
    Erased(Hash),
}

/// The last row's number and hash; of an empty ledger 0 and [`GENESIS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub n: u64,
    pub hash: Hash,
}

/// Where a ledger is not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("row {expected} of the ledger is missing; row {found} stands in its place")]
    Gap { expected: u64, found: u64 },
    #[error("row {0} of the ledger is not what was written, or what stood before it is not")]
    Changed(u64),
    #[error(
        "the ledger ends at row {found}, before row {anchored} of which the hash was published"
    )]
    CutOff { anchored: u64, found: u64 },
}

/// The hash of row `n`, which ties it to the row before.
pub fn chain(prev: Hash, lead: &[u8], n: u64, event: &ConsentEvent) -> Hash {
    chain_digest(prev, lead, n, digest(event))
}

/// The digest that may stand for an event once the event is erased.
pub fn digest(event: &ConsentEvent) -> Hash {
    Sha256::digest(canonical(event)).into()
}

/// Whether rows, from the first on and in order, are as they were written. The head that they lead
/// to is to be compared with the one last published.
pub fn verify<'a>(rows: impl IntoIterator<Item = Row<'a>>) -> Result<Head, Broken> {
    verify_after(
        Head {
            n: 0,
            hash: GENESIS,
        },
        rows,
    )
}

/// As [`verify`], for rows that follow a head already verified: a page of a long ledger.
pub fn verify_after<'a>(
    mut head: Head,
    rows: impl IntoIterator<Item = Row<'a>>,
) -> Result<Head, Broken> {
    for row in rows {
        let expected = head.n + 1;
        if row.n != expected {
            return Err(Broken::Gap {
                expected,
                found: row.n,
            });
        }
        let kept = match row.event {
            Kept::Whole(event) => digest(event),
            Kept::Erased(digest) => digest,
        };
        if chain_digest(head.hash, row.lead, row.n, kept) != row.hash {
            return Err(Broken::Changed(row.n));
        }
        head = Head {
            n: row.n,
            hash: row.hash,
        };
    }
    Ok(head)
}

impl Head {
    /// Whether a ledger that leads to `self` still holds the row whose hash was published, given
    /// the hash that row has now.
    pub fn holds(&self, anchor: Head, now_at_anchor: Option<Hash>) -> Result<(), Broken> {
        match now_at_anchor {
            _ if anchor.n > self.n => Err(Broken::CutOff {
                anchored: anchor.n,
                found: self.n,
            }),
            Some(hash) if hash == anchor.hash => Ok(()),
            _ => Err(Broken::Changed(anchor.n)),
        }
    }
}

fn chain_digest(prev: Hash, lead: &[u8], n: u64, event: Hash) -> Hash {
    let mut bytes = Fields::begin(ROW);
    bytes.field(&prev);
    bytes.field(&n.to_be_bytes());
    bytes.field(lead);
    bytes.field(&event);
    Sha256::digest(&bytes.0).into()
}

/// An event as bytes, fixed for ever: fields in the order below, each with its length. A field that
/// is added later is written only where it is there, after its own mark, so that old rows keep
/// their bytes.
pub fn canonical(event: &ConsentEvent) -> Vec<u8> {
    let mut bytes = Fields::begin(EVENT);
    bytes.field(match event.change {
        ConsentChange::Given => b"given",
        ConsentChange::Asked => b"asked",
        ConsentChange::Revoked => b"revoked",
    });
    bytes.field(match event.level {
        Level::Marketing => b"marketing",
        Level::Transactional => b"transactional",
    });
    bytes.field(&event.at.as_ms().to_be_bytes());
    bytes.field(event.method.as_bytes());
    bytes.field(event.source.as_bytes());
    bytes.field(event.wording.as_bytes());
    bytes.maybe(event.ip.as_deref());
    bytes.maybe(event.url.as_deref());
    bytes.maybe(event.rule.as_deref());
    bytes.field(if event.own_act { b"own" } else { b"told" });
    if let Some(scope) = &event.scope {
        bytes.field(b"scope");
        bytes.maybe(scope.seller.as_deref());
        bytes.maybe(scope.program.as_deref());
        bytes.maybe(scope.channel.as_deref());
        bytes.field(&(scope.purposes.len() as u64).to_be_bytes());
        for purpose in &scope.purposes {
            bytes.field(purpose.as_bytes());
        }
        let expires = scope.expires_at.map(|at| at.as_ms().to_string());
        bytes.maybe(expires.as_deref());
        bytes.maybe(scope.person_name.as_deref());
        bytes.maybe(scope.locale.as_deref());
    }
    if let Some(version) = &event.wording_version {
        bytes.field(b"wording version");
        bytes.field(version.as_bytes());
    }
    if let Some(agent) = &event.user_agent {
        bytes.field(b"user agent");
        bytes.field(agent.as_bytes());
    }
    bytes.0
}

struct Fields(Vec<u8>);

impl Fields {
    fn begin(mark: &[u8]) -> Self {
        let mut fields = Fields(Vec::with_capacity(256));
        fields.field(mark);
        fields
    }

    fn field(&mut self, bytes: &[u8]) {
        self.0
            .extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        self.0.extend_from_slice(bytes);
    }

    /// One byte says whether it is there: nothing is not the same as empty.
    fn maybe(&mut self, text: Option<&str>) {
        self.0.push(u8::from(text.is_some()));
        if let Some(text) = text {
            self.field(text.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::consent::Scope;
    use crate::time::Timestamp;

    fn event(n: u64) -> ConsentEvent {
        let at = Timestamp::from_ms(1_790_000_000_000 + n as i64);
        ConsentEvent {
            source: format!("page {n}"),
            wording: "Yes, text me".into(),
            scope: n.is_multiple_of(2).then(Scope::default),
            ..ConsentEvent::new(ConsentChange::Given, Level::Marketing, at, "web_form")
        }
    }

    /// Six rows of two leads.
    fn ledger() -> Vec<(Vec<u8>, u64, ConsentEvent, Hash)> {
        let mut prev = GENESIS;
        (1..=6)
            .map(|n| {
                let lead = vec![b'a' + (n % 2) as u8; 4];
                prev = chain(prev, &lead, n, &event(n));
                (lead, n, event(n), prev)
            })
            .collect()
    }

    fn check(rows: &[(Vec<u8>, u64, ConsentEvent, Hash)]) -> Result<Head, Broken> {
        verify(rows.iter().map(|(lead, n, event, hash)| Row {
            lead,
            n: *n,
            event: Kept::Whole(event),
            hash: *hash,
        }))
    }

    #[test]
    fn a_ledger_as_written_holds_and_leads_to_its_head() {
        let rows = ledger();
        assert_eq!(
            check(&rows).map(|head| (head.n, head.hash)),
            Ok((6, rows[5].3))
        );
        assert_eq!(check(&[]).map(|head| head.hash), Ok(GENESIS));
    }

    #[test]
    fn a_changed_dropped_swapped_or_inserted_row_is_found() {
        type Rows = Vec<(Vec<u8>, u64, ConsentEvent, Hash)>;
        type Spoil = fn(&mut Rows);
        let cases: [(&str, Spoil, Broken); 9] = [
            (
                "wording",
                |rows| rows[2].2.wording.push('.'),
                Broken::Changed(3),
            ),
            (
                "own act",
                |rows| rows[2].2.own_act = true,
                Broken::Changed(3),
            ),
            (
                "empty is not nothing",
                |rows| rows[2].2.ip = Some(String::new()),
                Broken::Changed(3),
            ),
            ("lead", |rows| rows[3].0[0] ^= 1, Broken::Changed(4)),
            ("hash", |rows| rows[4].3[31] ^= 1, Broken::Changed(5)),
            (
                "dropped",
                |rows| drop(rows.remove(2)),
                Broken::Gap {
                    expected: 3,
                    found: 4,
                },
            ),
            (
                "swapped",
                |rows| rows.swap(1, 2),
                Broken::Gap {
                    expected: 2,
                    found: 3,
                },
            ),
            (
                "swapped and numbered anew",
                |rows| {
                    rows.swap(1, 2);
                    rows[1].1 = 2;
                    rows[2].1 = 3;
                },
                Broken::Changed(2),
            ),
            (
                "inserted",
                |rows| {
                    let copy = rows[1].clone();
                    rows.insert(2, (copy.0, 3, copy.2, copy.3));
                },
                Broken::Changed(3),
            ),
        ];
        for (name, spoil, expected) in cases {
            let mut rows = ledger();
            spoil(&mut rows);
            assert_eq!(check(&rows), Err(expected), "{name}");
        }
    }

    #[test]
    fn text_moved_from_one_field_to_the_next_changes_the_hash() {
        let (mut a, mut b) = (event(1), event(1));
        (a.source, a.wording) = ("ab".into(), "c".into());
        (b.source, b.wording) = ("a".into(), "bc".into());
        assert_ne!(digest(&a), digest(&b));
    }

    #[test]
    fn an_erased_row_still_holds_the_chain_and_a_cut_ledger_fails_its_anchor() {
        let rows = ledger();
        let erased = rows.iter().map(|(lead, n, event, hash)| Row {
            lead,
            n: *n,
            event: Kept::Erased(digest(event)),
            hash: *hash,
        });
        let head = verify(erased).unwrap();
        let cut = check(&rows[..4]).unwrap();
        assert_eq!(head.holds(cut, Some(rows[3].3)), Ok(()));
        let anchored = Broken::CutOff {
            anchored: 6,
            found: 4,
        };
        assert_eq!(cut.holds(head, None), Err(anchored));
    }

    #[test]
    fn the_bytes_of_a_row_never_change() {
        // Hashes of rows written long ago: if this fails, every ledger in the world is broken.
        let hex: String = chain(GENESIS, b"lead", 1, &event(1))
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            hex,
            "1a08f1c12d4a98c3a051ceca8dbc588c327666c6b2633fa04cb71021125d53f8"
        );
    }
}
