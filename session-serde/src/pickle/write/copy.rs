//! Copying the pickle of a session that has not changed.

use session_core::{Record, Timestamp};

use super::emit::{Emitter, FRAME_LENGTH};
use super::{begin_record, nodes_of};
use crate::pickle::graph::Graph;
use crate::pickle::kind::{Id, Kind};

/// Returns the pickle from which a record was read, with the record's present times. Returns `None` in these cases:
///
/// - The graph has no steps. The writer itself then reproduces what CPython wrote.
/// - The session has changed since the record was read.
/// - The pickle does not begin with the bytes that this library writes for the old times in `protocol`.
/// - The record has other times than those at the beginning, or the state refers to one of the times.
/// - The present times take more or fewer bytes than the old ones.
pub(super) fn of_unchanged(graph: &Graph, record: &Record, protocol: u8) -> Option<Vec<u8>> {
    graph.steps.as_ref()?;
    let Kind::Dict(items) = graph.kind(graph.state?) else { return None };
    if !record.state.entries().map(|entry| nodes_of(&entry)).eq(items.iter().copied().map(Some)) {
        return None;
    }
    let (Kind::Tuple(parts) | Kind::List(parts)) = graph.kind(graph.record?) else { return None };
    let &[accessed, created, _] = &parts[..] else { return None };
    if [accessed, created] != [Id(0), Id(1)] || graph.node(accessed).shared || graph.node(created).shared {
        return None;
    }
    let pickle = &graph.bytes[..graph.pickle_len];
    let old = head(graph.time(accessed).ok()?, graph.time(created).ok()?, protocol, pickle)?;
    let new = head(record.accessed, record.created, protocol, pickle)?;
    let rest = pickle.strip_prefix(&old[..])?;
    // With times of another length, the frame would have another length, too.
    (new.len() == old.len()).then(|| [&new, rest].concat())
}

/// Returns the beginning of the pickle of a record, up to and including the times. The header of the first frame gives
/// the length of the first frame of `pickle`.
fn head(accessed: Timestamp, created: Timestamp, protocol: u8, pickle: &[u8]) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    let mut emit = Emitter::new(protocol, &mut head);
    begin_record(&mut emit, accessed, created);
    if protocol >= 4 {
        head[FRAME_LENGTH].copy_from_slice(pickle.get(FRAME_LENGTH)?);
    }
    Some(head)
}
