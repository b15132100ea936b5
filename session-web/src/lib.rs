//! Sessions and CSRF protection for axum, other tower services, and actix-web.
//!
//! [`SessionLayer`] gives each request a [`Session`] and sends its cookie. [`CsrfLayer`] refuses cross-site requests.
//! The layers and the extractors are the same types in every framework. The sessions come from a
//! [`CookieSessionFactory`], such as `SignedCookieSessionFactory` of
//! [`signed-session`](https://docs.rs/signed-session), which also re-exports the modules of this crate.
//!
//! # Features
//!
//! - `tower`: the layers for tower services.
//! - `axum`: the layers for tower services, and extractors for axum.
//! - `actix`: the layers as middleware of actix-web, and extractors.

#![cfg_attr(docsrs, feature(doc_cfg))]
// Without `axum` and `actix`, some of the shared code is unused.
#![cfg_attr(not(any(feature = "axum", feature = "actix")), allow(dead_code, unused_imports))]

#[cfg(any(feature = "tower", feature = "actix"))]
#[macro_use]
mod http_types;

#[cfg(feature = "actix")]
pub mod actix;
#[cfg(feature = "axum")]
pub mod axum;
#[cfg(any(feature = "tower", feature = "actix"))]
mod cache_control;
mod csrf;
mod error;
#[cfg(any(feature = "axum", feature = "actix"))]
mod extract;
mod factory;
mod flash;
#[cfg(any(feature = "tower", feature = "actix"))]
mod head;
#[cfg(any(feature = "tower", feature = "actix"))]
mod headers;
#[cfg(any(feature = "tower", feature = "actix"))]
mod layer;
#[cfg(any(feature = "tower", feature = "actix"))]
mod pending_session;
#[cfg(any(feature = "tower", feature = "actix"))]
mod request_session;
#[cfg(any(feature = "tower", feature = "actix"))]
pub mod service;
mod session;
mod session_copy;
mod shared_session;
mod slot;
#[cfg(feature = "tower")]
pub mod tower;
mod typed;

/// The items that the crate root and each framework's module export.
mod shared {
    pub use crate::csrf::{
        CSRF_FIELD, CSRF_HEADER, CsrfForm, CsrfPolicy, CsrfPolicyBuilder, CsrfPolicyError, CsrfToken,
    };
    pub use crate::error::SessionError;
    pub use crate::factory::CookieSessionFactory;
    pub use crate::flash::{FlashMessage, FlashMessages, Level};
    #[cfg(any(feature = "tower", feature = "actix"))]
    pub use crate::head::RequestHead;
    #[cfg(any(feature = "tower", feature = "actix"))]
    pub use crate::layer::{CsrfLayer, SessionLayer};
    pub use crate::session::Session;
    pub use crate::typed::TypedSession;
}

pub use shared::*;
