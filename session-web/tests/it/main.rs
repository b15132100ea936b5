//! The session of a handler, on a factory that keeps it in memory.

mod clones;
mod flash;
mod memory;
