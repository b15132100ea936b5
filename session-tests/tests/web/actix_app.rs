//! The application on actix-web.

use std::collections::BTreeMap;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::error::ErrorInternalServerError;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Bytes, Data, Form, Path, Payload, ServiceConfig, scope};
use actix_web::{App, Error, HttpRequest, HttpResponse, HttpServer, Responder, ResponseError, rt};
use signed_session::actix::{
    CookieSessionFactory, CsrfForm, CsrfLayer, CsrfToken, FlashMessages, Session, SessionError, SessionLayer,
    TypedSession,
};
use signed_session::{ManualClock, SaveError};

use crate::app::{self, Admin, Failure, Order, RESPONSE_PREFIX, STATUS, Shop, Visit};
use crate::serving;
use crate::sessions::Sessions;
use crate::site::{Site, Start};

pub(crate) fn start<F: CookieSessionFactory<Error = SaveError>>(
    sessions: fn(&ManualClock) -> Sessions<F>,
) -> Site {
    Site::start(sessions, |Start { listener, sessions, log, stop }: Start<F>| {
        let server = HttpServer::new(move || {
            // This closure runs on the worker thread. Leak the guard, so that the thread's log is collected until the
            // thread ends.
            std::mem::forget(log.collect());
            app(sessions.clone())
        });
        serving::actix(server.workers(1).disable_signals().listen(listener).unwrap().run(), stop);
    })
}

