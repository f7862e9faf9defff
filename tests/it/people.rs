//! People: who may do what, and how the first one comes to be.

use std::sync::Arc;

use inventory::domain::{Act, Actor, ItemDraft, ItemId, ItemKind, PersonId, PhotoId, RequestId, Role, Scope};
use inventory::services::Services;
use inventory::services::catalog::NewItem;
use inventory::services::people::{PeopleError, PersonDraft};
use inventory::services::photos::{Size, Source};
use inventory::services::search::SearchRequest;
use inventory::services::sessions::{SessionError, Whence};
use inventory::services::stock::BookingRequest;
use inventory::store::history::HistoryFilter;
use inventory::store::links::LinkKind;
use inventory::store::lists::{ListFilter, ListOrder};
use inventory::store::stock::StockFilter;
use inventory::store::suppliers::SupplierPart;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Barrier;

use crate::support::TestDb;

fn draft(name: &str, role: Role) -> PersonDraft {
    PersonDraft { name: name.into(), role, login: Some(name.to_lowercase()) }
}

/// Does the error say the role is too low? Any other outcome means that the permission was there.
fn forbidden<T, E: std::error::Error>(result: Result<T, E>) -> bool {
    result.is_err_and(|e| e.to_string().starts_with("needs role"))
}

#[tokio::test]
async fn every_service_method_asks_for_the_role_it_needs() {
    let test = TestDb::new().await;
    let s = Services::new(&test.db);
    let (item, person, photo) = (ItemId::new(), PersonId::new(), PhotoId::new());
    let day = time::Date::from_ordinal_date(2026, 1).expect("a day");
    let part = SupplierPart { supplier: "Huber".into(), part_number: "1".into(), price: None, url: None };
    let new = || NewItem {
        request: RequestId::new(),
        draft: ItemDraft::new(ItemKind::Location, "Hall"),
        place: None,
        codes: vec![],
    };
    let secret = || SecretString::from("12345678");
    let booking = |act| BookingRequest::single(act);
    let taken = || booking(Act::Issue { item, from: item, quantity: 1.into(), lot: None });
    let received = || booking(Act::Receive { item, to: item, quantity: 1.into(), lot: None });
    for role in Role::ALL {
        let a = &Actor { person: None, role };
        for (method, least, refused) in [
            ("catalog.view", Role::Viewer, forbidden(s.catalog.view(a, item).await)),
            ("catalog.list", Role::Viewer, forbidden(s.catalog.list(a, &ListFilter::default(), ListOrder::Name).await)),
            ("catalog.summaries", Role::Viewer, forbidden(s.catalog.summaries(a, &[item]).await)),
            ("catalog.places", Role::Viewer, forbidden(s.catalog.places(a).await)),
            ("catalog.tags", Role::Viewer, forbidden(s.catalog.tags(a).await)),
            ("scan.resolve", Role::Viewer, forbidden(s.scan.resolve(a, "X").await)),
            ("stock.history", Role::Viewer, forbidden(s.stock.history(a, &HistoryFilter::default()).await)),
            ("stock.home_of", Role::Viewer, forbidden(s.stock.home_of(a, item).await)),
            ("search.search", Role::Viewer, forbidden(s.search.search(a, &SearchRequest::new("x")).await)),
            ("relations.links", Role::Viewer, forbidden(s.relations.links(a, item).await)),
            ("relations.expiring", Role::Viewer, forbidden(s.relations.expiring(a, day).await)),
            ("photos.of_item", Role::Viewer, forbidden(s.photos.of_item(a, item).await)),
            ("photos.path", Role::Viewer, forbidden(s.photos.path(a, photo, Size::Small).await)),
            ("stock.lines", Role::Viewer, forbidden(s.stock.lines(a, &StockFilter::default()).await)),
            ("stock.booking", Role::Viewer, forbidden(s.stock.booking(a, inventory::domain::BookingId::new()).await)),
            ("codes.make_blanks", Role::Keeper, forbidden(s.codes.make_blanks(a, 1).await)),
            ("stock.loans", Role::Member, forbidden(s.stock.loans(a, None).await)),
            ("stock.book issue", Role::Member, forbidden(s.stock.book(a, &taken()).await)),
            (
                "stock.put_back",
                Role::Member,
                forbidden(s.stock.put_back(a, RequestId::new(), item, None, 1.into()).await),
            ),
            (
                "undo.undo",
                Role::Member,
                forbidden(s.undo.undo(a, RequestId::new(), inventory::domain::BookingId::new(), None).await),
            ),
            ("people.list", Role::Member, forbidden(s.people.list(a).await)),
            ("people.get", Role::Member, forbidden(s.people.get(a, person).await)),
            ("stock.book receive", Role::Keeper, forbidden(s.stock.book(a, &received()).await)),
            ("stock.discrepancies", Role::Keeper, forbidden(s.stock.discrepancies(a).await)),
            ("catalog.create", Role::Keeper, forbidden(s.catalog.create(a, new()).await)),
            ("catalog.edit", Role::Keeper, forbidden(s.catalog.edit(a, item, 1, new().draft).await)),
            ("catalog.archive", Role::Keeper, forbidden(s.catalog.archive(a, item).await)),
            ("catalog.restore", Role::Keeper, forbidden(s.catalog.restore(a, item).await)),
            ("catalog.remove", Role::Keeper, forbidden(s.catalog.remove(a, item).await)),
            ("catalog.attach_code", Role::Keeper, forbidden(s.catalog.attach_code(a, item, "X").await)),
            ("catalog.detach_code", Role::Keeper, forbidden(s.catalog.detach_code(a, item, "X").await)),
            ("catalog.audit", Role::Keeper, forbidden(s.catalog.audit(a, item, None, 10).await)),
            ("merge.merge", Role::Keeper, forbidden(s.merge.merge(a, RequestId::new(), item, ItemId::new()).await)),
            ("relations.link", Role::Keeper, forbidden(s.relations.link(a, item, LinkKind::SpareFor, item).await)),
            ("relations.unlink", Role::Keeper, forbidden(s.relations.unlink(a, item, LinkKind::SpareFor, item).await)),
            ("relations.put_lot", Role::Keeper, forbidden(s.relations.put_lot(a, item, "L1", None).await)),
            (
                "relations.put_supplier_part",
                Role::Keeper,
                forbidden(s.relations.put_supplier_part(a, item, &part).await),
            ),
            (
                "relations.remove_supplier_part",
                Role::Keeper,
                forbidden(s.relations.remove_supplier_part(a, item, "Huber", "1").await),
            ),
            ("photos.add", Role::Keeper, forbidden(s.photos.add(a, item, Source::Bytes(vec![]), "").await)),
            ("photos.remove", Role::Keeper, forbidden(s.photos.remove(a, photo).await)),
            ("photos.reorder", Role::Keeper, forbidden(s.photos.reorder(a, item, &[photo]).await)),
            ("photos.make_primary", Role::Keeper, forbidden(s.photos.make_primary(a, photo).await)),
            ("photos.set_caption", Role::Keeper, forbidden(s.photos.set_caption(a, photo, "").await)),
            ("photos.original", Role::Keeper, forbidden(s.photos.original(a, photo).await)),
            ("figures.contents", Role::Admin, forbidden(s.figures.contents(a).await)),
            ("sessions.list", Role::Admin, forbidden(s.sessions.list(a, person).await)),
            ("sessions.revoke_others", Role::Admin, forbidden(s.sessions.revoke_others(a, person, None).await)),
            ("factors.standing", Role::Admin, forbidden(s.factors.standing(a, person).await)),
            ("factors.begin", Role::Admin, forbidden(s.factors.begin(a, person).await)),
            ("factors.begun", Role::Admin, forbidden(s.factors.begun(a, person).await)),
            ("factors.confirm", Role::Admin, forbidden(s.factors.confirm(a, person, "1").await)),
            ("factors.switch_off", Role::Admin, forbidden(s.factors.switch_off(a, person).await)),
            ("tokens.create edit", Role::Keeper, forbidden(s.tokens.create(a, "x", Scope::Edit, 1).await)),
            ("tokens.list", Role::Admin, forbidden(s.tokens.list(a, person).await)),
            ("tokens.list_all", Role::Admin, forbidden(s.tokens.list_all(a).await)),
            ("photos.sweep", Role::Admin, forbidden(s.photos.sweep(a).await)),
            ("diagnosis.database", Role::Admin, forbidden(s.diagnosis.database(a).await)),
            ("people.add", Role::Admin, forbidden(s.people.add(a, &draft("Ann", Role::Viewer)).await)),
            ("people.edit", Role::Admin, forbidden(s.people.edit(a, person, &draft("Ann", Role::Viewer)).await)),
            ("people.deactivate", Role::Admin, forbidden(s.people.deactivate(a, person).await)),
            ("people.reactivate", Role::Admin, forbidden(s.people.reactivate(a, person).await)),
            ("people.anonymise", Role::Admin, forbidden(s.people.anonymise(a, person).await)),
            ("people.issue_badge", Role::Admin, forbidden(s.people.issue_badge(a, person).await)),
            ("people.set_password", Role::Admin, forbidden(s.people.set_password(a, person, secret()).await)),
            ("people.set_pin", Role::Admin, forbidden(s.people.set_pin(a, person, secret()).await)),
        ] {
            assert_eq!(refused, role < least, "{method} as {role}");
        }
    }
}

