//! The commands, one module each.

pub(crate) mod http;
pub(crate) mod limit;
pub(crate) mod peers;
pub(crate) mod scale;
pub(crate) mod stores;
