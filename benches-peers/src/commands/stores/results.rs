//! The results of all subjects, which are applications and bare clients.

use super::round_trips::Traffic;
use crate::applications::stores::{Engine, Kind, StoreSubject};
use crate::subject::{JOBS, Job};

pub(super) struct Results {
    pub(super) measured: Vec<Measured>,
    pub(super) rounds: usize,
}

/// The results of one subject.
pub(super) struct Measured {
    pub(super) name: &'static str,
    pub(super) engine: Engine,
    pub(super) kind: Kind,
    pub(super) traffic: [Traffic; JOBS],
    /// Median time of a sequential request in microseconds, by job and by round. A job that the subject lacks has no
    /// rounds.
    pub(super) one: [Vec<f64>; JOBS],
    /// Concurrent requests per second, by job and by round.
    pub(super) many: [Vec<f64>; JOBS],
    /// CPU time of the application per concurrent request in microseconds, by job and by round.
    pub(super) cpu: [Vec<f64>; JOBS],
    /// CPU time of the servers per concurrent request in microseconds, by job and by round.
    pub(super) server_cpu: [Vec<f64>; JOBS],
}

impl Measured {
    pub(super) fn new(subject: &dyn StoreSubject, traffic: [Traffic; JOBS]) -> Self {
        let (one, many, cpu, server_cpu) = Default::default();
        Self {
            name: subject.name(),
            engine: subject.engine(),
            kind: subject.kind(),
            traffic,
            one,
            many,
            cpu,
            server_cpu,
        }
    }
}

impl Results {
    /// Returns the results of our sessions in a store of this engine, in axum.
    pub(super) fn ours(&self, engine: Engine) -> &Measured {
        self.of(engine, Kind::Ours).next().expect("our sessions are measured on each engine")
    }

    /// Returns the results of the subjects of this kind on this engine.
    pub(super) fn of(&self, engine: Engine, kind: Kind) -> impl Iterator<Item = &Measured> {
        self.measured.iter().filter(move |measured| measured.engine == engine && measured.kind == kind)
    }

    /// Compares our applications with the peer that handles the most concurrent requests per second. For each of ours,
    /// returns its name, the ratio of its requests per second to those of the peer, and the name of the peer.
    pub(super) fn over_best_peer(
        &self,
        engine: Engine,
        job: Job,
    ) -> impl Iterator<Item = (&'static str, f64, &'static str)> {
        let job = job as usize;
        let peers = self.of(engine, Kind::Peer);
        let best = peers.max_by(|one, other| median(&one.many[job]).total_cmp(&median(&other.many[job])));
        let best = best.expect("a peer is measured on each engine");
        let compare = move |ours: &Measured| (ours.name, ratio(&ours.many[job], &best.many[job]), best.name);
        self.of(engine, Kind::Ours).map(compare)
    }

    /// Compares our sessions with each bare client. Returns how many microseconds longer a sequential request of ours
    /// takes, and the client's name.
    pub(super) fn over_bare(&self, engine: Engine, job: Job) -> impl Iterator<Item = (f64, &'static str)> {
        let ours = &self.ours(engine).one[job as usize];
        self.of(engine, Kind::Bare).map(move |bare| {
            let differences = ours.iter().zip(&bare.one[job as usize]).map(|(ours, bare)| ours - bare);
            (median(&differences.collect::<Vec<_>>()), bare.name)
        })
    }
}

pub(super) fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Returns the median of the ratios of all rounds. The load of other programs changes both values of a round, but
/// hardly the ratio between them.
pub(super) fn ratio(values: &[f64], to: &[f64]) -> f64 {
    median(&values.iter().zip(to).map(|(value, to)| value / to).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_is_the_middle_value() {
        assert_eq!(median(&[9.0, 1.0, 2.0]), 2.0);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn ratio_compares_values_of_same_round() {
        assert_eq!(ratio(&[2.0, 20.0, 200.0], &[1.0, 10.0, 400.0]), 2.0);
    }
}
