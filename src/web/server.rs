//! The server's life: it starts, takes connections within bounds, and stops without losing what it
//! accepted.
//!
//! The accept loop is our own, since axum's keeps slow clients for ever: 10 s for a request's headers,
//! 10 s for its body, and a bound on connections beyond which the answer is 503 at once.

use std::convert::Infallible;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, broadcast, watch};
use tokio::task::JoinHandle;
use tower::Service;

use crate::runtime::deliver::Deliverer;
use crate::runtime::dispatch::{self, Dispatch};
use crate::runtime::early::Early;
use crate::runtime::mail::Mailer;
use crate::runtime::outside::{ClientError, Outside};
use crate::runtime::reload::{self, Reload};
use crate::runtime::sandbox::Sandbox;
use crate::runtime::{Clock, Committer, Engine, Live, SandboxClock, WallClock};
use crate::runtime::{checkpoints, upkeep};
use crate::store::{Store, StoreError};
use crate::web::auth::{NoRandomness, random_bytes};
use crate::web::certificates::Certificates;
use crate::web::console::import::Imports;
use crate::web::origin::Peer;
use crate::web::state::{App, AppState};
use crate::web::throttle::Throttle;
use crate::web::trail::{self, Trail};
use crate::web::{password, session};

/// How far the sandbox's clock is ahead, in milliseconds, as text.
pub const AHEAD_SETTING: &str = "sandbox.ahead";
const LINK_KEY_SETTING: &str = "link.key";

const CONNECTIONS_MAX: usize = 4096;
const HEADER_DEADLINE: Duration = Duration::from_secs(10);
/// From the wish to stop to the end, all in all.
const STOP_WITHIN: Duration = Duration::from_secs(9);
/// Of it, for answers under way.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// Events that a slow listener may fall behind.
const HEARD_MAX: usize = 1024;

