//! Runs wrk and parses its output.

use crate::sh::{Result, Sh};

const PROGRAM: &str = "wrk";

/// Number of concurrent requests, each on its own keep-alive connection.
pub(crate) const CONNECTIONS: u32 = 16;

/// The results of one run.
#[derive(Debug, PartialEq)]
pub(crate) struct Round {
    pub(crate) per_second: f64,
    /// The median latency, in microseconds.
    pub(crate) p50: f64,
    /// The latency that one request in a hundred exceeds, in microseconds.
    pub(crate) p99: f64,
}

/// Returns an error if wrk is missing.
pub(crate) fn check() -> Result {
    // The exit status does not matter, because no option of wrk succeeds without a URL.
    match std::process::Command::new(PROGRAM).arg("--version").output() {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("cannot run wrk: {error}; install it, on Debian with the package wrk")),
    }
}

/// Sends requests for `url`, one after the other on each connection, for a second.
pub(crate) fn round(url: &str, cookie: Option<&str>) -> Result<Round> {
    let mut wrk = Sh::new(PROGRAM).args(["--threads", "1", "--duration", "1s", "--latency"]);
    wrk = wrk.args(["--connections", &CONNECTIONS.to_string()]);
    if let Some(cookie) = cookie {
        wrk = wrk.args(["--header", &format!("Cookie: {cookie}")]);
    }
    parse(&wrk.args([url]).read()?)
}

fn parse(output: &str) -> Result<Round> {
    let find = |label: &str| output.lines().find_map(|line| line.trim_start().strip_prefix(label));
    for failure in ["Socket errors:", "Non-2xx or 3xx responses:"] {
        if let Some(what) = find(failure) {
            return Err(format!("wrk: {failure}{what}"));
        }
    }
    let value = |label: &str, parse: fn(&str) -> Option<f64>| {
        let value = find(label).and_then(|text| parse(text.trim())).filter(|value| *value > 0.0);
        value.ok_or_else(|| format!("wrk printed no {label:?}:\n{output}"))
    };
    Ok(Round {
        per_second: value("Requests/sec:", |text| text.parse().ok())?,
        p50: value("50%", microseconds)?,
        p99: value("99%", microseconds)?,
    })
}

fn microseconds(text: &str) -> Option<f64> {
    let units = [("us", 1.0), ("ms", 1e3), ("s", 1e6)];
    let (number, unit) = units.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))?;
    Some(number.parse::<f64>().ok()? * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "Running 1s test @ http://127.0.0.1:8999/
  1 threads and 8 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     4.60ms    3.26ms  24.48ms   86.55%
    Req/Sec     1.35k   330.65     1.64k    90.00%
  Latency Distribution
     50%  625.00us
     75%    5.89ms
     90%    8.32ms
     99%   18.57ms
  1345 requests in 1.01s, 608.14KB read
Requests/sec:   1337.10
Transfer/sec:    604.57KB
";

    #[test]
    fn output_of_wrk_is_parsed() {
        let round = Round { per_second: 1337.1, p50: 625.0, p99: 18_570.0 };
        assert_eq!(parse(OUTPUT), Ok(round));
        let slow = OUTPUT.replace("18.57ms", " 1.25s ");
        assert_eq!(parse(&slow).map(|round| round.p99), Ok(1_250_000.0));
    }

    #[test]
    fn failed_requests_are_an_error() {
        for failure in
            ["Socket errors: connect 0, read 3, write 0, timeout 0", "Non-2xx or 3xx responses: 1345"]
        {
            let output = OUTPUT.replace("Requests/sec:", &format!("  {failure}\nRequests/sec:"));
            assert_eq!(parse(&output), Err(format!("wrk: {failure}")));
        }
    }

    #[test]
    fn missing_figure_is_an_error() {
        for (present, instead) in [
            ("Requests/sec:", "Requests:"),
            ("1337.10", "0.00"),
            ("50%  625.00us", "50%  625.00"),
            ("99%   18.57ms", "99%   -nan"),
        ] {
            let error = parse(&OUTPUT.replace(present, instead)).unwrap_err();
            assert!(error.starts_with("wrk printed no "), "{error}");
        }
    }
}
