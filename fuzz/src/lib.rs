//! What the fuzz targets share. Each target is a file in `fuzz_targets`, and says there what it expects.

pub mod document;
pub mod edit;
pub mod encrypted;
pub mod model;
pub mod payload;
pub mod python;
pub mod signed;
