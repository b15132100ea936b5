//! Checks what the documents of the repository show. The tests of other crates cannot read these documents, because a
//! package holds only the files of its own folder.

mod format;
mod secrets;
mod sizes;
