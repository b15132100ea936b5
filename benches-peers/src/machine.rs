//! The machine that runs the benchmarks, and the target folder with criterion's results.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::time::{ClockId, clock_gettime};
use serde_json::Value;

use crate::sh::{Result, Sh};

/// Returns a description of the machine, and today's date, for a document with results.
pub(crate) fn when() -> Result<String> {
    Ok(format!("{}, {}", machine()?, today()?))
}

/// Returns the load average of the last minute.
pub(crate) fn load() -> Result<f64> {
    let text = fs::read_to_string("/proc/loadavg").map_err(|error| format!("/proc/loadavg: {error}"))?;
    let load = text.split_whitespace().next().and_then(|load| load.parse().ok());
    load.ok_or_else(|| format!("/proc/loadavg: {text}"))
}

/// Returns two CPU times in nanoseconds: of this process, and of all its running descendants.
///
/// The load of other programs makes a measurement last longer, but hardly changes these CPU times.
pub(crate) fn cpu() -> Result<(u64, u64)> {
    let mut children = 0;
    let mut processes = children_of(std::process::id())?;
    while let Some(process) = processes.pop() {
        // A process may have ended since it was listed.
        children += cpu_of(process).unwrap_or(0);
        processes.extend(children_of(process).unwrap_or_default());
    }
    // This clock includes threads that have ended.
    let own = clock_gettime(ClockId::ProcessCPUTime);
    Ok((own.tv_sec as u64 * 1_000_000_000 + own.tv_nsec as u64, children))
}

/// Returns the CPU time of the threads that a process has now, in nanoseconds. The time of ended threads is missing,
/// because the system states it only in hundredths of a second.
fn cpu_of(process: u32) -> Result<u64> {
    let of_thread = |times: String| times.split_whitespace().next().and_then(|time| time.parse::<u64>().ok());
    Ok(read_of_threads(process, "schedstat")?.into_iter().filter_map(of_thread).sum())
}

fn children_of(process: u32) -> Result<Vec<u32>> {
    let children = read_of_threads(process, "children")?;
    let children = children.iter().flat_map(|children| children.split_whitespace());
    Ok(children.filter_map(|child| child.parse().ok()).collect())
}

/// Reads a file of each thread of a process.
fn read_of_threads(process: u32, file: &str) -> Result<Vec<String>> {
    let folder = format!("/proc/{process}/task");
    let threads = fs::read_dir(&folder).map_err(|error| format!("{folder}: {error}"))?;
    let files = threads.flatten().filter_map(|thread| fs::read_to_string(thread.path().join(file)).ok());
    Ok(files.collect())
}

/// Returns the target folder of the main workspace.
pub(crate) fn target() -> Result<PathBuf> {
    let metadata = Sh::cargo().args(["metadata", "--no-deps", "--format-version", "1"]).read()?;
    let metadata: Value =
        serde_json::from_str(&metadata).map_err(|error| format!("cargo metadata: {error}"))?;
    metadata["target_directory"]
        .as_str()
        .map(PathBuf::from)
        .ok_or_else(|| "cargo metadata: no `target_directory`".to_owned())
}

/// Returns the median that criterion measured, in nanoseconds.
pub(crate) fn median(folder: &Path) -> Result<f64> {
    let path = folder.join("new/estimates.json");
    let text =
        fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let estimates: Value =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    estimates["median"]["point_estimate"].as_f64().ok_or_else(|| format!("{}: no median", path.display()))
}

/// Returns the number of cores, the processor, the kernel, the C library and the compiler.
fn machine() -> Result<String> {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models: Vec<_> = cpus.lines().filter(|line| line.starts_with("model name")).collect();
    let model = models.first().and_then(|line| line.split_once(':'));
    let model = model.map_or("an unknown processor", |(_, model)| model.trim());
    let sha = if cpus.split_whitespace().any(|flag| flag == "sha_ni") { ", with SHA extensions" } else { "" };
    let rustc = Sh::new("rustc").args(["--version"]).read()?;
    let rustc = rustc.split(" (").next().unwrap_or_default().trim();
    Ok(format!("{} cores of {model}{sha}, {}, {}, {rustc}", models.len(), kernel(), libc()))
}

/// Returns the version of the kernel, such as `Linux 6.12`.
fn kernel() -> String {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    match release.split('.').collect::<Vec<_>>()[..] {
        [major, minor, ..] => format!("Linux {major}.{minor}"),
        _ => "an unknown kernel".to_owned(),
    }
}

/// Returns the version of the C library that this process has loaded, such as `glibc 2.41`.
///
/// The process may run with another C library than the system's, see `Command::Peers`. So this function reads the file
/// that is loaded.
fn libc() -> String {
    const BEFORE: &[u8] = b"release version ";
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let path = maps
        .lines()
        .find_map(|line| line.split_whitespace().nth(5).filter(|path| path.ends_with("/libc.so.6")));
    let file = path.and_then(|path| fs::read(path).ok()).unwrap_or_default();
    let at = file.windows(BEFORE.len()).position(|window| window == BEFORE);
    let version = at.map_or(&[][..], |at| &file[at + BEFORE.len()..]);
    let version: Vec<&str> = version
        .split(|byte| !byte.is_ascii_digit())
        .take(2)
        .map_while(|part| str::from_utf8(part).ok())
        .collect();
    match version[..] {
        [major, minor] => format!("glibc {major}.{minor}"),
        _ => "an unknown C library".to_owned(),
    }
}

/// Returns today's date, such as `2026-11-23`.
fn today() -> Result<String> {
    Ok(Sh::new("date").args(["-u", "+%F"]).read()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_env = "gnu")]
    #[test]
    fn libc_has_version() {
        let version = libc();
        let numbers = version.strip_prefix("glibc ").and_then(|version| version.split_once('.'));
        assert!(
            numbers.is_some_and(|(major, minor)| major == "2" && minor.parse::<u32>().is_ok()),
            "{version}"
        );
    }

    #[test]
    fn cpu_time_includes_ended_threads() {
        const WORK: i64 = 10_000_000;
        let (before, _) = cpu().unwrap();
        let thread = std::thread::spawn(|| while clock_gettime(ClockId::ThreadCPUTime).tv_nsec < WORK {});
        thread.join().unwrap();
        let (after, _) = cpu().unwrap();
        assert!(after - before >= WORK as u64, "{} ns, expected at least {WORK}", after - before);
    }
}
