//! What needs no framework, on a factory that keeps sessions in memory.

mod clones;
mod csrf_policy;
mod flash;
mod memory;
