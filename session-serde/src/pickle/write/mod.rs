//! Writing pickles as CPython does, byte for byte, so that a session has the same size in Rust and in Python.

use session_core::{EntryPart, EntryRef, Record, Timestamp};

use super::graph::Graph;
use super::kind::Id;
use crate::error::DumpError;
use calls::Arguments;
use emit::Emitter;
use fill::{DICT, Part};
use nodes::Writer;
use replay::Replay;

mod calls;
mod copy;
mod emit;
mod fill;
mod memo;
mod nodes;
mod plain;
mod replay;
mod values;

pub(super) use emit::decimal;

/// Appends the pickle of the value that a JSON text describes.
pub(super) fn from_json(json: &str, protocol: u8, out: &mut Vec<u8>) -> Result<(), DumpError> {
    let mut emit = Emitter::new(protocol, out);
    plain::value(json, &mut emit)?;
    emit.finish();
    Ok(())
}

/// Appends the pickle of a record: a tuple of three items, as in Pyramid.
pub(super) fn from_record(record: &Record, protocol: u8, out: &mut Vec<u8>) -> Result<(), DumpError> {
    let start = out.len();
    write_record(record, protocol, Arguments::New, out).or_else(|_| {
        out.truncate(start);
        write_record(record, protocol, Arguments::Same, out)
    })
}

fn write_record(
    record: &Record,
    protocol: u8,
    arguments: Arguments,
    out: &mut Vec<u8>,
) -> Result<(), DumpError> {
    let graph = record.state.foreign::<Graph>();
    if let Some(copy) = graph.and_then(|graph| copy::of_unchanged(graph, record, protocol)) {
        out.extend(copy);
        return Ok(());
    }
    let replay = graph.and_then(|graph| Replay::new(graph, &record.state));
    let empty = Graph::default();
    let written = replay.as_ref().map(|replay| &replay.created).or(graph);
    let mut writer = Writer::new(written.unwrap_or(&empty), arguments, Emitter::new(protocol, out));
    begin_record(&mut writer.emit, record.accessed, record.created);
    writer.emit.boundary();
    writer.emit.empty_dict();
    writer.memoize_part(graph.and_then(|graph| graph.state));

    match &replay {
        None => write_entries(record.state.entries(), graph.is_some(), &mut writer)?,
        Some(replay) => {
            let done = replay.write(&mut writer)?;
            let rest = record
                .state
                .entries()
                .filter(|entry| nodes_of(entry).is_none_or(|nodes| !done.contains(&nodes)));
            write_entries(rest.collect::<Vec<_>>().into_iter(), true, &mut writer)?;
        }
    }
    writer.emit.end_tuple(3);
    writer.memoize_part(graph.and_then(|graph| graph.record));
    writer.emit.finish();
    Ok(())
}

/// Begins the tuple of a record, and appends the times.
fn begin_record(emit: &mut Emitter<'_>, accessed: Timestamp, created: Timestamp) {
    emit.begin_tuple(3);
    // As in Pyramid, the time of access is an integer, unless it has a fraction of a second.
    match accessed.as_whole_secs() {
        Some(secs) => emit.int(secs),
        None => emit.float(accessed.as_secs()),
    }
    emit.float(created.as_secs());
}

/// Returns the nodes of an entry's key and value, if both are in the graph.
fn nodes_of(entry: &EntryRef<'_>) -> Option<(Id, Id)> {
    node_of(&entry.key()).zip(node_of(&entry.value()))
}

fn node_of(part: &EntryPart<'_>) -> Option<Id> {
    if let EntryPart::Foreign(id) = part { Some(Id(*id)) } else { None }
}

/// Returns whether the writer reproduces the bytes from which the graph was read.
pub(super) fn round_trips(graph: &Graph, root: Id) -> bool {
    // A pickle below protocol 2 does not declare its protocol.
    let protocols = if graph.protocol < 2 { 0..=1 } else { graph.protocol..=graph.protocol };
    let mut forms = protocols.flat_map(|protocol| [(protocol, Arguments::New), (protocol, Arguments::Same)]);
    forms.any(|(protocol, arguments)| {
        let mut out = Vec::with_capacity(graph.pickle_len);
        let mut writer = Writer::new(graph, arguments, Emitter::new(protocol, &mut out));
        let is_written = writer.node(root).is_ok();
        writer.emit.finish();
        is_written && out == graph.bytes[..graph.pickle_len]
    })
}

fn write_entries<'e>(
    entries: impl ExactSizeIterator<Item = EntryRef<'e>>,
    is_ours: bool,
    writer: &mut Writer<'_, '_>,
) -> Result<(), DumpError> {
    for part in DICT.parts(writer.emit.protocol(), entries) {
        match part {
            Part::Op(opcode) => writer.emit.op(opcode),
            Part::Value(entry) => write_entry(&entry, is_ours, writer)?,
        }
    }
    Ok(())
}

fn write_entry(entry: &EntryRef<'_>, is_ours: bool, writer: &mut Writer<'_, '_>) -> Result<(), DumpError> {
    let named = |error: DumpError| error.of_entry(entry.name());
    match entry.key() {
        EntryPart::Foreign(key) if is_ours => writer.node(Id(key)).map_err(named)?,
        EntryPart::Json(key) => writer.plain(|emit| plain::string(key, emit)).map_err(named)?,
        _ => {
            let key = foreign(entry)?.0;
            writer.plain(|emit| plain::string(key, emit)).map_err(named)?;
        }
    }
    match entry.value() {
        EntryPart::Foreign(value) if is_ours => writer.node(Id(value)).map_err(named),
        EntryPart::Json(value) => writer.plain(|emit| plain::value(value, emit)).map_err(named),
        _ => {
            let value = foreign(entry)?.1;
            writer.plain(|emit| plain::value(value, emit)).map_err(named)
        }
    }
}

/// Returns the JSON texts of the key and the value of an entry that another serializer loaded.
fn foreign<'s>(entry: &EntryRef<'s>) -> Result<(&'s str, &'s str), DumpError> {
    entry.json().map_err(DumpError::caused_by)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pickle::read;

    /// Regression: tasks that wait had no limit. In each of thousands of nested calls, all elements of a list waited.
    /// For a pickle of 3 KB, they took 650 MB.
    #[test]
    fn waiting_tasks_count_towards_limit() {
        // s = set(); s.add(R([s, None, None, ...]))
        let elements = b"N".repeat(900);
        let start = b"\x8f\x94(\x8c\x03app\x94\x8c\x01R\x94\x93\x94]\x94(h\0";
        let body = [&start[..], &elements, b"e\x85\x94R\x94\x90."].concat();
        let pickle = [b"\x80\x04\x95", &(body.len() as u64).to_le_bytes()[..], &body].concat();
        let (graph, root) = read::read(pickle).expect("the pickle is read");
        assert!(graph.steps.is_none());
        let mut out = Vec::new();
        let mut writer = Writer::new(&graph, Arguments::New, Emitter::new(2, &mut out));
        assert!(writer.node(root).is_err());
        assert!(writer.tasks.len() < 130_000, "{} tasks", writer.tasks.len());
    }
}
