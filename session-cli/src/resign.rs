//! The command `resign`: it reads cookies in one configuration, and writes them in another.

use std::ops::ControlFlow;

use crate::args::ResignArgs;
use crate::config_file::ConfigFile;
use crate::cookie_line::{cookies, is_value};
use crate::factory::Sessions;
use crate::{Failure, stdio};

/// Rewrites the cookie of each line, and prints the new cookie, until the input ends or the output is a closed pipe.
/// Returns `false` if a line failed, or if a new cookie could not be written to the pipe.
pub(crate) fn run(args: &ResignArgs) -> Result<bool, Failure> {
    let (from, to) = (ConfigFile::read(&args.from)?, ConfigFile::read(&args.to)?);
    let sessions = |config: &ConfigFile, path: &std::path::Path| {
        config.sessions().map_err(|failure| failure.at(path.display()))
    };
    let resigner = Resigner {
        reader: sessions(&from, &args.from)?,
        name: from.cookie_name(),
        writer: sessions(&to, &args.to)?,
    };
    let (mut total, mut failed) = (0, 0);
    let flow = stdio::for_each_line(|number, line| {
        if matches!(line, Ok(line) if line.trim_ascii().is_empty()) {
            return Ok(ControlFlow::Continue(()));
        }
        total += 1;
        match line.and_then(|line| resigner.resign(line)) {
            Ok(cookie) => stdio::write_part(&format!("{cookie}\n")),
            Err(failure) => {
                failed += 1;
                failure.at(format_args!("line {number}")).report();
                Ok(ControlFlow::Continue(()))
            }
        }
    })?;
    if failed > 0 {
        stdio::write_error(&format!("no cookie is written for {failed} of {total} lines"));
    }
    Ok(failed == 0 && flow.is_continue())
}

/// The factories of the two configurations.
struct Resigner<'a> {
    reader: Box<dyn Sessions>,
    /// The name of the cookies that `reader` reads.
    name: &'a str,
    writer: Box<dyn Sessions>,
}

impl Resigner<'_> {
    /// Returns the new cookie for a line: only the value if the line is only a value, or else `name=value`.
    fn resign(&self, line: &[u8]) -> Result<String, Failure> {
        let inspection = self.reader.inspect(cookies(line, self.name));
        let Some(cookie) = inspection.deciding() else {
            return Err(Failure::data(format_args!("no cookie called {:?}", self.name)));
        };
        if let Some(rejection) = cookie.rejection() {
            return Err(Failure::data(rejection));
        }
        let Some(record) = cookie.record() else {
            return Err(Failure::data("the cookie has no session"));
        };
        let cookie = self.writer.write_record(record).map_err(Failure::data)?;
        let is_bare = is_value(line.trim_ascii(), self.name);
        Ok(if is_bare { cookie.value().to_owned() } else { format!("{}={}", cookie.name(), cookie.value()) })
    }
}
