//! An observer that records its calls as text.

use std::sync::{Arc, Mutex};

#[cfg(feature = "store")]
use signed_session::StoreError;
use signed_session::{Load, Observer, Save};

/// An observer that records its calls as text. Clones share the texts.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<String>>>);

impl Recorder {
    /// Returns the texts that were recorded since the last call of this method.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    fn push(&self, record: String) {
        self.0.lock().unwrap().push(record);
    }
}

impl Observer for Recorder {
    fn loaded(&self, load: &Load<'_>) {
        let outcome = load.rejection().map_or("accepted", |rejection| rejection.kind());
        let key = load.key().map_or("none".into(), |key| key.to_string());
        self.push(format!("{outcome} {key} {}", load.bytes()));
    }

    fn saved(&self, save: &Save) {
        self.push(format!("saved {}", save.bytes()));
    }

    #[cfg(feature = "store")]
    fn store_failed(&self, error: &StoreError) {
        self.push(format!("failed: {error}"));
    }
}
