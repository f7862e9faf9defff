//! Which database of the private cluster people see: the example until they start their own.
//!
//! Both decisions are a row in the database they are about, so that a program killed at any step finds its way at the
//! next start: an example without its mark is made anew, an own inventory with its mark makes the example go. What is
//! in the example comes later, beside the running program ([`fill`]).

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::watch;
use tracing::{info, warn};

use super::{EXAMPLE, OWN, connect, photos_of, schema};
use crate::cluster::Cluster;
use crate::config::Config;
use crate::example;
use crate::services::Services;
use crate::services::health::Filling;
use crate::services::transfer::Stage;
use crate::store::database;

/// Two programs that start at once decide one after the other.
const LOCK: i64 = 0x6669_7273_7473_7461;

/// The database to open. With `make_example` an installation in which nobody has begun anything gets the example.
pub(super) async fn choose(cluster: &Cluster, config: &Config, make_example: bool) -> anyhow::Result<&'static str> {
    let admin = connect(&cluster.admin("postgres")).await?;
    database::exclusively(&admin, LOCK, async {
        if marked(cluster, OWN).await? {
            if database::exists(&admin, EXAMPLE).await? {
                drop_example(&admin, config).await?;
            }
            remove_photos(config).await?;
            return Ok(OWN);
        }
        if marked(cluster, EXAMPLE).await? {
            return Ok(EXAMPLE);
        }
        if make_example {
            drop_example(&admin, config).await?;
            database::ensure(&admin, EXAMPLE).await?;
            match lay_out(cluster).await {
                Ok(()) => return Ok(EXAMPLE),
                // Without its example the program is as useful.
                Err(error) => {
                    warn!("The example inventory could not be made: {error:#}");
                    drop_example(&admin, config).await?;
                }
            }
        }
        database::ensure(&admin, OWN).await?;
        Ok(OWN)
    })
    .await
    .map_err(|error: Failed| error.0)
}

/// From now on the own inventory is the one to open, empty as it is; the example goes at the next start.
pub(super) async fn begin_own(cluster: &Cluster) -> anyhow::Result<()> {
    let admin = connect(&cluster.admin("postgres")).await?;
    database::ensure(&admin, OWN).await?;
    schema::migrate(&cluster.admin(OWN)).await?;
    let own = connect(&cluster.admin(OWN)).await?;
    Ok(database::mark(&own).await?)
}

async fn marked(cluster: &Cluster, name: &str) -> anyhow::Result<bool> {
    let admin = connect(&cluster.admin("postgres")).await?;
    if !database::exists(&admin, name).await? {
        return Ok(false);
    }
    let there = connect(&cluster.admin(name)).await?;
    let marked = if name == OWN { database::is_begun(&there).await? } else { database::is_marked(&there).await? };
    Ok(marked)
}

/// An example with nothing in it yet, fit to be opened.
async fn lay_out(cluster: &Cluster) -> anyhow::Result<()> {
    schema::migrate(&cluster.admin(EXAMPLE)).await?;
    let admin = connect(&cluster.admin(EXAMPLE)).await?;
    Ok(database::mark(&admin).await?)
}

/// Puts into the opened example what is not there yet, and tells how far it is.
pub(super) async fn fill(services: &Services, tell: &watch::Sender<Option<Filling>>) {
    let furthest = AtomicUsize::new(0);
    let told = |stage, done: usize, of| {
        if stage == Stage::Pictures {
            let done = done.max(furthest.fetch_max(done, Ordering::Relaxed));
            tell.send_replace(Some(Filling { done, of }));
        }
    };
    match example::load(services, &told).await {
        Ok(report) if report.photos > 0 => {
            info!("The example inventory has {} items and {} pictures", report.items, report.photos);
        }
        Ok(_) => {}
        // The program is as useful without; the next start tries again.
        Err(error) => warn!("The example inventory is not complete: {error}"),
    }
    tell.send_replace(None);
}

async fn drop_example(admin: &tokio_postgres::Client, config: &Config) -> anyhow::Result<()> {
    database::drop(admin, EXAMPLE).await?;
    remove_photos(config).await
}

/// The example's pictures go with it.
pub(super) async fn remove_photos(config: &Config) -> anyhow::Result<()> {
    let Some(photos) = photos_of(config, EXAMPLE, true).filter(|photos| photos.exists()) else { return Ok(()) };
    Ok(tokio::task::spawn_blocking(move || std::fs::remove_dir_all(photos)).await??)
}

/// Any failure, for the lock's sake.
struct Failed(anyhow::Error);

impl<E: Into<anyhow::Error>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}
