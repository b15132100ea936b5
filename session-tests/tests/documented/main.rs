//! Checks what the documents of the repository show. The tests of the other crates cannot read these documents: those
//! tests are published, and a published package holds only the files of its crate's folder. The tests of this crate are
//! not published.

mod dependencies;
mod format;
mod secrets;
mod sizes;
