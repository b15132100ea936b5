//! The layers, which implement tower's `Layer` and actix-web's `Transform`.

mod csrf;
mod session;

pub use csrf::CsrfLayer;
pub(crate) use session::OnRejection;
pub use session::SessionLayer;
