//! JSON in, a cookie's value out.

use std::fmt::Display;

use signed_session::parts::session_core::Record;
use signed_session::{Clock, SaveError, Serializer, SignedSerializer, State, SystemClock};

use crate::args::{SignArgs, Timeout};
use crate::{Failure, stdio};

pub(crate) fn run(args: &SignArgs) -> Result<(), Failure> {
    let limit = args.envelope.limit(Timeout::NONE)?;
    let signed = SignedSerializer::new(args.keys()?, args.envelope.serializer);

    let no_object =
        |error: &dyn Display| Failure::data(format_args!("standard input: {error} (give one JSON object)"));
    let state = State::from_json(stdio::read()?).map_err(|error| no_object(&error))?;
    // Loading leaves the values unchecked, as Python may have written them. Here they are to be JSON.
    for entry in state.entries() {
        entry.value_json().map_err(|error| no_object(&error))?;
    }
    let now = SystemClock.now();
    // An access is recorded in whole seconds.
    let record = Record::new(args.accessed.unwrap_or(now.trunc()), args.created.unwrap_or(now), state);

    let mut value = Vec::new();
    signed
        .dumps_record(&record, &mut value)
        .map_err(|error| Failure::data(format_args!("the session cannot be serialized: {error}")))?;
    if value.len() > limit {
        let name = &args.envelope.cookie_name;
        return Err(Failure::data(SaveError::too_large(name, value.len(), limit, &record.state)));
    }
    value.push(b'\n');
    stdio::write(str::from_utf8(&value).map_err(Failure::data)?)
}
