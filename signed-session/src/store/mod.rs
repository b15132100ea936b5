//! What revocable sessions and sessions in a store have in common.

pub(crate) mod bounds;
pub(crate) mod guard;
pub(crate) mod lazy_future;
pub(crate) mod new_row;
mod on_store_error;
pub(crate) mod options;
pub(crate) mod overtaken;
mod save_future;
pub(crate) mod superseded;

pub use on_store_error::OnStoreError;
pub use save_future::SaveStored;
