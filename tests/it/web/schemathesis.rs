//! schemathesis asks the API everything its document allows and much that it forbids, as an admin, and finds nothing.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use inventory::config;
use inventory::domain::{Act, Actor, ItemDraft, ItemId, ItemKind, Quantity, RequestId, Role, Scope};
use inventory::services::Services;
use inventory::services::catalog::NewItem;
use inventory::services::people::PersonDraft;
use inventory::services::stock::BookingRequest;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::Site;

/// Where `deploy/setup/test-tools.sh` puts it.
fn program() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cache")))
        .expect("a home directory");
    cache.join("inventory/test-tools/bin/st")
}

/// Something happens all the time, so that whoever listens to the stream of changes soon hears of one.
async fn ticks(services: Services, actor: Actor, item: ItemId, holder: ItemId) {
    loop {
        let act = Act::Receive { item, to: holder, quantity: Quantity::ONE, lot: None };
        // What schemathesis has archived takes no stock: then another thing is made.
        if services.stock.book(&actor, &BookingRequest::single(act)).await.is_err() {
            let new = NewItem {
                request: RequestId::new(),
                draft: ItemDraft::new(ItemKind::Asset, "Another washer"),
                place: None,
                codes: vec![],
            };
            services.catalog.create(&actor, new).await.ok();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schemathesis_finds_nothing() {
    // Without its token a program is nobody, from this machine too.
    let settings = config::Web { local_person: false, ..config::Web::default() };
    let site = Site::with(settings).await;
    let (_, token) = site.services.tokens.create(&site.admin, "schemathesis", Scope::Admin, 1).await.expect("made");
    let shelf = site.location("Shelf", None).await;
    let drawer = site.location("Drawer", Some(shelf)).await;
    let mut draft = ItemDraft::new(ItemKind::Consumable, "Wood screw 4 × 40");
    draft.tags = vec!["fastener".into()];
    site.item(draft, Some(drawer), 1250).await;
    site.asset("Cordless drill", shelf).await;

    let screws = site.consumable("Washer", drawer, 1).await;
    let ticker = tokio::spawn(ticks(site.services.clone(), site.admin.clone(), screws, drawer));
    // Whoever asks must not be switched off by the way: what is done to people is done to somebody else.
    let kim = PersonDraft { name: "Kim".into(), role: Role::Member, login: None };
    let kim = site.services.people.add(&site.admin, &kim).await.expect("added");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let config = directory.path().join("schemathesis.toml");
    let to_kim = format!(
        "\n[[operations]]\ninclude-path-regex = '^/api/v1/people/\\{{id\\}}'\nparameters = {{ 'path.id' = '{kim}' }}\n"
    );
    std::fs::write(&config, include_str!("../data/schemathesis.toml").to_owned() + &to_kim).expect("written");
    let bearer = format!("Bearer {}", token.expose_secret());
    let run = tokio::process::Command::new(program())
        .arg("--config-file")
        .arg(&config)
        .args(["run", "--no-color", "--seed", "1"])
        .args(["--header", &format!("Authorization: {bearer}")])
        .arg(format!("http://{}/api/v1/openapi.json", site.address))
        .current_dir(directory.path())
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap_or_else(|error| panic!("{}: {error}; `make test` installs it", program().display()));
    ticker.abort();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{said}{}", String::from_utf8_lossy(&run.stderr));
    let all = site.ask("GET", "/api/v1/openapi.json", &[("Authorization", &bearer)], "").await.json();
    let methods = all["paths"].as_object().into_iter().flat_map(|paths| paths.values().filter_map(Value::as_object));
    let count: usize = methods.map(serde_json::Map::len).sum();
    // All but the one that gives the document.
    assert!(said.contains(&format!("Tested: {}\n", count - 1)), "of {count} operations: {said}");
    assert!(!said.contains("Authentication failed"), "{said}");
}
