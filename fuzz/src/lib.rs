//! Shared code of the fuzz targets. Each target is a file in `fuzz_targets` that documents its expectations.

pub mod document;
pub mod edit;
pub mod encrypted;
pub mod load;
pub mod model;
pub mod payload;
pub mod python;
pub mod signed;
