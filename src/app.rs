//! The composition root: cluster or server, TLS, pool, migrations, embedder, services. The same constructor for `main`,
//! every command and the tests.

mod first_start;
pub mod schema;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::{info, warn};

use crate::cluster::{Cluster, Options};
use crate::config::{Config, Connection};
use crate::domain::Actor;
use crate::domain::search::Analyser;
use crate::domain::search::words::Language;
use crate::embedding::onnx::OnnxEmbedder;
use crate::embedding::{EmbedError, Meaning, Places};
use crate::services::Services;
use crate::services::health::{Filling, Health, Schema};
use crate::services::photos::PhotoError;
use crate::services::restore::{self, Restore};
use crate::services::search::upkeep::{Progress, Worker};
use crate::store::pool::{self, Db};
use crate::store::{StoreError, database};

/// The inventory people work in.
pub const OWN: &str = "inventory";
/// The example shown at first start, in the private cluster only; dropped when somebody starts their own.
pub const EXAMPLE: &str = "inventory_example";

/// How long a first look at the database may delay the start.
const FIRST_LOOK: Duration = Duration::from_secs(30);

/// What of the program a command needs.
#[derive(Debug, Clone)]
pub struct Open {
    /// Which database of the private cluster; a configured server has one of its own. `None`: the example as long as
    /// there is one, else the own one.
    pub database: Option<String>,
    /// Load the model, in the background.
    pub meaning: bool,
    /// Lay out the example where nobody has begun anything: for what people look at.
    pub example: bool,
}

impl Default for Open {
    fn default() -> Self {
        Self { database: None, meaning: true, example: false }
    }
}

/// The database is not fit to work with.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    #[error("the database is not up to date: {} missing; run `inventory migrate` as its administrator (MIGRATE_DATABASE_URL)", .0.join(", "))]
    Pending(Vec<String>),
    #[error("the database's schema cannot be used: {0}")]
    Schema(String),
    #[error("{0}")]
    Database(#[from] StoreError),
}

/// The program without a face.
pub struct App {
    pub config: Config,
    pub db: Db,
    pub services: Services,
    pub meaning: Meaning,
    pub health: Health,
    /// The database's name.
    pub database: String,
    schema: watch::Receiver<Schema>,
    filling: watch::Sender<Option<Filling>>,
    /// Looks after pictures and the example.
    housekeeping: Option<JoinHandle<()>>,
    /// Keeps words and vectors up to date as long as the program runs.
    upkeep: Option<Worker>,
    cluster: Option<Cluster>,
}

impl App {
    /// Everything, on the inventory people see. The example is filled in the background.
    pub async fn build(config: Config) -> anyhow::Result<Self> {
        let mut app = Self::open(config, Open { example: true, ..Open::default() }).await?;
        app.upkeep = Some(Worker::start(&app.services.search));
        app.housekeeping = Some(app.keep_house());
        Ok(app)
    }

    /// How far words and vectors are, for health pages; `None` in commands that do not keep them.
    pub fn index_progress(&self) -> Option<watch::Receiver<Progress>> {
        self.upkeep.as_ref().map(Worker::progress)
    }

    /// Begins an inventory of one's own: the example, if that is what is shown, goes, or never comes.
    pub async fn start_own(self) -> anyhow::Result<Self> {
        let Some(cluster) = &self.cluster else { return Ok(self) };
        first_start::begin_own(cluster).await?;
        if self.database != EXAMPLE {
            return Ok(self);
        }
        let config = self.config.clone();
        self.stop().await?;
        Self::open(config, Open::default()).await
    }

    /// Fills the example, and removes what a crash left of pictures.
    fn keep_house(&self) -> JoinHandle<()> {
        let (services, filling) = (self.services.clone(), self.filling.clone());
        let is_example = self.database == EXAMPLE && self.cluster.is_some();
        filling.send_replace(is_example.then_some(Filling { done: 0, of: 0 }));
        tokio::spawn(async move {
            if is_example {
                Box::pin(first_start::fill(&services, &filling)).await;
            }
            match services.photos.sweep(&Actor::program()).await {
                Ok(_) | Err(PhotoError::NoDirectory) => {}
                Err(error) => warn!("Pictures are not swept: {error}"),
            }
        })
    }