async fn code(services: &Services) -> SecretString {
    services.people.issue_setup_code().await.expect("nobody is there yet")
}

#[tokio::test]
async fn the_first_admin_is_made_with_the_code_and_signs_in() {
    let test = TestDb::new().await;
    let people = Services::new(&test.db).people;
    let services = Services::new(&test.db);
    let code = code(&services).await;
    let spaced =
        SecretString::from(format!(" {}-{} ", &code.expose_secret()[..5].to_lowercase(), &code.expose_secret()[5..]));
    let admin =
        people.set_up(&spaced, &draft("Maria", Role::Viewer), Some("correct horse".into())).await.expect("made");
    assert_eq!(admin.role, Role::Admin);
    let sign_in =
        async |name, password: &str| services.sessions.sign_in(name, password.into(), &Whence::default(), None).await;
    let issued = sign_in("MARIA", "correct horse").await.expect("right");
    let resumed = services.sessions.resume(issued.expose(), &Whence::default()).await.expect("asked");
    assert_eq!(resumed.expect("open").actor, admin);
    assert!(matches!(sign_in("maria", "wrong horse").await, Err(SessionError::Wrong)));
    assert!(matches!(sign_in("nobody", "correct horse").await, Err(SessionError::Wrong)));
    assert!(matches!(people.issue_setup_code().await, Err(PeopleError::AlreadySetUp)));
    let client = test.client().await;
    let rows = client.query("select concat(old, new) from audit", &[]).await.expect("readable");
    assert!(rows.iter().all(|row| !row.get::<_, String>(0).contains("argon2")), "no secret in the audit trail");
}

