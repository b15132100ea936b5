//! Tests of states, records and sessions, one topic per file.

mod flash;
mod formats;
mod handle;
mod in_memory;
mod lifetime;
mod merge;
mod opaque;
mod pointers;
mod python;
mod reasons;
mod record;
mod session;
mod state;
mod time;
mod toy;
mod typed_nan;
mod typed_nested;
mod typed_spelling;
mod typed_versions;
mod typed_write_only;
