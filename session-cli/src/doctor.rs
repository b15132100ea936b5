//! The command `doctor`: it says what is weak in a `Set-Cookie` line, in the secrets and in the timeouts.

use std::fmt;

use signed_session::{Clock, SystemClock};

use crate::args::DoctorArgs;
use crate::{Failure, keys, stdio};
use set_cookie::SetCookieLine;

mod attributes;
mod date;
mod expiry;
mod set_cookie;
mod times;
mod value;

/// Prints the remarks, and returns whether none is a weakness.
pub(crate) fn run(args: &DoctorArgs) -> Result<bool, Failure> {
    let secrets = keys::read(&args.reader.secret, Some(&args.reader.retired))?;
    let text = stdio::read_unless_given(args.text.as_deref())?;
    let line = SetCookieLine::find(&text, &args.reader.cookie)?;

    let mut remarks = attributes::remarks(&line);
    remarks.extend(expiry::remark(&line, args.now.unwrap_or_else(|| SystemClock.now())));
    remarks.extend(secrets.iter().filter_map(value::weak_secret));
    remarks.extend(value::remarks(&line, &args.reader.cookie, secrets)?);
    remarks.extend(times::remarks(args.timeout, args.lifetime));

    let is_fine = !remarks.iter().any(|remark| remark.is_weakness);
    // The weaknesses come first. The sort is stable.
    remarks.sort_by_key(|remark| !remark.is_weakness);
    let mut out: String = remarks.iter().map(|remark| format!("{remark}\n")).collect();
    if is_fine {
        out.push_str(&format!("fine: no weakness in the cookie {:?}\n", line.name));
    }
    stdio::write(&out)?;
    Ok(is_fine)
}

/// One line of the output.
struct Remark {
    is_weakness: bool,
    what: String,
    why: &'static str,
    to_do: String,
}

impl Remark {
    fn weakness(what: impl Into<String>, why: &'static str, to_do: impl Into<String>) -> Self {
        Self { is_weakness: true, what: what.into(), why, to_do: to_do.into() }
    }

    fn note(what: impl Into<String>, why: &'static str, to_do: impl Into<String>) -> Self {
        Self { is_weakness: false, ..Self::weakness(what, why, to_do) }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { is_weakness, what, why, to_do } = self;
        let level = if *is_weakness { "weak" } else { "note" };
        // A remark quotes attributes. A line break in one of them would start a new line of the output.
        let line = crate::printable::escape(&format!("{what}: {why}; {to_do}"));
        write!(f, "{level}: {line}")
    }
}
