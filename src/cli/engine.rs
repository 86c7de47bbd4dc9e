//! An engine of the command's own over the database, which a server may be using too: both take the
//! same lock for each batch, and what becomes due the server finds.

use std::sync::Arc;
use std::time::Duration;

use crate::cli::load::{Loaded, load};
use crate::cli::serve::live_of;
use crate::cli::{Context, database};
use crate::runtime::{Answer, Engine, Refusal, Work};
use crate::web::server;

/// How often a batch is tried again that found the database busy.
const TRIES: u32 = 8;
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// The workspace and the engine that serves it.
pub fn open(context: &Context) -> anyhow::Result<(Arc<Engine>, Loaded)> {
    let loaded = load(context, &[])?;
    let store = database::open(context)?;
    let live = live_of(load(context, &[])?, false);
    Ok((server::engine(store, live)?, loaded))
}

/// Does the work; what the store could not take is tried again for a while.
pub fn turns(engine: &Engine, work: Vec<Work>) -> Vec<Answer> {
    let mut answers = engine.turns(work.clone());
    let mut wait = FIRST_WAIT;
    for _ in 1..TRIES {
        let open: Vec<usize> = (0..answers.len())
            .filter(|i| matches!(answers[*i], Err(Refusal::Store(_))))
            .collect();
        if open.is_empty() {
            break;
        }
        std::thread::sleep(wait);
        wait *= 2;
        let again = engine.turns(open.iter().map(|i| work[*i].clone()).collect());
        for (i, answer) in open.into_iter().zip(again) {
            answers[i] = answer;
        }
    }
    answers
}
