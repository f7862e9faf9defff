//! What every handler can reach.

use std::net::SocketAddr;
use std::sync::Arc;

use rand::RngExt as _;
use subtle::ConstantTimeEq;
use tokio::sync::watch;

use super::assets::Assets;
use crate::services::Services;
use crate::services::health::Health;

/// Shared by all connections. Cheap to clone.
#[derive(Clone)]
pub struct WebState {
    pub services: Services,
    pub health: Health,
    pub assets: Arc<Assets>,
    /// Where this endpoint listens: requests name it in `Host`.
    pub address: SocketAddr,
    /// Closes when the program ends, so that streams of events end too.
    pub ending: watch::Receiver<()>,
    forms: Arc<[u8; 32]>,
}

impl WebState {
    pub fn new(
        services: Services,
        health: Health,
        assets: Assets,
        address: SocketAddr,
        ending: watch::Receiver<()>,
    ) -> Self {
        let forms = Arc::new(rand::rng().random());
        Self { services, health, assets: Arc::new(assets), address, ending, forms }
    }

    /// A token that only a page of ours can put into a form. Masked anew each time, so that a compressed page
    /// gives nothing away about it (BREACH).
    pub fn form_token(&self) -> String {
        let mask: [u8; 32] = rand::rng().random();
        let masked: Vec<u8> = self.forms.iter().zip(mask).map(|(secret, mask)| secret ^ mask).collect();
        format!("{}{}", hex::encode(mask), hex::encode(masked))
    }

    /// Whether a form's token is one of ours.
    pub fn is_form_token(&self, token: &str) -> bool {
        let Ok(bytes) = hex::decode(token) else { return false };
        let Some((mask, masked)) = bytes.split_at_checked(32) else { return false };
        let secret: Vec<u8> = mask.iter().zip(masked).map(|(mask, masked)| mask ^ masked).collect();
        secret.ct_eq(self.forms.as_slice()).into()
    }
}
