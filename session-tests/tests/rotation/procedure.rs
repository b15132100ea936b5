//! Runs the procedures of docs/rotation.md step by step.

use std::time::Duration;

use signed_session::{AuthenticatedSerializer, Builder, ManualClock, Protection, Timestamp};

use crate::server::{self, Framework};
use crate::serving::Serving;
use crate::visitors::{Visitor, send_requests, sign_in};
use crate::{REQUESTS, VISITORS};

/// The configuration of a server, with a name for assertion messages.
pub(crate) struct Configuration {
    pub(crate) name: &'static str,
    start: Box<Start>,
}

type Start = dyn Fn(Framework, &ManualClock) -> Serving;

impl Configuration {
    pub(crate) fn new<P: Protection>(name: &'static str, builder: impl Fn() -> Builder<P> + 'static) -> Self {
        let start = move |framework, clock: &ManualClock| {
            server::start(framework, builder().clock(clock.clone()).build().unwrap())
        };
        Self { name, start: Box::new(start) }
    }

    /// Starts a server with this configuration and this clock.
    pub(crate) fn start(&self, framework: Framework, clock: &ManualClock) -> Serving {
        (self.start)(framework, clock)
    }
}

pub(crate) fn clock() -> ManualClock {
    ManualClock::new(Timestamp::from_secs(1_700_000_000.0).unwrap())
}

/// Signs in a visitor, who then uses the site for over 13 hours, which is longer than the default `lifetime`. No pause
/// between two requests is as long as the `timeout`.
pub(crate) fn sign_in_13_hours_ago(server: &Serving, clock: &ManualClock) -> Visitor {
    const PAUSE: Duration = Duration::from_secs(19 * 60);
    let mut visitors = sign_in(1, &[server.address]);
    for _ in 0..=13 * 60 / 19 {
        clock.advance(PAUSE);
        let lost = send_requests(&mut visitors, &[server.address], 1, || ());
        assert!(lost.is_empty(), "{lost:?}");
    }
    visitors.remove(0)
}

/// Runs all steps of a procedure. A step is a rollout from one configuration to the next. During a step, one server on
/// axum has the old configuration, and one on actix-web already has the new one. Asserts that no session is lost, and
/// that each session has only one cookie at the end of a step.
#[track_caller]
pub(crate) fn assert_no_session_is_lost(steps: &[Configuration]) {
    let clock = clock();
    let first = steps[0].start(Framework::Axum, &clock);
    let mut visitors = vec![sign_in_13_hours_ago(&first, &clock)];
    visitors.extend(sign_in(VISITORS, &[first.address]));
    let lost = send_requests(&mut visitors, &[first.address], REQUESTS, || ());
    assert!(lost.is_empty(), "{}: {lost:?}", steps[0].name);
    let old: Vec<_> = visitors.iter().map(|visitor| visitor.browser.copy()).collect();

    for pair in steps.windows(2) {
        let servers = [pair[0].start(Framework::Axum, &clock), pair[1].start(Framework::Actix, &clock)];
        let addresses = [servers[0].address, servers[1].address];
        visitors.extend(sign_in(2, &addresses).into_iter().chain(sign_in(2, &[addresses[1], addresses[0]])));
        let lost = send_requests(&mut visitors, &addresses, REQUESTS, || ());
        assert!(lost.is_empty(), "{} and {}: {lost:?}", pair[0].name, pair[1].name);
        // Time passes until the next step, and each session is used again. All steps together take less than the
        // timeout of 20 minutes, so the cookies in `old` do not expire. If the last configuration rejects these
        // cookies, the reason is their format or their secret.
        clock.advance(Duration::from_secs(5 * 60));
        let last = [addresses[1]];
        let lost = send_requests(&mut visitors, &last, REQUESTS, || ());
        assert!(lost.is_empty(), "{}: {lost:?}", pair[1].name);
        for visitor in &visitors {
            // The key label `current` shows an operator that the next step signs no visitor out.
            assert_eq!(visitor.key(addresses[1]), "current", "{}", pair[1].name);
            // The only cookie is the current one, so the old one was removed.
            assert_eq!(visitor.browser.jar().len(), 1, "{}", pair[1].name);
        }
    }

    // The last configuration accepts no cookie of the first configuration.
    let last = steps[steps.len() - 1].start(Framework::Axum, &clock);
    for old in old {
        assert_eq!(old.at(last.address).post("/shop/hit").send().body, "0");
    }
    let lost = send_requests(&mut visitors, &[last.address], REQUESTS, || ());
    assert!(lost.is_empty(), "{lost:?}");
}

/// Runs the procedure of docs/rotation.md for a move from one configuration to another.
#[track_caller]
pub(crate) fn assert_move_loses_no_session<
    P: Protection<Serializer: AuthenticatedSerializer>,
    Q: Protection<Serializer: AuthenticatedSerializer>,
>(
    old: impl Fn() -> Builder<P> + Copy + 'static,
    new: impl Fn() -> Builder<Q> + Copy + 'static,
) {
    assert_no_session_is_lost(&[
        Configuration::new("old", old),
        Configuration::new("old, reads new", move || old().also_reads(new().build().unwrap())),
        Configuration::new("new, reads old", move || new().also_reads(old().build().unwrap())),
        Configuration::new("new", new),
    ]);
}
