//! ```sh
//! cargo run --package embed-in-service
//! curl localhost:3000/primes/1000000
//! curl localhost:3000/metrics
//! ```
//!
//! Answers are kept in `service.db`, or where `LARDER_STORE` or a `larder.toml` says: `s3://bucket/prefix` is as good.
#![expect(clippy::print_stdout, reason = "a program for people to look at")]

use std::error::Error;

use larder::{Config, Memory};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = Config::load()?;
    let memory = match config == Config::default() {
        true => Memory::open("sqlite:service.db")?,
        false => Memory::open(config)?,
    };
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("serving http://{}", listener.local_addr()?);
    let interrupted = async {
        // Without signals there is no asking it to end; it serves on.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    embed_in_service::serve(listener, memory, interrupted).await?;
    Ok(())
}