    /// The parts a command asks for. A configured server may be down: the program is up then, says so in its
    /// [`Health`], and recovers by itself. The private cluster is made, started and migrated here.
    pub async fn open(config: Config, open: Open) -> anyhow::Result<Self> {
        let Ground { cluster, program: connection, admin } = Ground::prepare_for(&config, &open).await?;
        let database = connection.postgres.get_dbname().unwrap_or(OWN).to_owned();
        if cluster.is_some()
            && let Some(admin) = &admin
        {
            let applied = schema::migrate(admin).await?;
            if !applied.is_empty() {
                info!("Migrated `{database}`: {}", applied.join(", "));
            }
        }
        let db = Db::new(&connection, &config.database)?;
        let schema = schema::watch_over(db.clone(), admin.filter(|_| cluster.is_none()));
        let meaning = if open.meaning { load_meaning(&config) } else { Meaning::absent(EmbedError::Stopped) };
        let (filling, filled) = watch::channel(None);
        let health = Health::new(db.health(), schema.clone(), meaning.clone()).with_filling(filled);
        let services = match photos_of(&config, &database, cluster.is_some()) {
            Some(photos) => Services::with_photos(&db, &photos),
            None => Services::new(&db),
        };
        let services = services.searching(&db, Analyser::new(&languages(&config)), meaning.clone());
        let app = Self {
            config,
            db,
            services,
            meaning,
            health,
            database,
            schema,
            filling,
            housekeeping: None,
            upkeep: None,
            cluster,
        };
        app.first_look().await;
        Ok(app)
    }

    /// Whether people can work with the database; for commands, which have nothing to wait for.
    pub fn ready(&self) -> Result<(), NotReady> {
        match &*self.schema.borrow() {
            Schema::Current => Ok(()),
            Schema::Pending(names) => Err(NotReady::Pending(names.clone())),
            Schema::Failed(reason) => Err(NotReady::Schema(reason.clone())),
            Schema::Unknown => Err(NotReady::Database(match self.health.report().database {
                crate::services::health::Database::Down { reason, .. } => StoreError::Unavailable(reason.into()),
                _ => StoreError::Unavailable("it does not answer".into()),
            })),
        }
    }

    /// Ends what runs in the background; the last process on a private cluster stops it and waits for its end.
    pub async fn stop(self) -> anyhow::Result<()> {
        drop(self.upkeep);
        if let Some(housekeeping) = self.housekeeping {
            housekeeping.abort();
            housekeeping.await.ok();
        }
        self.db.close();
        match self.cluster {
            Some(cluster) => Ok(cluster.stop().await?),
            None => Ok(()),
        }
    }

    /// Drops the database this app was opened on and stops: for scratch databases in the private cluster.
    pub async fn discard(self) -> anyhow::Result<()> {
        let Some(cluster) = &self.cluster else { bail!("`{}` is a server's database and stays", self.database) };
        let admin = connect(&cluster.admin("postgres")).await?;
        database::drop(&admin, &self.database).await.context("the scratch database is not dropped")?;
        self.stop().await
    }

    /// The private cluster, when the program runs one.
    pub fn cluster(&self) -> Option<&Cluster> {
        self.cluster.as_ref()
    }

    async fn first_look(&self) {
        let mut schema = self.schema.clone();
        let mut health = self.db.health();
        let settled = async {
            tokio::select! {
                _ = schema.wait_for(|schema| *schema != Schema::Unknown) => {}
                _ = health.wait_for(|health| matches!(health, crate::store::pool::DbHealth::Down { .. })) => {}
            }
        };
        tokio::time::timeout(FIRST_LOOK, settled).await.ok();
    }
}

/// Where the database is, and who may change its schema.
pub struct Ground {
    /// `None`: a configured server.
    pub cluster: Option<Cluster>,
    /// What the program works with.
    pub program: Connection,
    /// `None`: nobody here; the server's administrator migrates.
    pub admin: Option<Connection>,
}

