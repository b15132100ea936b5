//! Revocable sessions: they live in cookies, and the server can end them. A store knows which ones are still valid.

mod answers;
mod factory;
mod load_future;
mod manage;
mod options;
mod registration;
mod registry;
mod session;

pub use factory::RevocableCookieSessionFactory;
pub use load_future::LoadRevocable;
pub use options::Revocable;
pub(crate) use registration::handle_in;
pub use session::RevocableSession;
