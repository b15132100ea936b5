//! Reads and writes a whole state as one value of the user's type.

mod read;
mod write;

pub(crate) use read::read;
pub(crate) use write::written;
