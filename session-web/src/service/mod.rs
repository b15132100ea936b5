//! The services and futures of the layers, and the traits for their responses.
//!
//! Applications rarely name these items. They appear in the signatures of functions that return a service.

mod csrf;
mod csrf_future;
mod refusal;
mod response;
mod save_error;
mod session;
mod session_future;

pub use csrf::CsrfService;
pub use csrf_future::CsrfFuture;
pub use refusal::{PlainText, ResponseForRefusal};
pub(crate) use response::FrameworkResponse;
pub(crate) use save_error::retry_after_secs;
pub use save_error::{EmptyResponse, ResponseForSaveError};
pub use session::SessionService;
pub(crate) use session::log_hidden_session;
pub use session_future::SessionFuture;
