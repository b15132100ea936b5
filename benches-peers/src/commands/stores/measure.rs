//! Measures all subjects, which are applications and bare clients, in turns.

use std::time::Duration;

use super::results::{Measured, Results};
use super::round_trips::Traffic;
use crate::applications::stores::{StoreSubject, TASKS};
use crate::machine;
use crate::sh::Result;
use crate::subject::{JOBS, Job};

/// Duration of one batch of sequential requests.
pub(super) const ONE: Duration = Duration::from_millis(100);

/// Duration of one batch of concurrent requests.
pub(super) const MANY: Duration = Duration::from_millis(200);

/// Measures each subject with each of its jobs, for about `time` in total.
pub(super) fn measure(
    subjects: &[Box<dyn StoreSubject>],
    traffic: Vec<[Traffic; JOBS]>,
    time: Duration,
) -> Result<Results> {
    let mut results: Vec<_> = subjects
        .iter()
        .zip(traffic)
        .map(|(subject, traffic)| Measured::new(subject.as_ref(), traffic))
        .collect();
    let cells = subjects.iter().flat_map(|subject| Job::ALL.into_iter().filter(|&job| subject.has(job)));
    let cells = cells.count() as f64;
    let rounds = (time.as_secs_f64() / (cells * (ONE + MANY).as_secs_f64())).ceil().max(3.0) as usize;
    eprintln!("==> {rounds} rounds of {cells} measurements.");
    for _ in 0..rounds {
        for (subject, measured) in subjects.iter().zip(&mut results) {
            for (number, job) in Job::ALL.into_iter().enumerate().filter(|&(_, job)| subject.has(job)) {
                let mut requests = subject.run(job, 1, ONE).requests;
                requests.sort_unstable();
                measured.one[number].push(f64::from(requests[requests.len() / 2]) / 1000.0);
                let (own, servers) = machine::cpu()?;
                let many = subject.run(job, TASKS, MANY);
                let (own_after, servers_after) = machine::cpu()?;
                let count = many.requests.len() as f64;
                measured.many[number].push(count / many.took.as_secs_f64());
                measured.cpu[number].push((own_after - own) as f64 / 1000.0 / count);
                measured.server_cpu[number]
                    .push(servers_after.saturating_sub(servers) as f64 / 1000.0 / count);
            }
        }
    }
    Ok(Results { measured: results, rounds })
}

/// Measures the subject `name`, and prints throughput, latencies and CPU time. `only` selects a single job.
///
/// A job takes a sixth of `time` with sequential requests, and a sixth with concurrent ones.
pub(super) fn print(
    subjects: &[Box<dyn StoreSubject>],
    name: &str,
    only: Option<Job>,
    time: Duration,
) -> Result {
    let subject = subjects.iter().find(|subject| subject.name() == name);
    let subject = subject.ok_or("unknown name; docs/stores-benchmark.md lists the names")?;
    let jobs = Job::ALL.into_iter().filter(|&job| subject.has(job) && only.is_none_or(|only| only == job));
    for (job, tasks) in jobs.flat_map(|job| [(job, 1), (job, TASKS)]) {
        let (own, servers) = machine::cpu()?;
        let run = subject.run(job, tasks, time / 6);
        let (own_after, servers_after) = machine::cpu()?;
        let mut sorted = run.requests;
        sorted.sort_unstable();
        let per_second = sorted.len() as f64 / run.took.as_secs_f64();
        let percentile = |share: usize| f64::from(sorted[(sorted.len() - 1) * share / 100]) / 1000.0;
        let (p50, p99) = (percentile(50), percentile(99));
        println!(
            "{}, {tasks} at once: {per_second:.0} requests/s, {p50:.1} µs median, {p99:.1} µs p99",
            job.name()
        );
        let cpu = |nanoseconds: u64| nanoseconds as f64 / 1000.0 / sorted.len() as f64;
        let (own, servers) = (cpu(own_after - own), cpu(servers_after.saturating_sub(servers)));
        println!("  CPU time of a request: application {own:.1} µs, servers {servers:.1} µs");
    }
    Ok(())
}
