//! Standard input, output and error.

use std::ffi::OsStr;
use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::ops::ControlFlow;

use crate::{Failure, printable};

/// Maximum bytes of an input that [`read_limited`] accepts. A cookie has at most 4 KiB.
const MAX_INPUT: u64 = 1 << 20;

/// Removes the byte order mark that some editors and shells write at the start of a text.
pub(crate) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text)
}

/// Reads an input of at most 1 MiB to its end. Returns `None` if the input is longer, without reading the rest of it.
pub(crate) fn read_limited(input: impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    // One byte more than allowed, to detect input over the limit.
    input.take(MAX_INPUT + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= MAX_INPUT).then_some(bytes))
}

/// Reads standard input to its end, and removes its byte order mark. Cookies can have any bytes, so the input need not
/// be UTF-8.
pub(crate) fn read() -> Result<Vec<u8>, Failure> {
    let bytes = read_limited(io::stdin().lock())
        .map_err(|error| Failure::data(format_args!("cannot read standard input: {error}")))?
        .ok_or_else(|| Failure::data("standard input is over 1 MiB; a cookie has at most 4 KiB"))?;
    Ok(without_mark(&bytes).to_owned())
}

/// Returns the bytes of an argument without a byte order mark or, if there is no argument, reads standard input.
pub(crate) fn read_unless_given(argument: Option<&OsStr>) -> Result<Vec<u8>, Failure> {
    argument.map_or_else(read, |text| Ok(without_mark(text.as_encoded_bytes()).to_owned()))
}

/// Maximum bytes of a line that [`for_each_line`] reads, including the line break.
const MAX_LINE: u64 = 64 * 1024;

/// Calls `f` with the number and the bytes of each line of standard input, including its line break, until `f` returns
/// `Break` or an error. The first line has no byte order mark. If a line is too long, `f` gets an error instead of the
/// bytes. Returns `Break` if `f` did.
pub(crate) fn for_each_line(
    mut f: impl FnMut(usize, Result<&[u8], Failure>) -> Result<ControlFlow<()>, Failure>,
) -> Result<ControlFlow<()>, Failure> {
    let mut input = io::stdin().lock();
    let failure = |error| Failure::data(format_args!("cannot read standard input: {error}"));
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        let len = (&mut input).take(MAX_LINE).read_until(b'\n', &mut bytes).map_err(failure)?;
        if len == 0 {
            break;
        }
        let line = if len as u64 == MAX_LINE && bytes.last() != Some(&b'\n') {
            input.skip_until(b'\n').map_err(failure)?;
            Err(Failure::data("longer than any cookie"))
        } else {
            Ok(if number == 1 { without_mark(&bytes) } else { &bytes[..] })
        };
        if f(number, line)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Writes `text` to standard output, [escaped](printable::escape_lines). A closed pipe is not an error, because
/// commands such as `head` close it early.
pub(crate) fn write(text: &str) -> Result<(), Failure> {
    write_part(text).map(|_| ())
}

/// Writes `text` as [`write`] does. Returns `Break` if the pipe is closed, because more output is then useless.
pub(crate) fn write_part(text: &str) -> Result<ControlFlow<()>, Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(printable::escape_lines(text).as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(ControlFlow::Continue(())),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ControlFlow::Break(())),
        Err(error) => Err(Failure::data(format_args!("cannot write to standard output: {error}"))),
    }
}

/// Writes a message to standard error, [escaped](printable::escape_lines). A failure to write the
/// message is ignored, because it cannot be reported.
pub(crate) fn write_error(message: &str) {
    let _ = writeln!(io::stderr(), "signed-session: {}", printable::escape_lines(message.trim_end()));
}
