//! The cost of adding many messages to a queue that was loaded from MessagePack or a pickle.

#![cfg(all(feature = "messagepack", feature = "pickle"))]

use allocation_counter::{AllocationInfo, measure};
use session_core::{Record, State, Timestamp};
use session_serde::{MessagePackSerializer, PickleSerializer, Serializer};

/// A session with a queue of one message and a large entry.
fn record() -> Record {
    let mut state = State::default();
    state.insert("_f_", ["first"]).unwrap();
    state.insert("large", vec!["x"; 500]).unwrap();
    Record::new(Timestamp::default(), Timestamp::default(), state)
}

fn reloaded(serializer: &impl Serializer, record: &Record) -> Record {
    let mut out = Vec::new();
    serializer.dumps_record(record, &mut out).unwrap();
    serializer.loads_record(out.into()).unwrap().record
}

/// Adds messages to the queue of a loaded session. Returns the allocations, and checks the saved queue. If `copies` is
/// true, copies the session before each message, as a typed session does.
fn added(serializer: &impl Serializer, count: u32, copies: bool) -> AllocationInfo {
    let mut record = reloaded(serializer, &record());
    let info = measure(|| {
        for number in 0..count {
            let mut state = if copies { record.state.clone() } else { std::mem::take(&mut record.state) };
            state.flash(&State::encode("", number).unwrap(), "", true).unwrap();
            record.state = state;
        }
    });
    let record = reloaded(serializer, &record);
    let numbers: Vec<_> = (0..count).map(|number| number.to_string()).collect();
    let expected = format!("[\"first\", {}]", numbers.join(", "));
    assert_eq!(record.state.get_json("_f_").unwrap(), Some(&*expected));
    info
}

const COUNT: u32 = 400;

/// Regression: each message copied all values of the session and kept another copy of the queue. So the memory for the
/// session grew with the square of the number of messages.
#[test]
fn adding_messages_to_loaded_queue_allocates_linear_space() {
    fn check(serializer: &impl Serializer, name: &str) {
        let total = |count| added(serializer, count, false).bytes_total;
        let (few, many) = (total(COUNT), total(2 * COUNT));
        assert!(many < 3 * few, "{name}: {few} bytes for {COUNT} messages, {many} for twice as many");

        let peak = |count| added(serializer, count, true).bytes_max;
        let (few, many) = (peak(COUNT), peak(2 * COUNT));
        assert!(many < 3 * few, "{name}, copied: {few} bytes for {COUNT} messages, {many} for twice as many");
    }

    check(&MessagePackSerializer, "MessagePack");
    check(&PickleSerializer::default(), "pickle");
}

/// If another request has changed the session, a save compares the loaded state with its own state to find its changes.
/// A list with one more message must count as changed, even if an earlier message was added to it in the same way.
#[test]
fn message_added_to_changed_queue_is_merged() {
    fn check(serializer: &impl Serializer) {
        let Record { state: mut before, .. } = reloaded(serializer, &record());
        before.flash(&State::encode("", "second").unwrap(), "", true).unwrap();
        let mut after = before.clone();
        after.flash(&State::encode("", "third").unwrap(), "", true).unwrap();
        let mut fresh = reloaded(serializer, &record()).state;
        fresh.apply_changes(&before, &after).unwrap();
        assert_eq!(fresh.get_json("_f_").unwrap(), Some(r#"["first", "third"]"#));
    }

    check(&MessagePackSerializer);
    check(&PickleSerializer::default());
}

/// If two entries share a list, a message that is added to one entry does not appear in the other.
#[test]
fn copy_of_queue_keeps_its_messages() {
    fn check(serializer: &impl Serializer) {
        let mut record = reloaded(serializer, &record());
        let flash = |state: &mut State, message: &str, queue: &str| {
            state.flash(&State::encode("", message).unwrap(), queue, true).unwrap();
        };
        let state = &mut record.state;
        flash(state, "second", "");
        flash(state, "third", "");
        state.insert_encoded("_f_q", state.get_encoded("_f_").unwrap()).unwrap();
        let (saved, copied) = (state.get_encoded("_f_").unwrap(), state.clone());
        flash(state, "a", "q");
        flash(state, "b", "");
        flash(state, "c", "q");
        flash(state, "d", "");
        let queues = [
            ("_f_", r#"["first", "second", "third", "b", "d"]"#),
            ("_f_q", r#"["first", "second", "third", "a", "c"]"#),
        ];
        for (key, expected) in queues {
            assert_eq!(record.state.get_json(key).unwrap(), Some(expected), "before saving");
        }
        let record = reloaded(serializer, &record);
        for (key, expected) in queues {
            assert_eq!(record.state.get_json(key).unwrap(), Some(expected), "after saving");
        }
        assert_eq!(saved.decode::<Vec<String>>("_f_").unwrap(), ["first", "second", "third"]);
        assert_eq!(copied.get::<Vec<String>>("_f_").unwrap().unwrap(), ["first", "second", "third"]);
    }

    check(&MessagePackSerializer);
    check(&PickleSerializer::default());
}
