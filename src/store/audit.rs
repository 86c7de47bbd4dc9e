//! Whether a ledger is as it was written: what a look at all of it found.

use crate::policy::ledger::{Broken, GENESIS, Head, verify_after};
use crate::store::LedgerRow;

/// What was found, bucket by bucket.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Audit {
    pub rows: u64,
    /// Of every bucket with rows, in order.
    pub heads: Vec<(u8, Head)>,
    /// The first of each bucket: what follows a broken row hangs in the air.
    pub faults: Vec<Fault>,
}

/// Where the ledger is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("bucket {bucket}, row {row}: {broken}")]
    Chain {
        bucket: u8,
        row: u64,
        broken: Broken,
    },
    #[error("bucket {bucket}, row {row}: {what}")]
    Row {
        bucket: u8,
        row: u64,
        what: &'static str,
    },
    #[error("bucket {bucket}, row {expected}: it is missing; the bucket's end is not where it was")]
    End { bucket: u8, expected: u64 },
    #[error("bucket {bucket}: the times of its rows are not those that were written")]
    Times { bucket: u8 },
    #[error("the ledger's table is damaged: {0}")]
    Table(String),
}

impl Fault {
    /// `None` where the table itself cannot be read.
    pub fn bucket(&self) -> Option<u8> {
        match self {
            Fault::Chain { bucket, .. }
            | Fault::Row { bucket, .. }
            | Fault::End { bucket, .. }
            | Fault::Times { bucket } => Some(*bucket),
            Fault::Table(_) => None,
        }
    }

    pub fn row(&self) -> Option<u64> {
        match self {
            Fault::Chain { row, .. } | Fault::Row { row, .. } => Some(*row),
            Fault::End { expected, .. } => Some(*expected),
            Fault::Times { .. } | Fault::Table(_) => None,
        }
    }
}

impl Audit {
    /// Looks at all rows of one bucket in order. A row is `Err` when it contradicts itself.
    pub(super) fn bucket(
        &mut self,
        bucket: u8,
        rows: impl IntoIterator<Item = Result<LedgerRow, Fault>>,
    ) {
        let mut head = Head {
            n: 0,
            hash: GENESIS,
        };
        for row in rows {
            let seen = row.and_then(|row| {
                let broken = |broken| Fault::Chain {
                    bucket,
                    row: match broken {
                        Broken::Gap { expected, .. } => expected,
                        Broken::Changed(row) => row,
                        Broken::CutOff { anchored, .. } => anchored,
                    },
                    broken,
                };
                verify_after(head, [row.chained()]).map_err(broken)
            });
            match seen {
                Ok(next) => head = next,
                Err(fault) => {
                    self.faults.push(fault);
                    return;
                }
            }
            self.rows += 1;
        }
        if head.n > 0 {
            self.heads.push((bucket, head));
        }
    }

    /// One hash over all ends: what is published, so that nothing can be cut off unseen later.
    pub fn anchor(&self) -> [u8; 32] {
        use sha2::{Digest, Sha256};
        let mut all = Sha256::new_with_prefix(b"replytree ledger anchor 1");
        for (bucket, head) in &self.heads {
            all.update([*bucket]);
            all.update(head.n.to_be_bytes());
            all.update(head.hash);
        }
        all.finalize().into()
    }
}