impl Ground {
    /// Takes the server, or makes, starts or joins the private cluster with the database in it.
    pub async fn prepare(config: &Config, database: Option<&str>) -> anyhow::Result<Self> {
        Self::prepare_for(config, &Open { database: database.map(str::to_owned), ..Open::default() }).await
    }

    async fn prepare_for(config: &Config, open: &Open) -> anyhow::Result<Self> {
        if let Some(server) = &config.database.server {
            let (connection, is_admin) = server.migrate.as_ref().map_or((&server.connection, false), |m| (m, true));
            // A server that is down is no reason not to start; the next start tries again.
            if let Err(error) = restore::journal::recover(&config.paths.data_dir, connection, is_admin).await {
                warn!("An interrupted restore is not tidied up yet: {error}");
            }
            return Ok(Self { cluster: None, program: server.connection.clone(), admin: server.migrate.clone() });
        }
        let cluster = Cluster::start(&config.paths.data_dir, &Options::of(config)).await?;
        restore::journal::recover(&config.paths.data_dir, &cluster.admin("postgres"), true).await?;
        let name = prepare_database(&cluster, config, open).await?;
        let (program, admin) = (cluster.program(&name), Some(cluster.admin(&name)));
        Ok(Self { cluster: Some(cluster), program, admin })
    }

    /// Leaves the private cluster; the last one stops it.
    pub async fn leave(self) -> anyhow::Result<()> {
        match self.cluster {
            Some(cluster) => Ok(cluster.stop().await?),
            None => Ok(()),
        }
    }
}

/// The way to restore a backup over the inventory people work in, and the ground to leave afterwards.
pub async fn restoring(config: &Config) -> anyhow::Result<(Ground, Restore)> {
    let ground = Ground::prepare(config, Some("postgres")).await?;
    let (program, admin) = match &ground.cluster {
        Some(cluster) => (cluster.program(OWN), Some(cluster.admin(OWN))),
        None => (ground.program.clone(), ground.admin.clone()),
    };
    let restore = Restore::new(restore::Ground {
        program,
        admin,
        private: ground.cluster.is_some(),
        data_dir: config.paths.data_dir.clone(),
        photos: config.paths.photos_dir.clone(),
        settings: config.database.clone(),
    });
    Ok((ground, restore))
}

/// A client of the administrator's, outside of the pool.
async fn connect(connection: &Connection) -> Result<tokio_postgres::Client, anyhow::Error> {
    Ok(pool::connect(connection).await?)
}

/// Chooses the database in the private cluster and makes it when it is missing.
async fn prepare_database(cluster: &Cluster, config: &Config, open: &Open) -> anyhow::Result<String> {
    let Some(name) = &open.database else {
        return Ok(Box::pin(first_start::choose(cluster, config, open.example)).await?.to_owned());
    };
    let admin = connect(&cluster.admin("postgres")).await?;
    database::ensure(&admin, name).await?;
    Ok(name.clone())
}

/// Where a database's pictures lie. Each has a directory of its own; scratch databases keep none.
fn photos_of(config: &Config, database: &str, is_private: bool) -> Option<PathBuf> {
    match database {
        EXAMPLE if is_private => Some(config.paths.data_dir.join("example-photos")),
        OWN => Some(config.paths.photos_dir.clone()),
        _ => (!is_private).then(|| config.paths.photos_dir.clone()),
    }
}

/// The languages of words, as the settings name them.
fn languages(config: &Config) -> Vec<Language> {
    let known = |language: &crate::config::Language| match language {
        crate::config::Language::English => Language::English,
        crate::config::Language::German => Language::German,
    };
    config.search.languages.iter().map(known).collect()
}

/// A short question takes one core 1.1 ms; a second one only adds waking up, and PostgreSQL wants it meanwhile.
const THREADS: usize = 1;

/// The model, read in the background.
pub fn load_meaning(config: &Config) -> Meaning {
    let places = Places { models: config.paths.model_dirs(), runtimes: config.paths.onnx_runtimes() };
    Meaning::start(move || OnnxEmbedder::load(&places, THREADS))
}
