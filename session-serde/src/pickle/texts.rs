//! The JSON texts of the values of a pickle.

use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;

/// The JSON text that a value is read as.
#[derive(Clone)]
pub(super) struct Text {
    /// The text, or a description of the part that has no JSON text.
    pub(super) json: Result<Box<str>, Box<str>>,
    /// Whether another serializer may write the text in place of the value.
    pub(super) is_exact: bool,
    /// The number of bytes that were written to create the text, even if that failed in the end.
    pub(super) written: usize,
}

/// A cache of the JSON texts of a graph's nodes. A copy of the graph starts with an empty cache.
#[derive(Default)]
pub(super) struct Texts {
    pub(super) of_nodes: OnceLock<Box<[OnceLock<Text>]>>,
    /// The number of bytes that were written to create all cached texts.
    pub(super) total: AtomicUsize,
}

impl Clone for Texts {
    fn clone(&self) -> Self {
        Self::default()
    }
}
