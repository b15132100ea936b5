//! Sessions in a store: the cookie holds a random id, and the store holds the session.

mod cookie_id;
mod data;
mod factory;
mod guard;
mod journal;
mod load;
mod load_future;
mod on_store_error;
mod options;
mod row;
mod save;
mod save_future;
mod session;
mod shared;

pub use factory::StoredSessionFactory;
pub use load_future::LoadStored;
pub use on_store_error::OnStoreError;
pub use options::Stored;
pub use save_future::SaveStored;
pub use session::StoredSession;
