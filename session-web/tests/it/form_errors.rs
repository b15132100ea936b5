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
use http::{Request, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use session_web::{CSRF_HEADER, CsrfForm, SessionError, SessionLayer};
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
    results::<T>("POST", &[CONTENT_TYPE_OF_FORM], form).map(|result| result.expect_err("the form is refused"))
}

const CONTENT_TYPE_OF_FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Sends a request. Returns the results of the `CsrfForm` extractors of axum and actix-web.
fn results<T: DeserializeOwned + 'static>(
    method: &str,
    headers: &[(&'static str, &'static str)],
    body: String,
) -> [Result<(), SessionError>; 2] {
    let mut request = Request::builder().method(method).header("host", "shop.test");
    let mut actix =
        TestRequest::default().method(method.parse().unwrap()).insert_header(("host", "shop.test"));
    for &header in headers {
        request = request.header(header.0, header.1);
        actix = actix.insert_header(header);
    }
    let actix = actix.set_payload(body.clone());
    [in_axum::<T>(request.body(body.into()).unwrap()), in_actix::<T>(actix)]
}

fn in_axum<T: DeserializeOwned + 'static>(request: Request<Body>) -> Result<(), SessionError> {
    let mut result = None;
    let handler = service_fn(|request: Request<Body>| {
        session_of(&request).insert("_csrft_", TOKEN).unwrap();
        let form = block_on(<CsrfForm<T> as FromRequest<()>>::from_request(request, &()));
        result = Some(form.map(drop));
        ready(Ok::<_, Full>(Response::new(String::new())))
    });
    send(SessionLayer::new(Factory::default()).layer(handler), request);
    result.expect("the handler is called")
}

fn in_actix<T: DeserializeOwned + 'static>(request: TestRequest) -> Result<(), SessionError> {
    let result = Arc::new(Mutex::new(None));
    let handler = {
        let result = Arc::clone(&result);
        move |form: Result<CsrfForm<T>, SessionError>| {
            *result.lock().unwrap() = Some(form.map(drop));
            ready(String::new())
        }
    };
    actix_web::rt::System::new().block_on(async move {
        let app = App::new().route("/", web::to(handler)).wrap(from_fn(prepare));
        let app = init_service(app.wrap(SessionLayer::new(Factory::default()))).await;
        call_service(&app, request.to_request()).await;
    });
    result.lock().unwrap().take().expect("the handler is called")
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

/// Regression: with the token in the header, the content type was not checked. A type with only optional fields was
/// then empty, whatever the body.
#[test]
fn body_of_other_content_type_returns_415() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only deserialized")]
    struct Search {
        text: Option<String>,
    }

    const TOKEN_HEADER: (&str, &str) = (CSRF_HEADER, TOKEN);
    const JSON: (&str, &str) = ("content-type", "application/json");
    let json = r#"{"text": "hunter2"}"#;
    let log = Log::default();
    let guard = log.collect_all();
    for (method, headers, body) in [
        ("POST", &[TOKEN_HEADER, JSON][..], json),
        ("POST", &[TOKEN_HEADER, ("content-type", "text/plain")], json),
        ("POST", &[TOKEN_HEADER], json),
        ("POST", &[TOKEN_HEADER], ""),
        ("GET", &[TOKEN_HEADER, JSON], json),
    ] {
        for result in results::<Search>(method, headers, body.to_owned()) {
            let error = result.expect_err("the body is not a form");
            assert_eq!((error.status(), error.is_form()), (415, true), "{method} {headers:?} {body}");
            assert_eq!(error.message(), "The request must contain a form.");
            assert!(error.to_string().contains("send it as application/x-www-form-urlencoded"), "{error}");
        }
    }
    drop(guard);
    log.assert_has_line(&["DEBUG", "status=415", "the body is not application/x-www-form-urlencoded"]);
    assert!(log.lines().iter().all(|line| !line.contains(SECRET)), "{:?}", log.lines());

    let with_charset = ("content-type", "Application/X-WWW-Form-Urlencoded; charset=UTF-8");
    for (method, headers) in [
        ("POST", &[TOKEN_HEADER, CONTENT_TYPE_OF_FORM][..]),
        ("POST", &[TOKEN_HEADER, with_charset]),
        ("GET", &[TOKEN_HEADER]),
    ] {
        assert_eq!(
            results::<Search>(method, headers, String::new()),
            [Ok(()), Ok(())],
            "{method} {headers:?}"
        );
    }
}
