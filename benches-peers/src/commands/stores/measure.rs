//! Measures all subjects in turns.

use std::time::Duration;

use super::results::{Measured, Results};
use crate::applications::stores::{StoreSubject, TASKS};
use crate::subject::{JOBS, Job};

/// Time of one batch of requests one at a time.
const ONE: Duration = Duration::from_millis(100);

/// Time of one batch of concurrent requests.
const MANY: Duration = Duration::from_millis(200);

/// Measures for about `time` in total.
pub(super) fn measure(
    subjects: &[Box<dyn StoreSubject>],
    round_trips: Vec<[f64; JOBS]>,
    time: Duration,
) -> Results {
    let mut results: Vec<_> = subjects
        .iter()
        .zip(round_trips)
        .map(|(subject, round_trips)| Measured::new(subject.as_ref(), round_trips))
        .collect();
    let cells = subjects.iter().flat_map(|subject| Job::ALL.into_iter().filter(|&job| subject.has(job)));
    let cells = cells.count() as f64;
    let rounds = (time.as_secs_f64() / (cells * (ONE + MANY).as_secs_f64())).ceil().max(3.0) as usize;
    eprintln!("==> {cells} cells, {rounds} rounds.");
    for _ in 0..rounds {
        for (subject, measured) in subjects.iter().zip(&mut results) {
            for (number, job) in Job::ALL.into_iter().enumerate().filter(|&(_, job)| subject.has(job)) {
                let mut requests = subject.run(job, 1, ONE).requests;
                requests.sort_unstable();
                measured.one[number].push(f64::from(requests[requests.len() / 2]) / 1000.0);
                let many = subject.run(job, TASKS, MANY);
                measured.many[number].push(many.requests.len() as f64 / many.took.as_secs_f64());
            }
        }
    }
    Results { measured: results, rounds }
}
