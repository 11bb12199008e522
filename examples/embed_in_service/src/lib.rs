//! A web service with an expensive endpoint, whose answers are kept: computed once whoever asks, however many ask at the
//! same time, and there after a restart.
#![forbid(unsafe_code)]

use std::fmt::Write;
use std::future::Future;
use std::io;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use larder::{Memory, memoize};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

/// How many primes there are below a number, the slow way.
#[memoize]
async fn count_primes(below: u64) -> Result<usize, String> {
    let is_prime = |n: &u64| (2..).take_while(|d| d * d <= *n).all(|d| !n.is_multiple_of(d));
    // Not on the threads that serve requests.
    let counting = tokio::task::spawn_blocking(move || (2..below).filter(is_prime).count());
    counting.await.map_err(|error| error.to_string())
}

/// What every request is given.
#[derive(Clone, Debug)]
struct Service {
    memory: Memory,
    /// What was begun for a request and goes on without it.
    begun: TaskTracker,
}

type Answer = Result<String, (StatusCode, String)>;

/// Requests for one number wait for one computation (larder's single flight). Each call is a task of its own: where its
/// client leaves, what was begun is finished, and kept for the next one who asks.
async fn primes(State(service): State<Service>, Path(below): Path<u64>) -> Answer {
    if below > 10_000_000 {
        return Err((StatusCode::BAD_REQUEST, "at most 10000000".to_owned()));
    }
    let memory = service.memory.clone();
    let call = service.begun.spawn(async move { memory.scope_async(count_primes(below)).await });
    let failed = |error: String| (StatusCode::INTERNAL_SERVER_ERROR, error);
    let count = call.await.map_err(|error| failed(error.to_string()))?;
    Ok(format!("{}\n", count.map_err(failed)?))
}

/// As Prometheus reads it.
async fn metrics(State(service): State<Service>) -> String {
    let stats = service.memory.stats();
    let counters = [
        ("hits", stats.hits),
        ("waited", stats.waited),
        ("computed", stats.computed),
        ("stored", stats.stored),
        ("store_errors", stats.store_errors),
    ];
    let begun = service.begun.len();
    let mut text = format!("# TYPE larder_under_way gauge\nlarder_under_way {begun}\n");
    for (name, value) in counters {
        let _ = writeln!(text, "# TYPE larder_{name} counter\nlarder_{name} {value}");
    }
    text
}

/// Serves until `shutdown` is there. Then no more requests are taken, those under way are answered, and what they began is
/// finished and kept.
///
/// # Errors
/// Those of the network.
pub async fn serve(
    listener: TcpListener,
    memory: Memory,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let service = Service { memory, begun: TaskTracker::new() };
    let app = Router::new()
        .route("/primes/{below}", get(primes))
        .route("/metrics", get(metrics))
        .with_state(service.clone());
    axum::serve(listener, app).with_graceful_shutdown(shutdown).await?;
    service.begun.close();
    service.begun.wait().await;
    Ok(())
}
