//! What the program's own role may not do, whatever it is tricked into.

use inventory::domain::{Act, Actor, ItemDraft, ItemKind, RequestId};
use inventory::services::Services;
use inventory::services::catalog::{NewItem, Placement};
use inventory::services::stock::BookingRequest;
use tokio_postgres::error::SqlState;

use crate::support::TestDb;

/// Statements that would falsify the books or break out of the role.
const FORBIDDEN: &[&str] = &[
    "update stock set quantity = 1000",
    "delete from stock",
    "insert into stock (item, item_kind, holder, holder_kind, quantity) select item, item_kind, holder, holder_kind, 1 from stock",
    "truncate stock",
    "update balance set on_hand = 0",
    "insert into balance (item) select id from item",
    "update booking set note = 'rewritten'",
    "delete from booking",
    "truncate booking cascade",
    "update movement set quantity = 1",
    "delete from movement",
    "truncate movement",
    "update audit set actor = null",
    "delete from audit",
    "truncate audit",
    "update stocktake_count set counted = 0",
    "delete from stocktake_count",
    "truncate stocktake_count",
    "update stocktake set version = 1",
    "delete from stocktake",
    "update loan set outstanding = 0",
    "delete from loan",
    "insert into loan (id, item, quantity, borrower_name, outstanding) select gen_random_uuid(), id, 1, 'x', 1 from item limit 1",
    "insert into change (entity) values ('item')",
    "alter table movement disable trigger all",
    "alter table stock disable trigger user",
    "drop trigger movement_applies on movement",
    "create table inventory.mine (a int)",
    "create table public.mine (a int)",
    "create function inventory.mine() returns int language sql as 'select 1'",
    "drop table stock",
    "alter table item add column x int",
    "set session_replication_role = replica",
    "set role inventory_owner",
    "set session authorization postgres",
    "create role mine superuser",
    "alter role inventory superuser",
    "grant inventory_owner to inventory",
    "create extension dblink",
    "copy person to program 'true'",
    "copy person from '/etc/passwd'",
    "select pg_read_file('/etc/passwd')",
    "update refinery_schema_history set version = 99",
    "delete from refinery_schema_history",
];

async fn one_screw(test: &TestDb) {
    let services = Services::new(&test.db);
    let make = async |kind, name: &str, place| {
        let new = NewItem { request: RequestId::new(), draft: ItemDraft::new(kind, name), place, codes: vec![] };
        services.catalog.create(&Actor::program(), new).await.expect("made").item
    };
    let shelf = make(ItemKind::Location, "Shelf", None).await;
    let place = Some(Placement { holder: shelf, quantity: 3.into(), lot: None });
    let screw = make(ItemKind::Consumable, "Screw", place).await;
    let act = Act::Issue { item: screw, from: shelf, quantity: 1.into(), lot: None };
    services.stock.book(&Actor::program(), &BookingRequest::single(act)).await.expect("booked");
}

#[tokio::test]
async fn every_forbidden_statement_is_refused_for_lack_of_rights() {
    let test = TestDb::new().await;
    one_screw(&test).await;
    let session = test.session().await;
    for statement in FORBIDDEN {
        let refused = session.batch_execute(statement).await.expect_err(statement);
        let code = refused.code().unwrap_or_else(|| panic!("{statement}: {refused}")).clone();
        assert_eq!(code, SqlState::INSUFFICIENT_PRIVILEGE, "{statement}: {refused}");
    }
}

#[tokio::test]
async fn the_owners_own_slips_are_refused_too() {
    let test = TestDb::new().await;
    one_screw(&test).await;
    let admin = test.admin().await;
    admin.batch_execute("set role inventory_owner; set search_path = inventory, public").await.expect("set");
    for table in ["booking", "movement", "audit"] {
        for statement in [format!("delete from {table}"), format!("truncate {table} cascade")] {
            let refused = admin.batch_execute(&statement).await.expect_err(&statement);
            assert!(
                refused.as_db_error().is_some_and(|e| e.message().contains("append-only")),
                "{statement}: {refused}"
            );
        }
    }
    let refused = admin.batch_execute("update movement set quantity = 1").await.expect_err("refused");
    assert!(refused.as_db_error().is_some_and(|e| e.message().contains("append-only")), "{refused}");
}

#[tokio::test]
async fn the_schema_itself_refuses_contradictions_from_any_writer() {
    let test = TestDb::new().await;
    one_screw(&test).await;
    let session = test.session().await;
    session
        .batch_execute("insert into booking (id, request_id, body_hash, kind) values ('00000000-0000-7000-8000-000000000001', gen_random_uuid(), '', 'single')")
        .await
        .expect("a booking's head");
    let movement = |rest: &str| {
        format!(
            "insert into movement (booking, line, kind, item, quantity, from_holder, to_holder)
             select '00000000-0000-7000-8000-000000000001', 1, {rest}
             from item s, item h where s.name = 'Screw' and h.name = 'Shelf'"
        )
    };
    for (rest, constraint) in [
        ("'issue', s.id, 3, h.id, null", "stock_insufficient"),
        ("'issue', s.id, 1, null, h.id", "movement_kind_and_direction"),
        ("'receive', s.id, 0, null, h.id", "movement_quantity_positive"),
        ("'receive', s.id, 1, null, s.id", "stock_holder_holds"),
        ("'receive', h.id, 1, null, h.id", "holder_cycle"),
        ("'found', s.id, 1, null, h.id", "balance_missing"),
    ] {
        let refused = session.batch_execute(&movement(rest)).await.expect_err(rest);
        let named = refused.as_db_error().and_then(|e| e.constraint()).map(str::to_owned);
        assert_eq!(named.as_deref(), Some(constraint), "{rest}: {refused}");
    }
}
