//! Refuses requests that another site makes a user's browser send.

mod layer;
mod refusal;
mod service;

pub use layer::CsrfLayer;
pub use refusal::{PlainText, ResponseForRefusal};
pub use service::CsrfService;
