//! The measuring machine, and its target folder.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::sh::{Result, Sh};

/// Returns the machine and the date for a document.
pub(crate) fn when() -> Result<String> {
    Ok(format!("{}, {}", machine()?, today()?))
}

/// Returns the load average of the last minute.
pub(crate) fn load() -> Result<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").map_err(|error| format!("/proc/loadavg: {error}"))?;
    let load = text.split_whitespace().next().and_then(|load| load.parse().ok());
    load.ok_or_else(|| format!("/proc/loadavg: {text}"))
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
        std::fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let estimates: Value =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    estimates["median"]["point_estimate"].as_f64().ok_or_else(|| format!("{}: no median", path.display()))
}

/// Returns the number of cores, the processor and the compiler.
fn machine() -> Result<String> {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models: Vec<_> = cpus.lines().filter(|line| line.starts_with("model name")).collect();
    let model = models.first().and_then(|line| line.split_once(':'));
    let model = model.map_or("an unknown processor", |(_, model)| model.trim());
    let sha = if cpus.split_whitespace().any(|flag| flag == "sha_ni") { ", with SHA extensions" } else { "" };
    let rustc = Sh::new("rustc").args(["--version"]).read()?;
    let rustc = rustc.split(" (").next().unwrap_or_default().trim();
    Ok(format!("{} cores of {model}{sha}, {rustc}", models.len()))
}

/// Returns today's date, such as `2026-11-23`.
fn today() -> Result<String> {
    Ok(Sh::new("date").args(["-u", "+%F"]).read()?.trim().to_owned())
}
