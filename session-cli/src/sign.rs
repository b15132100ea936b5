//! The command `sign`: it reads JSON and prints the value of a cookie.

use std::fmt::Display;

use signed_session::parts::session_core::Record;
use signed_session::{Clock, State, SystemClock};

use crate::args::SignArgs;
use crate::factory::Times;
use crate::{Failure, keys, stdio};

pub(crate) fn run(args: &SignArgs) -> Result<(), Failure> {
    let secrets = keys::required(keys::secrets(&args.secret, None)?)?;
    let sessions = args.cookie.config().sessions(&secrets, &Times::unlimited())?;

    let input_error =
        |error: &dyn Display| Failure::data(format_args!("standard input: {error}; give one JSON object"));
    let text = String::from_utf8(stdio::read()?).map_err(|_| input_error(&"it is not UTF-8"))?;
    let state = State::from_json(text).map_err(|error| input_error(&error))?;
    // `from_json` does not check values completely, because Python writes some values that are not JSON, such as `NaN`.
    // But the input of `sign` must be valid JSON.
    for entry in state.entries() {
        entry.value_json().map_err(|error| input_error(&error))?;
    }
    let now = SystemClock.now();
    // An access is recorded in whole seconds.
    let record = Record::new(args.accessed.unwrap_or(now.trunc()), args.created.unwrap_or(now), state);

    let cookie = sessions.write_record(&record).map_err(Failure::data)?;
    stdio::write(&format!("{}\n", cookie.value()))
}