#[tokio::test]
async fn a_code_dies_after_five_wrong_tries_and_after_thirty_minutes() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    let right = code(&services).await;
    let set_up = async |code: &SecretString| services.people.set_up(code, &draft("Maria", Role::Admin), None).await;
    for _ in 0..5 {
        assert!(matches!(set_up(&"WRONG12345".into()).await, Err(PeopleError::SetupCode)));
    }
    assert!(matches!(set_up(&right).await, Err(PeopleError::SetupCode)), "used up");
    let right = code(&services).await;
    test.client()
        .await
        .execute("update setup_code set expires_at = now() - interval '1 second'", &[])
        .await
        .expect("aged");
    assert!(matches!(set_up(&right).await, Err(PeopleError::SetupCode)), "too old");
    let right = code(&services).await;
    set_up(&right).await.expect("a new code counts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_set_up_at_once_one_wins() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    let code = Arc::new(code(&services).await);
    let barrier = Arc::new(Barrier::new(2));
    let start = |name: &'static str| {
        let (services, code, barrier) = (services.clone(), Arc::clone(&code), Arc::clone(&barrier));
        tokio::spawn(async move {
            barrier.wait().await;
            services.people.set_up(&code, &draft(name, Role::Admin), None).await
        })
    };
    let (one, other) = (start("Ann"), start("Ben"));
    let results = [one.await.expect("ran"), other.await.expect("ran")];
    assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 1, "{results:?}");
}

#[tokio::test]
async fn the_last_admin_stays() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    let code = code(&services).await;
    let maria = services.people.set_up(&code, &draft("Maria", Role::Admin), None).await.expect("made");
    let id = maria.person.expect("a person");
    assert!(matches!(services.people.deactivate(&maria, id).await, Err(PeopleError::LastAdmin)));
    assert!(matches!(
        services.people.edit(&maria, id, &draft("Maria", Role::Keeper)).await,
        Err(PeopleError::LastAdmin)
    ));
    assert!(matches!(services.people.anonymise(&maria, id).await, Err(PeopleError::LastAdmin)));
    let ann = services.people.add(&maria, &draft("Ann", Role::Admin)).await.expect("added");
    services.people.deactivate(&maria, ann).await.expect("one is left");
    let taken = services.people.add(&maria, &draft("MARIA", Role::Viewer)).await;
    assert!(matches!(taken, Err(PeopleError::LoginTaken(_))), "{taken:?}");
}

#[tokio::test]
async fn badge_and_pin_give_at_most_a_member() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    let code = code(&services).await;
    let maria = services.people.set_up(&code, &draft("Maria", Role::Admin), None).await.expect("made");
    let id = maria.person.expect("a person");
    let badge = services.people.issue_badge(&maria, id).await.expect("made");
    let scanned = services.people.sign_in_with_badge(badge.expose_secret()).await.expect("asked").expect("hers");
    assert_eq!(scanned, Actor::person(id, Role::Member));
    assert_eq!(services.people.sign_in_with_badge("BNOBODY").await.expect("asked"), None);
    services.people.set_pin(&maria, id, "4711".into()).await.expect("set");
    assert_eq!(services.people.sign_in_with_pin(id, "4711".into()).await.expect("right").role, Role::Member);
    assert!(matches!(services.people.sign_in_with_pin(id, "4712".into()).await, Err(PeopleError::WrongSecret)));
    services.people.issue_badge(&maria, id).await.expect("a new one");
    assert_eq!(
        services.people.sign_in_with_badge(badge.expose_secret()).await.expect("asked"),
        None,
        "the old badge is void"
    );
    let stored: i64 = test
        .client()
        .await
        .query_one("select count(*) from code where text = $1", &[&badge.expose_secret()])
        .await
        .expect("asked")
        .get(0);
    assert_eq!(stored, 0, "only its hash is kept");
}
