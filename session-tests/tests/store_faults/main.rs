//! Applications with a store, over HTTP. Each application runs in its own process. The tests cover:
//!
//! - an application process that is killed
//! - a store server that stops or does not answer
//! - concurrent requests on one session
//! - a sign-out that reaches another process
//! - a copy of the store

mod app;
mod client;
mod concurrent;
mod dump;
mod killed_process;
mod ledger;
#[path = "../nginx/mod.rs"]
mod nginx;
mod outages;
mod outages_tolerated;
mod process;
mod random;
mod revocable;
mod servers;
mod settings;

/// Lock for the tests with continuous load: those of `outages` and `killed_process`. It prevents them from slowing each
/// other down.
static LOAD: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// Waits until no other test holds [`LOAD`], and locks it until the returned guard is dropped.
fn only_load() -> std::sync::MutexGuard<'static, ()> {
    LOAD.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The time after which a server counts as hanging. No tested operation takes as long.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

#[test]
#[ignore = "the application, which the other tests start as a process"]
fn application_process() {
    process::run();
}
