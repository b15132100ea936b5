//! Refuses requests that another site makes a user's browser send.

mod layer;
mod service;

pub use layer::CsrfLayer;
pub use service::CsrfService;
