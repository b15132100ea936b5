//! The applications, each set up as the documentation of its library says. docs/peers.md and docs/stores-benchmark.md
//! list the exceptions.

mod actix;
mod actix_session;
mod axum;
mod axum_extra;
mod ours;
mod poem;
pub(crate) mod stores;
mod tower_sessions;

use actix_web::rt::SystemRunner;

use crate::subject::Subject;

/// Returns all applications, the bare frameworks first. The time of a bare framework is subtracted from the times of
/// its applications.
pub(crate) fn all(system: &SystemRunner) -> Vec<Box<dyn Subject + '_>> {
    let mut subjects: Vec<Box<dyn Subject + '_>> =
        vec![Box::new(axum::bare(system)), Box::new(actix::bare(system)), Box::new(poem::bare(system))];
    subjects.push(Box::new(axum::empty_layer(system)));
    subjects.extend(ours::all(system));
    subjects.push(Box::new(axum_extra::signed(system)));
    subjects.push(Box::new(axum_extra::private(system)));
    subjects.push(Box::new(tower_sessions::cookie_store(system)));
    subjects.push(Box::new(tower_sessions::private_cookie_store(system)));
    subjects.push(Box::new(tower_sessions::memory(system)));
    subjects.push(Box::new(actix_session::signed(system)));
    subjects.push(Box::new(actix_session::private(system)));
    subjects.push(Box::new(poem::signed(system)));
    subjects.push(Box::new(poem::private(system)));
    subjects
}
