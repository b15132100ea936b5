//! Sessions in a store: the cookie holds a random id, and the store holds the session.

mod cookie_id;
mod data;
mod factory;
mod journal;
mod load;
mod load_future;
mod manage;
mod options;
mod row;
mod save;
mod session;
mod shared;

pub use factory::StoredSessionFactory;
pub use load_future::LoadStored;
pub use options::Stored;
pub use session::StoredSession;
