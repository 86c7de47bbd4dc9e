//! How much there is of everything. Counting reads an index whole, and the System page asks every
//! few seconds: a count is given again for twenty times as long as it took, as those of flows are.

use std::time::Instant;

use crate::store::{SendStatus, StoreCounts};
use crate::web::console::tally::{FRESH_MIN, WORTH};
use crate::web::error::Problem;
use crate::web::state::AppState;

#[derive(Debug, Clone)]
pub struct Stock {
    pub counts: StoreCounts,
    pub outgoing: Vec<(SendStatus, u64)>,
}

/// What was counted last; one counts while the others wait for it.
#[derive(Default)]
pub struct Stocks {
    counted: tokio::sync::Mutex<Option<Counted>>,
}

struct Counted {
    stock: Stock,
    until: Instant,
}

impl Stocks {
    pub async fn of(&self, app: &AppState) -> Result<Stock, Problem> {
        let mut counted = self.counted.lock().await;
        if let Some(kept) = counted.as_ref()
            && Instant::now() < kept.until
        {
            return Ok(kept.stock.clone());
        }
        let begun = Instant::now();
        let read = |store: &dyn crate::store::Store| {
            Ok(Stock {
                counts: store.counts()?,
                outgoing: store.count_outgoing()?,
            })
        };
        let stock = app.read(read).await?;
        let fresh = (begun.elapsed() * WORTH).max(FRESH_MIN);
        *counted = Some(Counted {
            stock: stock.clone(),
            until: Instant::now() + fresh,
        });
        Ok(stock)
    }
}
