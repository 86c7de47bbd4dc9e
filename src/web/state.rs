//! What every handler is given.

use std::collections::HashSet;
use std::ops::Deref;
use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, Semaphore, broadcast, watch};

use crate::runtime::early::Early;
use crate::runtime::live::Live;
use crate::runtime::sandbox::Sandbox;
use crate::runtime::work::Heard;
use crate::runtime::{Clock, Committer, Done, Engine, Refusal, WallClock, Work};
use crate::store::{SeenKey, Store, StoreError};
use crate::time::Timestamp;
use crate::web::certificates::Certificates;
use crate::web::console::Tallies;
use crate::web::console::consent::Verified;
use crate::web::console::import::Imports;
use crate::web::error::Problem;
use crate::web::refused::Refused;
use crate::web::throttle::Throttle;
use crate::web::trail::Trail;

#[derive(Clone)]
pub struct AppState(Arc<App>);

pub struct App {
    pub engine: Arc<Engine>,
    pub committer: Committer,
    /// What carriers tell before its time.
    pub early: Arc<Early>,
    pub certificates: Certificates,
    /// There when nothing may leave the machine.
    pub sandbox: Option<Arc<Sandbox>>,
    /// What happens, as it happens.
    pub heard: broadcast::Sender<Heard>,
    /// Wakes the loop that carries out what is due.
    pub due: Arc<Notify>,
    pub trail: Trail,
    /// Tries at signing in, by account and by address.
    pub tries: Throttle<String>,
    /// Calls by key.
    pub calls: Throttle<[u8; 32]>,
    /// Turns at hashing a password.
    pub hashing: Semaphore,
    /// How far the verification of the ledger is.
    pub verified: Mutex<Verified>,
    /// Files that are looked at and imported.
    pub imports: Imports,
    /// True once the server is stopping.
    pub stopping: watch::Receiver<bool>,
    /// Idempotency keys of requests that are being answered right now.
    pub answering: Mutex<HashSet<SeenKey>>,
    /// Webhooks whose proof did not hold.
    pub refused: Refused,
    /// What the console counted of each flow.
    pub tallies: Tallies,
}

impl AppState {
    pub fn new(app: App) -> Self {
        Self(Arc::new(app))
    }
}

impl Deref for AppState {
    type Target = App;
    fn deref(&self) -> &App {
        &self.0
    }
}

impl App {
    pub fn live(&self) -> Arc<Live> {
        self.engine.live.load_full()
    }

    pub fn now(&self) -> Timestamp {
        self.engine.clock.now()
    }

    /// The time on the wall, which the sandbox does not move: for signatures and sessions.
    pub fn wall(&self) -> Timestamp {
        WallClock.now()
    }

    /// Reads from the store on a thread that may wait.
    pub async fn read<T, F>(&self, read: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Store) -> Result<T, StoreError> + Send + 'static,
    {
        let store = self.engine.store.clone();
        match tokio::task::spawn_blocking(move || read(store.as_ref())).await {
            Ok(answer) => answer.map_err(Problem::from),
            Err(_) => Err(Refusal::Parked.into()),
        }
    }

    /// Has the work done, and answers once it is on disk.
    pub async fn turn(&self, work: Work) -> Result<Done, Problem> {
        self.committer.turn(work).await.map_err(Problem::from)
    }
}
