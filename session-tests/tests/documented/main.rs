//! What the documents of the repository show. The tests of other crates cannot read these, because a package holds only the
//! files of its folder.

mod format;
mod secrets;
mod sizes;