pub struct ServeOptions {
    pub store: Arc<dyn Store>,
    /// What is served; an empty `public_url` becomes the address that was listened on.
    pub live: Live,
    /// How to read the files again when they change; `None` serves what `live` holds for good.
    pub reload: Option<Reload>,
}

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(
        "another program listens on {0}, perhaps a replytree that still runs; stop that one, or choose \
         another port, such as --listen 127.0.0.1:8081"
    )]
    InUse(String),
    #[error("could not listen on {listen}; write an address and a port: --listen 127.0.0.1:8081")]
    Listen {
        listen: String,
        #[source]
        source: std::io::Error,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    #[error("could not start a thread")]
    Thread(#[source] std::io::Error),
}

/// A server at work.
pub struct Running {
    pub address: SocketAddr,
    /// The one-time sign-in link, when nobody is signed in.
    pub sign_in: Option<String>,
    pub app: AppState,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    committing: std::thread::JoinHandle<()>,
}

/// Serves until it is told to stop by a signal (ctrl-c, SIGTERM). The address is taken first: where it
/// cannot be had, `options` is not called, and no database is made.
pub fn serve<E: From<ServeError>>(
    listen: &str,
    options: impl FnOnce() -> Result<ServeOptions, E>,
) -> Result<(), E> {
    // The committer has a thread of its own; one worker beside it on two cores is best.
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores.saturating_sub(1).max(1))
        .enable_all()
        .build()
        .map_err(ServeError::Thread)?;
    let served = runtime.block_on(async {
        let listener = bind(listen).await?;
        let running = start(listener, options()?).await?;
        announce(&running);
        wish_to_stop().await;
        tracing::info!("stopping");
        running.stop().await;
        Ok(())
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

/// Says where the console is. Whoever runs it may have closed the output; that stops nothing.
fn announce(running: &Running) {
    let mut out = std::io::stdout().lock();
    let base = format!("http://{}", running.address);
    let said = match &running.sign_in {
        Some(link) => writeln!(
            out,
            "Replytree is at {base}\nSign in (this link works once): {link}"
        ),
        None => writeln!(
            out,
            "Replytree is at {base}\nSomebody has signed in before; another link: \
             replytree user add NAME --role admin"
        ),
    };
    let _ = said.and_then(|()| out.flush());
}

async fn wish_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// Takes an address such as `127.0.0.1:8080`.
pub async fn bind(listen: &str) -> Result<TcpListener, ServeError> {
    let bound = TcpListener::bind(listen).await;
    bound.map_err(|source| match source.kind() {
        std::io::ErrorKind::AddrInUse => ServeError::InUse(listen.to_string()),
        _ => ServeError::Listen {
            listen: listen.to_string(),
            source,
        },
    })
}

/// Starts everything; answers once connections are taken.
pub async fn start(
    listener: TcpListener,
    mut options: ServeOptions,
) -> Result<Running, ServeError> {
    let address = listener.local_addr().map_err(ServeError::Thread)?;
    if options.live.public_url.is_empty() {
        options.live.public_url = format!("http://{address}");
    }
    crate::web::ops::collect();
    let is_sandbox = options.live.sandbox;
    let engine = engine(options.store.clone(), options.live)?;
    let wake = Arc::new(Notify::new());
    let (committer, committing) =
        Committer::start(engine.clone(), wake.clone()).map_err(ServeError::Thread)?;
    let (stop, stopping) = watch::channel(false);
    let (heard, _) = broadcast::channel(HEARD_MAX);
    let tell = heard.clone();
    engine.listen(Box::new(move |happened| {
        // Nobody listening is well too.
        let _ = tell.send(happened.clone());
    }));
    let outside = Outside::new()?;
    let deliverer = Arc::new(Deliverer {
        engine: engine.clone(),
        outside: outside.clone(),
        mailer: Mailer::default(),
        answered: Default::default(),
    });
    let early = Arc::new(Early::new(engine.clone(), committer.clone()));
    let sandbox = is_sandbox.then(|| sandbox(&engine, deliverer.clone()));
    let sign_in = session::new_link(options.store.as_ref(), WallClock.now())?
        .map(|token| format!("http://{address}/sign-in/{token}"));
    let app = AppState::new(App {
        engine: engine.clone(),
        committer: committer.clone(),
        early: early.clone(),
        certificates: Certificates::new(outside),
        sandbox: sandbox.clone(),
        heard,
        due: wake.clone(),
        trail: Trail::default(),
        tries: Throttle::default(),
        calls: Throttle::default(),
        hashing: password::turns(),
        verified: Mutex::default(),
        imports: Imports::default(),
        stopping: stopping.clone(),
        answering: Mutex::default(),
        refused: Default::default(),
        tallies: Default::default(),
    });
    let front = crate::web::front(app.clone());
    let mut tasks = vec![tokio::spawn(accept(listener, front, stopping.clone()))];
    tasks.push(tokio::spawn(trail::run(app.clone(), stopping.clone())));
    tasks.push(match sandbox {
        Some(sandbox) => tokio::spawn(dispatch::run_sandbox(sandbox, wake, stopping.clone())),
        None => {
            let dispatch = Dispatch {
                engine: engine.clone(),
                committer,
                deliverer,
                early: early.clone(),
                wake,
            };
            tokio::spawn(dispatch.run(stopping.clone()))
        }
    });
    tasks.push(tokio::spawn(checkpoints::run(
        options.store,
        stopping.clone(),
    )));
    tasks.push(tokio::spawn(early.run(stopping.clone())));
    tasks.push(tokio::spawn(upkeep::run(engine.clone(), stopping.clone())));
    if let Some(files) = options.reload {
        tasks.push(tokio::spawn(reload::run(engine, files, stopping)));
    }
    Ok(Running {
        address,
        sign_in,
        app,
        stop,
        tasks,
        committing,
    })
}

/// The engine over a store, on the clock that the store's server goes by.
pub fn engine(store: Arc<dyn Store>, live: Live) -> Result<Arc<Engine>, ServeError> {
    let clock: Arc<dyn Clock> = match live.sandbox {
        true => {
            let kept = store.setting(AHEAD_SETTING)?;
            let ahead_ms = kept
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .and_then(|text| text.parse().ok());
            Arc::new(SandboxClock::new(crate::time::Duration::from_ms(
                ahead_ms.unwrap_or(0),
            )))
        }
        false => Arc::new(WallClock),
    };
    let link_key = link_key(store.as_ref())?;
    Ok(Arc::new(Engine::new(store, clock, live, link_key)?))
}

/// The key that makes short links unguessable: drawn once, kept with the store.
fn link_key(store: &dyn Store) -> Result<[u8; 32], ServeError> {
    let kept = store.setting(LINK_KEY_SETTING)?;
    if let Some(key) = kept.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()) {
        return Ok(key);
    }
    let key = random_bytes()?;
    store.set_setting(LINK_KEY_SETTING, &key)?;
    Ok(key)
}

/// The sandbox, which really makes calls to this machine. It is driven on threads that may wait.
fn sandbox(engine: &Arc<Engine>, deliverer: Arc<Deliverer>) -> Arc<Sandbox> {
    let runtime = tokio::runtime::Handle::current();
    let really = move |job: &crate::runtime::Job| runtime.block_on(deliverer.on_this_machine(job));
    Arc::new(Sandbox::with(engine.clone(), Box::new(really)))
}

impl Running {
    /// Stops: no new connections, answers under way are given, sends under way are settled, and what
    /// was accepted is committed. Returns within 10 s whatever hangs.
    pub async fn stop(self) {
        let Running {
            app,
            stop,
            tasks,
            committing,
            ..
        } = self;
        let _ = stop.send(true);
        app.due.notify_waiters();
        drop(app);
        let end = async {
            for task in tasks {
                let _ = task.await;
            }
            // The committing thread ends when the last who could ask it is gone.
            let _ = tokio::task::spawn_blocking(move || committing.join()).await;
        };
        if tokio::time::timeout(STOP_WITHIN, end).await.is_err() {
            tracing::warn!("stopped before everything had ended; what was accepted is on disk");
        }
    }
}

async fn accept<S>(listener: TcpListener, front: S, mut stopping: watch::Receiver<bool>)
where
    S: Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send>,
    S: Clone + Send + 'static,
{
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.wait_for(|stopping| *stopping) => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, mostly: they come back as connections end.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        match room.clone().try_acquire_owned() {
            Ok(permit) => {
                let (front, stopping) = (front.clone(), stopping.clone());
                tokio::spawn(talk(stream, peer, front, stopping, permit));
            }
            Err(_) => {
                tokio::spawn(turn_away(stream));
            }
        }
    }
    drop(listener);
    drop(front);
    // All permits back means that every connection has ended.
    let all = u32::try_from(CONNECTIONS_MAX).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(ANSWERS_WITHIN, room.acquire_many(all)).await;
}

/// One connection, to its end.
async fn talk<S>(
    stream: TcpStream,
    peer: SocketAddr,
    front: S,
    mut stopping: watch::Receiver<bool>,
    _permit: OwnedSemaphorePermit,
) where
    S: Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send>,
    S: Clone + Send + 'static,
{
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        front.clone().call(request)
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_DEADLINE)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        // What breaks a connection is the client's to know.
        _ = connection.as_mut() => return,
        _ = stopping.wait_for(|stopping| *stopping) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

/// Too many connections: said at once, without reading anything.
async fn turn_away(mut stream: TcpStream) {
    const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n\
        Content-Length: 0\r\nConnection: close\r\n\r\n";
    let said = async {
        let _ = stream.write_all(ANSWER).await;
        let _ = stream.shutdown().await;
    };
    let _ = tokio::time::timeout(Duration::from_secs(1), said).await;
}
