//! What every handler can reach.

use std::net::SocketAddr;
use std::sync::Arc;

use rand::RngExt as _;
use tokio::sync::watch;

use super::assets::Assets;
use super::imports::Imports;
use super::rates::Rates;
use crate::config;
use crate::services::Services;
use crate::services::health::Health;
use crate::services::sessions::Rules;

/// Shared by all connections. Cheap to clone.
#[derive(Clone)]
pub struct WebState {
    pub services: Services,
    pub health: Health,
    pub assets: Arc<Assets>,
    pub settings: Arc<config::Web>,
    pub rates: Arc<Rates>,
    /// Where this endpoint listens: requests name it in `Host`.
    pub address: SocketAddr,
    /// Closes when the program ends, so that streams of events end too.
    pub ending: watch::Receiver<()>,
    /// Tables that were sent and wait to be imported.
    pub imports: Imports,
    forms: Arc<[u8; 32]>,
}

impl WebState {
    pub fn new(
        services: Services,
        health: Health,
        assets: Assets,
        settings: config::Web,
        address: SocketAddr,
        ending: watch::Receiver<()>,
    ) -> Self {
        let rules = Rules {
            idle: settings.session_idle,
            absolute: settings.session_absolute,
            second_required: settings.second_factor_required,
        };
        let services = Services { sessions: services.sessions.clone().with_rules(rules), ..services };
        Self {
            services,
            health,
            assets: Arc::new(assets),
            settings: Arc::new(settings),
            rates: Arc::new(Rates::new()),
            address,
            ending,
            imports: Imports::default(),
            forms: Arc::new(rand::rng().random()),
        }
    }

    /// What the forms of this machine's own browser are tied to, until the program ends.
    pub fn forms(&self) -> [u8; 32] {
        *self.forms
    }
}
