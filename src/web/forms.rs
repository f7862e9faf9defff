//! Posted forms: read only when they carry a token that a page of ours gave to this very browser.

use axum::extract::{FromRequest, RawForm, Request};
use rand::RngExt as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq;

use super::caller::Caller;
use super::fault::Fault;
use super::state::WebState;

/// The hidden field every form has.
pub const TOKEN: &str = "token";

/// A token that only a page for this browser can put into a form. Masked anew each time, so that a compressed page gives
/// nothing away about it (BREACH).
pub fn token(secret: &[u8; 32]) -> String {
    let mask: [u8; 32] = rand::rng().random();
    let masked: Vec<u8> = secret.iter().zip(mask).map(|(secret, mask)| secret ^ mask).collect();
    format!("{}{}", hex::encode(mask), hex::encode(masked))
}

/// Whether a form's token was made of this secret.
pub fn is_token(secret: &[u8; 32], token: &str) -> bool {
    let Ok(bytes) = hex::decode(token) else { return false };
    let Some((mask, masked)) = bytes.split_at_checked(32).filter(|(_, masked)| masked.len() == 32) else {
        return false;
    };
    let unmasked: Vec<u8> = mask.iter().zip(masked).map(|(mask, masked)| mask ^ masked).collect();
    unmasked.ct_eq(secret.as_slice()).into()
}

/// A form's fields, after its token was checked.
pub struct Posted<T>(pub T);

#[derive(Deserialize)]
struct Token {
    token: String,
}

impl<T: DeserializeOwned> FromRequest<WebState> for Posted<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &WebState) -> Result<Self, Fault> {
        let secret = request.extensions().get::<Caller>().and_then(Caller::forms).copied().ok_or(Fault::OldForm)?;
        let RawForm(body) = RawForm::from_request(request, state).await.map_err(|e| Fault::of_status(e.status()))?;
        let posted: Token = serde_urlencoded::from_bytes(&body).map_err(|_| Fault::OldForm)?;
        if !is_token(&secret, &posted.token) {
            return Err(Fault::OldForm);
        }
        serde_urlencoded::from_bytes(&body).map(Self).map_err(|error| Fault::Unreadable(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_new_each_time_and_good_for_its_secret_alone() {
        let (one, other) = ([7; 32], [8; 32]);
        let made = token(&one);
        assert_ne!(made, token(&one));
        assert!(is_token(&one, &made) && !is_token(&other, &made));
        for wrong in ["", "00", &"0".repeat(128), &made[..126], &format!("{made}00")] {
            assert!(!is_token(&one, wrong), "{wrong}");
        }
    }
}