struct Greeting(&'static str);

fn app<F: CookieSessionFactory<Error = SaveError>>(
    sessions: Sessions<F>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let main = SessionLayer::new(sessions.main);
    let custom_error = |error: SaveError, response: ServiceResponse| {
        response.into_response(HttpResponse::InsufficientStorage().body(app::save_error_text(&error)))
    };
    let keep_response = |_: SaveError, response: ServiceResponse| response;
    App::new()
        .app_data(Data::new(Greeting("Hello")))
        .service(scope("/bare").configure(routes))
        .service(
            scope("/skip-on-exception").wrap(SessionLayer::new(sessions.skip_on_exception)).configure(routes),
        )
        .service(scope("/all-attributes").wrap(SessionLayer::new(sessions.all_attributes)).configure(routes))
        .service(scope("/small-limit").wrap(SessionLayer::new(sessions.small_limit)).configure(routes))
        .service(scope("/custom-error").wrap(main.clone().on_save_error(custom_error)).configure(routes))
        .service(scope("/keep-response").wrap(main.clone().on_save_error(keep_response)).configure(routes))
        .service(
            scope("/rejection-hook").wrap(main.clone().on_rejection(app::log_rejection)).configure(routes),
        )
        .service(scope("/middleware").wrap(from_fn(watch)).wrap(main.clone()).configure(routes))
        .service(
            scope("/two-layers").wrap(main.clone()).wrap(from_fn(watch)).wrap(main.clone()).configure(routes),
        )
        .service(scope("/csrf").wrap(CsrfLayer::default()).wrap(main.clone()).configure(routes))
        .service(scope("/strict").wrap(CsrfLayer::new(app::strict())).wrap(main.clone()).configure(routes))
        .service(scope("/lax").wrap(CsrfLayer::new(app::lax())).wrap(main.clone()).configure(routes))
        .service(scope("/https").app_data(app::https()).wrap(main.clone()).configure(routes))
        .service(
            scope("/shop-csrf")
                .wrap(CsrfLayer::default().named::<Shop>())
                .wrap(main.clone())
                .configure(routes),
        )
        .service(
            scope("/custom-refusal")
                .wrap(CsrfLayer::new(app::strict()).on_refusal(|error, head| {
                    HttpResponse::ImATeapot().body(app::refusal_text(&error, head.path()))
                }))
                .wrap(main.clone())
                .configure(routes),
        )
        .service(scope("/bare-csrf").wrap(CsrfLayer::default()).configure(routes))
        // Only for actix-web: the CSRF policy is wrapped in `Data`.
        .service(scope("/https-data").app_data(Data::new(app::https())).wrap(main.clone()).configure(routes))
        // Only for actix-web: a middleware that replaces a successful response with an error.
        .service(scope("/failing").wrap(from_fn(fail)).wrap(main.clone()).configure(routes))
        .service(scope("").wrap(main).configure(routes))
        .wrap(SessionLayer::new(sessions.shop).named::<Shop>())
        .wrap(SessionLayer::new(sessions.admin).named::<Admin>())
}

fn routes(config: &mut ServiceConfig) {
    let inner = scope("/inner").route("/{what}", web::get().to(perform::<()>));
    config
        .route("/plain", web::get().to(async || ""))
        .route("/do/{what}", web::to(perform::<()>))
        .route("/shop/{what}", web::to(perform::<Shop>))
        .route("/admin/{what}", web::to(perform::<Admin>))
        .route("/both", web::get().to(both))
        .route("/fill-shop", web::get().to(fill_shop))
        .service(scope("/outer").service(inner))
        .route("/clones", web::get().to(async |one: Session, other: Session| app::clones(one, other)))
        .route("/greet", web::get().to(greet))
        .route("/found/{key}", web::get().to(found))
        .route("/number/{key}", web::get().to(number))
        .route("/optional", web::get().to(optional))
        .route("/typed/{what}", web::get().to(typed))
        .route("/messages", web::get().to(async |messages: FlashMessages| app::messages(&messages)))
        .route("/peek-late", web::get().to(peek_late))
        .route("/reentrant", web::get().to(reentrant))
        .route("/stream", web::get().to(stream))
        .route("/socket", web::get().to(socket))
        .route("/token", web::get().to(async |token: CsrfToken| format!("{token}\n{}", token.field())))
        .route(
            "/form",
            web::post().to(async |form: Form<BTreeMap<String, String>>| format!("{:?}", form.into_inner())),
        )
        .route("/checked", web::to(checked))
        .route("/body", web::post().to(async |body: Bytes| body))
        .route("/hooks/checked", web::post().to(checked))
        .route("/hooks/{rest:.*}", web::to(async || "hook"));
}

async fn perform<N: 'static>(
    session: Session<N>,
    what: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Failure> {
    let mut response = app::perform(&what, &session)?.respond_to(&request).map_into_boxed_body();
    for (name, value) in request.headers() {
        match name.as_str().strip_prefix(RESPONSE_PREFIX) {
            Some(STATUS) => *response.status_mut() = value.to_str().unwrap().parse().unwrap(),
            Some(name) => {
                response.headers_mut().append(HeaderName::try_from(name).unwrap(), value.clone());
            }
            None => {}
        }
    }
    Ok(response)
}

async fn both(shop: Session<Shop>, admin: Session<Admin>, main: Session) -> Result<String, Failure> {
    Ok([app::perform("count", &shop)?, app::perform("count", &admin)?, app::perform("read", &main)?]
        .join(" "))
}

async fn fill_shop(shop: Session<Shop>, main: Session) -> Result<String, Failure> {
    app::perform("fill", &shop)?;
    app::perform("count", &main)
}

async fn watch(
    session: Session,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    app::before(&session);
    let mut response = next.call(request).await?;
    let after = HeaderValue::try_from(app::after(&session)).unwrap();
    response.headers_mut().insert(HeaderName::from_static("x-after"), after);
    Ok(response)
}

async fn fail(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let response = next.call(request).await?;
    if response.status().is_success() { Err(ErrorInternalServerError("failed")) } else { Ok(response) }
}

async fn greet(greeting: Data<Greeting>, session: Session) -> Result<String, Failure> {
    Ok(format!("{} {}", greeting.0, app::perform("count", &session)?))
}

async fn found(session: Session, key: Path<String>) -> Option<String> {
    session.get(&key).ok().flatten()
}

async fn number(session: Session, key: Path<String>) -> Result<String, SessionError> {
    app::number(&session, &key)
}

async fn optional(session: Option<Session>) -> &'static str {
    if session.is_some() { "a session" } else { "no session" }
}

async fn typed(visit: TypedSession<Visit>, what: Path<String>) -> Result<String, Failure> {
    app::typed(&what, &visit)
}

async fn peek_late(session: Session) -> HttpResponse {
    HttpResponse::Ok().streaming(app::peek_late(session))
}

async fn reentrant(session: Session) -> Result<String, SessionError> {
    app::reentrant(&session)
}

async fn stream(session: Session) -> HttpResponse {
    HttpResponse::Ok().streaming(app::chunks(session))
}

async fn checked(order: CsrfForm<Order>) -> String {
    app::order(&order)
}

/// Writes to the session before the response. After the first message, writes to the session again and sends "done".
async fn socket(session: Session, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    session.insert("early", true).unwrap();
    let (response, mut socket, mut messages) = actix_ws::handle(&request, payload)?;
    rt::spawn(async move {
        messages.recv().await.unwrap().unwrap();
        session.insert("late", true).unwrap();
        socket.text("done").await.unwrap();
    });
    Ok(response)
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status()).unwrap()
    }
}
