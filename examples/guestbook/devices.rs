//! The page with the user's sessions in the store, and the forms that end them.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use serde::Deserialize;
use signed_session::axum::Level;
use signed_session::parts::session_store::{Row, Store};
use signed_session::{
    Clock, DynStore, ManageSessions, SessionHandle, SessionInfo, StoreError, StoredSessionFactory,
    SystemClock, Timestamp,
};
use tokio::time::timeout;

use crate::error::AppError;
use crate::layout::{Frame, page};
use crate::state::App;
use crate::visit::Visit;
use crate::{pages, user_agent};

/// The extractor of the session factory, which lists and ends sessions.
type Sessions = Extension<StoredSessionFactory<DynStore>>;

/// The path of the page with the user's sessions.
const PAGE: &str = "/account/sessions";

/// Maximum time of a store call that a handler makes. The factory limits only the calls that it makes itself.
const STORE_TIMEOUT: Duration = Duration::from_secs(1);

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route(PAGE, get(list))
        .route("/account/sessions/end", post(end))
        .route("/account/sessions/end-others", post(end_others))
}

#[derive(Template)]
#[template(path = "devices.html")]
struct Devices {
    frame: Frame,
    sessions: Vec<Device>,
    now: Timestamp,
    /// The row of the current session in the store.
    row: Option<Row>,
    handle: String,
}

/// A session in the list.
struct Device {
    info: SessionInfo,
    is_this: bool,
}

impl Device {
    fn agent(&self) -> &str {
        self.info.label.as_deref().unwrap_or_default()
    }

    fn name(&self) -> String {
        user_agent::name(self.agent())
    }
}

impl Devices {
    /// Returns how many sessions the list has besides the current one.
    fn others(&self) -> usize {
        self.sessions.iter().filter(|session| !session.is_this).count()
    }

    /// Returns the text of the current session's record, as the store holds it.
    fn data(&self) -> String {
        let data = self.row.as_ref().map(|row| String::from_utf8_lossy(&row.data).into_owned());
        data.unwrap_or_default()
    }
}

/// `GET /account/sessions`
async fn list(visit: Visit, Extension(factory): Sessions) -> Result<Response, AppError> {
    let (Some(user), Some(this)) = (visit.user()?, visit.session.handle()) else {
        return sign_in_first(&visit);
    };
    let sessions = factory.sessions_of(&user).await?;
    let sessions = sessions.into_iter().map(|info| Device { is_this: info.handle == this, info }).collect();
    let row = limited(factory.store().load(&this)).await?.map(|(row, _)| row);
    let (frame, now) = (visit.frame()?, SystemClock.now());
    Ok(page(StatusCode::OK, &Devices { frame, sessions, now, row, handle: this.to_string() })?)
}

/// Awaits a store call that a handler makes. Limits its time and logs a failure, as the factory does for its own calls.
async fn limited<T>(call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let outcome = timeout(STORE_TIMEOUT, call).await;
    let outcome = outcome.unwrap_or_else(|_| Err(StoreError::timeout(STORE_TIMEOUT)));
    outcome.inspect_err(|error| tracing::error!(%error, "session store failed"))
}

#[derive(Deserialize)]
struct End {
    handle: SessionHandle,
}

/// `POST /account/sessions/end`
async fn end(
    visit: Visit,
    Extension(factory): Sessions,
    Form(form): Form<End>,
) -> Result<Response, AppError> {
    let (Some(user), Some(this)) = (visit.user()?, visit.session.handle()) else {
        return sign_in_first(&visit);
    };
    if form.handle == this {
        return Ok(pages::sign_out(visit).await?.into_response());
    }
    // The handle comes from the browser, so end the session only if it is one of the user's own.
    let sessions = factory.sessions_of(&user).await?;
    let own = sessions.into_iter().find(|session| session.handle == form.handle);
    let is_ended = match own {
        Some(session) => factory.end(&session.handle).await?,
        None => false,
    };
    match is_ended {
        true => visit.session.flash("The session has ended.", Level::Success)?,
        false => visit.session.flash("That session had ended already.", Level::Info)?,
    }
    Ok(Redirect::to(PAGE).into_response())
}

/// `POST /account/sessions/end-others`
async fn end_others(visit: Visit, Extension(factory): Sessions) -> Result<Response, AppError> {
    let Some(this) = visit.session.handle() else {
        return sign_in_first(&visit);
    };
    let ended = match factory.end_others(&this).await {
        Err(error) if error.is_no_owner() => return sign_in_first(&visit),
        ended => ended?,
    };
    let message = match ended {
        0 => "You were signed in nowhere else.".to_owned(),
        1 => "1 other session has ended.".to_owned(),
        ended => format!("{ended} other sessions have ended."),
    };
    visit.session.flash(message, Level::Success)?;
    Ok(Redirect::to(PAGE).into_response())
}

fn sign_in_first(visit: &Visit) -> Result<Response, AppError> {
    visit.session.flash_unless_queued("Sign in to see your sessions.", Level::Warning)?;
    Ok(Redirect::to("/account/sign-in").into_response())
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    /// Regression: the page read the row without a time limit, so a store that hangs kept the request waiting.
    #[tokio::test(start_paused = true)]
    async fn call_to_hanging_store_times_out() {
        let begin = tokio::time::Instant::now();
        assert!(limited(pending::<Result<(), _>>()).await.unwrap_err().is_unavailable());
        assert_eq!(begin.elapsed(), STORE_TIMEOUT);
        assert_eq!(limited(async { Ok(1) }).await, Ok(1));
    }
}
