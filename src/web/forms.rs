//! Posted forms: read only when they carry a token that one of our pages gave out.

use axum::extract::{FromRequest, RawForm, Request};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::fault::Fault;
use super::state::WebState;

/// The hidden field every form has.
pub const TOKEN: &str = "token";

/// A form's fields, after its token was checked.
pub struct Posted<T>(pub T);

#[derive(Deserialize)]
struct Token {
    token: String,
}

impl<T: DeserializeOwned> FromRequest<WebState> for Posted<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &WebState) -> Result<Self, Fault> {
        let RawForm(body) = RawForm::from_request(request, state).await.map_err(|e| Fault::of_status(e.status()))?;
        let token: Token = serde_urlencoded::from_bytes(&body).map_err(|_| Fault::OldForm)?;
        if !state.is_form_token(&token.token) {
            return Err(Fault::OldForm);
        }
        serde_urlencoded::from_bytes(&body).map(Self).map_err(|error| Fault::Unreadable(error.to_string()))
    }
}
