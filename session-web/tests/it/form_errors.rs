//! Forms that do not fit the handler's type, or that cannot be read: neither errors nor log lines show what was
//! submitted.

use std::error::Error;
use std::future::ready;
use std::sync::{Arc, Mutex};

use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, web};
use axum::body::Body;
use axum::extract::FromRequest;
use http::header::CONTENT_TYPE;
use http::{Request, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use session_web::{CsrfForm, SessionError, SessionLayer};
use tower::{Layer, service_fn};

use crate::actix::{TOKEN, prepare};
use crate::log::Log;
use crate::memory::{Factory, Full, block_on, send, session_of};

/// A text that neither an error nor the log may show. The forms have it as a value or as the name of a field.
const SECRET: &str = "hunter2";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only deserialized")]
struct SignIn {
    user: Option<String>,
    password: u32,
    role: Option<Role>,
}

#[derive(Debug, Deserialize)]
enum Role {
    Guest,
}

/// A password type that never deserializes. Its error quotes the password.
#[derive(Debug)]
struct Strong;

impl<'de> Deserialize<'de> for Strong {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Err(serde::de::Error::custom(format!("{text} is too weak")))
    }
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only deserialized")]
struct SignUp {
    password: Strong,
}

/// Submits a form with a valid token. Returns the errors of the `CsrfForm` extractors of axum and actix-web.
fn errors<T: DeserializeOwned + 'static>(form: &str) -> [SessionError; 2] {
    let form = format!("csrf_token={TOKEN}&{form}");
    [axum_error::<T>(form.clone()), actix_error::<T>(form)]
}

const FORM: &str = "application/x-www-form-urlencoded";

fn axum_error<T: DeserializeOwned + 'static>(form: String) -> SessionError {
    let mut refused = None;
    let handler = service_fn(|request: Request<Body>| {
        session_of(&request).insert("_csrft_", TOKEN).unwrap();
        let form = block_on(<CsrfForm<T> as FromRequest<()>>::from_request(request, &()));
        refused = form.map(drop).err();
        ready(Ok::<_, Full>(Response::new(String::new())))
    });
    let request = Request::post("/").header("host", "shop.test").header(CONTENT_TYPE, FORM);
    send(SessionLayer::new(Factory::default()).layer(handler), request.body(Body::from(form)).unwrap());
    refused.expect("the form is refused")
}

fn actix_error<T: DeserializeOwned + 'static>(form: String) -> SessionError {
    let refused = Arc::new(Mutex::new(None));
    let handler = {
        let refused = Arc::clone(&refused);
        move |form: Result<CsrfForm<T>, SessionError>| {
            *refused.lock().unwrap() = form.map(drop).err();
            ready(String::new())
        }
    };
    actix_web::rt::System::new().block_on(async move {
        let app = App::new().route("/", web::post().to(handler)).wrap(from_fn(prepare));
        let app = init_service(app.wrap(SessionLayer::new(Factory::default()))).await;
        let request = TestRequest::post().insert_header(("host", "shop.test"));
        let request = request.insert_header(("content-type", FORM)).set_payload(form);
        call_service(&app, request.to_request()).await;
    });
    refused.lock().unwrap().take().expect("the form is refused")
}

/// Returns every text of an error: its `Display`, `Debug` and `message`, and the texts of its sources.
fn shown(error: &SessionError) -> String {
    let mut shown = format!("{error} {error:?} {}", error.message());
    let mut source = error.source();
    while let Some(error) = source {
        shown += &format!(" {error} {error:?}");
        source = error.source();
    }
    shown
}

/// Returns the log lines about forms that do not fit the handler's type.
fn form_lines(log: &Log) -> Vec<String> {
    let lines = log.lines().into_iter();
    lines.filter(|line| line.contains("form does not fit the handler's type")).collect()
}

/// Regression: at the debug level, the log showed the values that serde's errors quote.
#[test]
fn submitted_values_are_not_shown() {
    let log = Log::default();
    let guard = log.collect_all();
    let mut errors: Vec<SessionError> = [
        "password=hunter2",
        "password=1&hunter2=1",
        "password=1&role=hunter2",
        "password=1&user=hunter2&user=hunter2",
        "password=hunter2&password=hunter2",
        "user=hunter2",
        "password=%FFhunter2",
    ]
    .into_iter()
    .flat_map(errors::<SignIn>)
    .collect();
    errors.extend(self::errors::<SignUp>("password=hunter2"));
    errors.extend(self::errors::<u32>("hunter2=hunter2"));
    drop(guard);

    for error in &errors {
        assert!(error.status() == 422 && error.is_form(), "{error}");
        assert!(!shown(error).contains(SECRET), "{}", shown(error));
    }
    assert_eq!(form_lines(&log).len(), errors.len());
    assert!(log.lines().iter().all(|line| !line.contains(SECRET)), "{:?}", log.lines());
}

#[test]
fn missing_field_and_handler_type_are_logged() {
    let log = Log::default();
    let guard = log.collect_all();
    let _ = errors::<SignIn>("user=zoe");
    drop(guard);
    let lines = form_lines(&log);
    assert_eq!(lines.len(), 2);
    for line in lines {
        assert!(line.contains("there is no `password`") && line.contains("form_errors::SignIn"), "{line}");
    }
}

/// Regression: the log did not say why a form was not read.
#[test]
fn form_over_limit_of_framework_is_logged() {
    let log = Log::default();
    let guard = log.collect_all();
    let errors = errors::<SignIn>(&format!("user={}", SECRET.repeat(1 << 20)));
    drop(guard);
    assert_eq!(errors.map(|error| (error.status(), error.is_form())), [(413, false); 2]);
    let lines = log.lines();
    let lines: Vec<_> = lines.iter().filter(|line| line.contains("form not read")).collect();
    assert_eq!(lines.len(), 2);
    for line in lines {
        assert!(
            line.contains("DEBUG")
                && line.contains("longer than the framework's limit")
                && !line.contains(SECRET),
            "{line}"
        );
    }
}
