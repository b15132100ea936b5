//! A lifetime that comes with a new format, or that is set after the move to the new format, ends older sessions.

use signed_session::{EncryptedCookieSessionFactory, SignedCookieSessionFactory};

use crate::procedure::{Configuration, clock, sign_in_13_hours_ago};
use crate::server::Framework;
use crate::visitors::{send_requests, sign_in};
use crate::{NEW, OLD, REQUESTS, encrypted, signed};

/// Moves two sessions from one configuration to the next: one that is 13 hours old, and a new one. Asserts that only
/// the older session ends.
#[track_caller]
fn assert_only_older_session_ends(before: &Configuration, after: &Configuration) {
    let clock = clock();
    let server = before.start(Framework::Axum, &clock);
    let mut visitors = vec![sign_in_13_hours_ago(&server, &clock)];
    visitors.extend(sign_in(1, &[server.address]));
    let server = after.start(Framework::Actix, &clock);
    let lost = visitors.iter_mut().map(|visitor| {
        !send_requests(std::slice::from_mut(visitor), &[server.address], REQUESTS, || ()).is_empty()
    });
    assert_eq!(lost.collect::<Vec<_>>(), [true, false], "{} to {}", before.name, after.name);
}

/// The default lifetime of the new format counts from the beginning of a session, so a move ends each session that is
/// older than this lifetime. The other tests therefore move to encrypted cookies and to `production()` without a
/// lifetime. See [`encrypted`].
#[test]
fn default_lifetime_of_new_format_ends_older_sessions() {
    let old = Configuration::new("old", || signed(OLD));
    let reads_old = || EncryptedCookieSessionFactory::builder(NEW).also_reads(signed(OLD).build().unwrap());
    assert_only_older_session_ends(&old, &Configuration::new("encrypted, reads old", reads_old));
    let reads_old = || {
        let builder = SignedCookieSessionFactory::builder(OLD).salt("host.").production();
        builder.also_reads(signed(OLD).build().unwrap())
    };
    assert_only_older_session_ends(&old, &Configuration::new("production, reads old", reads_old));
}

#[test]
fn lifetime_set_after_move_ends_older_sessions() {
    let without = Configuration::new("without lifetime", || encrypted(NEW));
    let with = Configuration::new("with lifetime", || EncryptedCookieSessionFactory::builder(NEW));
    assert_only_older_session_ends(&without, &with);
}
