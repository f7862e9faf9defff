//! Figures for Prometheus: counted where things happen with the `metrics` macros, kept here, rendered by whoever serves them.

use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// Upper bounds in seconds: a search takes milliseconds, an import minutes.
const SECONDS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];

/// How often what was measured since is added up: until then each single measurement takes memory, asked for or not.
const ADDED_UP: Duration = Duration::from_secs(20);

static KEPT: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Counts from now on. The second and every later call in a process changes nothing.
pub fn start() {
    KEPT.get_or_init(|| {
        let builder = PrometheusBuilder::new().set_buckets(&SECONDS).ok()?;
        count_panics();
        let kept =
            builder.install_recorder().inspect_err(|error| tracing::warn!("No figures are kept: {error}")).ok()?;
        add_up(kept.clone());
        Some(kept)
    });
}

/// Everything counted so far, in Prometheus' text format.
pub fn render() -> String {
    let Some(Some(kept)) = KEPT.get() else { return String::new() };
    kept.run_upkeep();
    kept.render()
}

fn add_up(kept: PrometheusHandle) {
    let adding = move || {
        loop {
            thread::sleep(ADDED_UP);
            kept.run_upkeep();
        }
    };
    if let Err(error) = thread::Builder::new().name("figures".into()).spawn(adding) {
        tracing::warn!("Figures are added up only when somebody asks for them: {error}");
    }
}

/// A defect that was caught is a defect.
fn count_panics() {
    let told_as_before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        metrics::counter!("inventory_panics_total").increment(1);
        told_as_before(panic);
    }));
}
