//! Whatever goes wrong, said to a person as a page and to a program as a problem (RFC 9457). Logged once, here.

use std::any::Any;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tracing::error;
use utoipa::ToSchema;

use super::approach::is_forwarded;
use super::language::{Lang, Theme};
use super::layout;
use super::notice::RequestNumber;
use super::state::WebState;
use crate::domain::Role;

/// What went wrong, as far as whoever asked can act on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The request came through a proxy, from elsewhere, or under a name that is not ours.
    NotLocal,
    /// A page of somebody else's wanted to change something here.
    CrossSite,
    /// The form's token is not one of ours: the page is older than the program's last start.
    OldForm,
    /// Nobody is set up yet.
    NotSetUp,
    /// Nobody is signed in, or a program's token opens nothing.
    NotSignedIn,
    /// Not encrypted on its way here; signing in is refused, not weakened.
    NotSafe,
    /// The body did not come in time.
    TooSlow,
    /// Too often; welcome again after so many seconds.
    TooMany(u64),
    Forbidden(Role),
    NotFound,
    MethodNotAllowed,
    /// The request cannot be read; what is wrong with it.
    Unreadable(String),
    /// It can be read, but something in it is not as it has to be; what.
    Invalid(String),
    /// The request's id was used for something else before.
    Reused,
    /// An edit of what somebody else has changed since.
    Stale,
    /// An edit that does not say of which version.
    NoPrecondition,
    /// The body is of another media type than is read here.
    MediaType,
    TooLarge,
    /// What was asked contradicts what is; a sentence.
    Refused(String),
    /// The database does not answer.
    Unavailable,
    /// Nothing can be written while an upgrade is not verified.
    Closed,
    Internal,
}

impl Fault {
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotLocal | Self::CrossSite | Self::OldForm | Self::NotSafe | Self::Forbidden(_) => {
                StatusCode::FORBIDDEN
            }
            Self::NotSignedIn => StatusCode::UNAUTHORIZED,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::Invalid(_) | Self::Reused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Stale => StatusCode::PRECONDITION_FAILED,
            Self::NoPrecondition => StatusCode::PRECONDITION_REQUIRED,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Refused(_) => StatusCode::CONFLICT,
            Self::Unavailable | Self::Closed | Self::NotSetUp => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The word a program acts on, and the name of the sentences in the catalogue.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotLocal => "not_local",
            Self::CrossSite => "cross_site",
            Self::OldForm => "old_form",
            Self::NotSetUp => "not_set_up",
            Self::NotSignedIn => "not_signed_in",
            Self::NotSafe => "not_safe",
            Self::TooMany(_) => "too_many",
            Self::Forbidden(_) => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Unreadable(_) => "unreadable",
            Self::Invalid(_) => "invalid",
            Self::Reused => "reused",
            Self::Stale => "stale",
            Self::NoPrecondition => "no_precondition",
            Self::MediaType => "media_type",
            Self::TooLarge => "too_large",
            Self::TooSlow => "too_slow",
            Self::Refused(_) => "refused",
            Self::Unavailable => "unavailable",
            Self::Closed => "closed",
            Self::Internal => "internal",
        }
    }

    /// What an answer without a body of ours means.
    pub fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::MediaType,
            StatusCode::SERVICE_UNAVAILABLE => Self::Unavailable,
            StatusCode::UNAUTHORIZED => Self::NotSignedIn,
            status if status.is_client_error() => Self::Unreadable(String::new()),
            _ => Self::Internal,
        }
    }

    /// For a program: the particulars, in English.
    fn detail(&self) -> Option<String> {
        match self {
            Self::Forbidden(role) => Some(format!("needs role {role}")),
            Self::Unreadable(what) | Self::Invalid(what) | Self::Refused(what) => {
                Some(what.clone()).filter(|what| !what.is_empty())
            }
            _ => Some(rust_i18n::t!(format!("fault.{}.what", self.code()), locale = "en").into_owned()),
        }
    }
}

impl IntoResponse for Fault {
    /// Only the status; [`present`] gives it a body, when it knows to whom.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// What went wrong (RFC 9457).
#[derive(Serialize, ToSchema)]
pub struct Problem<'a> {
    r#type: &'a str,
    title: &'a str,
    status: u16,
    /// The particulars, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The word a program acts on.
    code: &'a str,
    /// Under which the log has it.
    request_id: Option<String>,
}

/// Gives every failed answer its body: a page where people read, a problem where programs do.
pub async fn present(State(state): State<WebState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let for_programs = ["/api/", "/photos/", "/assets/"].iter().any(|prefix| path.starts_with(prefix));
    let is_page = request.method() == Method::GET;
    let is_forwarded = is_forwarded(request.headers());
    let wanted = request.uri().path_and_query().map_or("/", |wanted| wanted.as_str()).to_owned();
    let (lang, theme) = (Lang::of(request.headers()), Theme::of(request.headers()));
    let number = request.extensions().get::<RequestNumber>().map(|number| number.0.to_string());
    let response = next.run(request).await;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let fault = match response.extensions().get::<Fault>() {
        Some(fault) => fault.clone(),
        None if response.headers().get(CONTENT_TYPE).is_some_and(|of| !of.as_bytes().starts_with(b"text/plain")) => {
            return response; // A handler's own words: a form shown again, `/readyz`.
        }
        None => Fault::of_status(status),
    };
    if for_programs {
        let problem = Problem {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: fault.detail(),
            code: fault.code(),
            request_id: number,
        };
        let mut told = (status, Json(problem)).into_response();
        told.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        keep_allow(&response, &mut told);
        advise(&fault, &mut told);
        if fault == Fault::NotSignedIn {
            told.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"inventory\""));
        }
        return told;
    }
    // This machine's own browser is led there; strangers elsewhere get the notice.
    if fault == Fault::NotSetUp && is_page && !is_forwarded {
        return (StatusCode::SEE_OTHER, [(LOCATION, "/setup")]).into_response();
    }
    if fault == Fault::NotSignedIn && is_page {
        return (StatusCode::SEE_OTHER, [(LOCATION, sign_in_for(&wanted))]).into_response();
    }
    let page = if matches!(fault, Fault::NotLocal | Fault::NotSafe) {
        layout::notice(lang, fault.code())
    } else {
        layout::fault(&state, lang, theme, &fault, number.as_deref())
    };
    let mut told = (status, page).into_response();
    keep_allow(&response, &mut told);
    advise(&fault, &mut told);
    told
}

/// The sign-in page, and where it leads back to.
fn sign_in_for(wanted: &str) -> String {
    let query = serde_urlencoded::to_string([("then", wanted)]).unwrap_or_default();
    if wanted == "/" { "/sign-in".to_owned() } else { format!("/sign-in?{query}") }
}

/// When to come back.
fn advise(fault: &Fault, told: &mut Response) {
    let seconds = match fault {
        Fault::TooMany(seconds) => *seconds,
        // Somebody is about to make the first person.
        Fault::NotSetUp => 60,
        _ => return,
    };
    told.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
}

/// A 405 says what is allowed.
fn keep_allow(from: &Response, to: &mut Response) {
    if let Some(allow) = from.headers().get(axum::http::header::ALLOW) {
        to.headers_mut().insert(axum::http::header::ALLOW, allow.clone());
    }
}

/// A defect that stopped one request must not stop the program; who asked is told so.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over so")]
pub fn panicked(panic: Box<dyn Any + Send>) -> axum::http::Response<Body> {
    let what = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref().copied());
    error!("a request ended in a panic: {}", what.unwrap_or("no message"));
    Fault::Internal.into_response()
}
