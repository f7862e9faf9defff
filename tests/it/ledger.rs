//! Stock is the sum of its movements, whatever is booked, undone and raced.

#![allow(clippy::many_single_char_names, reason = "a step names an item, a holder, a number")]

use inventory::domain::{
    Act, Actor, BookingId, Borrower, ItemDraft, ItemId, ItemKind, PersonId, Quantity, RequestId, Role,
};
use inventory::services::Services;
use inventory::services::catalog::{CatalogError, NewItem, Placement};
use inventory::services::stock::{BookingRequest, Refusal, StockError};
use inventory::services::undo::UndoError;
use inventory::store::bookings::BookingKind;
use inventory::store::stock;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use rust_decimal::Decimal;

use crate::support::TestDb;

/// A small storeroom: two rooms, a shelf, two boxes, a drill, two kinds of screws.
struct Room {
    test: TestDb,
    services: Services,
    keeper: Actor,
    holders: Vec<ItemId>,
    boxes: Vec<ItemId>,
    drill: ItemId,
    screws: Vec<ItemId>,
}

impl Room {
    async fn new() -> Self {
        let test = TestDb::new().await;
        let services = Services::new(&test.db);
        let keeper = keeper(&test).await;
        let make = async |kind, name: &str, at: Option<(ItemId, u32)>| make(&services, &keeper, kind, name, at).await;
        let hall = make(ItemKind::Location, "Hall", None).await;
        let yard = make(ItemKind::Location, "Yard", None).await;
        let shelf = make(ItemKind::Location, "Shelf", Some((hall, 1))).await;
        let red = make(ItemKind::Container, "Red box", Some((shelf, 1))).await;
        let blue = make(ItemKind::Container, "Blue box", Some((yard, 1))).await;
        let drill = make(ItemKind::Asset, "Drill", Some((red, 1))).await;
        let m3 = make(ItemKind::Consumable, "Screw M3", Some((red, 20))).await;
        let m4 = make(ItemKind::Consumable, "Screw M4", Some((shelf, 5))).await;
        Self {
            services,
            keeper,
            holders: vec![hall, yard, shelf, red, blue],
            boxes: vec![red, blue],
            drill,
            screws: vec![m3, m4],
            test,
        }
    }

    async fn book(&self, act: Act) -> Result<BookingId, StockError> {
        Ok(self.services.stock.book(&self.keeper, &BookingRequest::single(act)).await?.booking)
    }

    async fn undo(&self, booking: BookingId) -> Result<BookingId, UndoError> {
        Ok(self.services.undo.undo(&self.keeper, RequestId::new(), booking, None).await?.booked.booking)
    }

    async fn there(&self, item: ItemId, holder: ItemId) -> Decimal {
        let lines = self.services.catalog.view(&self.keeper, item).await.expect("known").stock;
        lines.iter().filter(|l| l.holder == holder).map(|l| l.quantity).sum()
    }

    /// Everything the ledger maintains, as text, to compare two moments.
    async fn state(&self) -> String {
        let admin = self.test.admin().await;
        let row = admin
            .query_one(
                "select coalesce((select string_agg(s::text, '|' order by s.item, s.holder, s.lot) from inventory.stock s), '')
                     || '#' || coalesce((select string_agg(concat_ws(',', item, on_hand, lent, missing, low_since is null), '|' order by item)
                         from inventory.balance), '')
                     || '#' || coalesce((select string_agg(concat_ws(',', id, outstanding), '|' order by id) from inventory.loan
                         where outstanding > 0), '')",
                &[],
            )
            .await
            .expect("readable");
        row.get(0)
    }

    async fn assert_sums(&self) {
        let client = self.test.client().await;
        assert_eq!(stock::discrepancies(&client).await.expect("readable"), [], "stock is the sum of its movements");
    }
}

async fn keeper(test: &TestDb) -> Actor {
    person(test, Role::Keeper).await
}

async fn person(test: &TestDb, role: Role) -> Actor {
    let id = PersonId::new();
    let admin = test.admin().await;
    admin
        .execute("insert into inventory.person (id, name, role) values ($1, 'Maria', $2)", &[&id.0, &role.as_str()])
        .await
        .expect("inserted");
    Actor::person(id, role)
}

async fn make(services: &Services, actor: &Actor, kind: ItemKind, name: &str, at: Option<(ItemId, u32)>) -> ItemId {
    let place = at.map(|(holder, quantity)| Placement { holder, quantity: quantity.into(), lot: None });
    let new = NewItem { request: RequestId::new(), draft: ItemDraft::new(kind, name), place, codes: vec![] };
    services.catalog.create(actor, new).await.expect("made").item
}

/// What a random person might do; numbers pick things of the room.
#[derive(Debug, Clone)]
enum Step {
    Receive(usize, usize, u32),
    Issue(usize, usize, u32),
    Return(usize, usize, u32),
    Move(usize, usize, usize, u32),
    MoveDrill(usize, usize),
    MoveBox(usize, usize, usize),
    Count(usize, usize, u32),
    Lend(usize, usize, u32),
    LendDrill(usize),
    BringBack(usize, u32, usize),
    Lose(usize, u32),
    Missing(usize, usize, u32),
    Found(usize, usize, u32),
    Scrap(usize, Option<usize>, u32),
    Undo(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let (item, holder, n) = (0..2_usize, 0..5_usize, 1..8_u32);
    prop_oneof![
        (item.clone(), holder.clone(), n.clone()).prop_map(|(i, h, n)| Step::Receive(i, h, n)),
        (item.clone(), holder.clone(), n.clone()).prop_map(|(i, h, n)| Step::Issue(i, h, n)),
        (item.clone(), holder.clone(), n.clone()).prop_map(|(i, h, n)| Step::Return(i, h, n)),
        (item.clone(), holder.clone(), holder.clone(), n.clone()).prop_map(|(i, a, b, n)| Step::Move(i, a, b, n)),
        (holder.clone(), holder.clone()).prop_map(|(a, b)| Step::MoveDrill(a, b)),
        (item.clone(), holder.clone(), holder.clone()).prop_map(|(x, a, b)| Step::MoveBox(x, a, b)),
        (item.clone(), holder.clone(), 0..20_u32).prop_map(|(i, h, n)| Step::Count(i, h, n)),
        (item.clone(), holder.clone(), n.clone()).prop_map(|(i, h, n)| Step::Lend(i, h, n)),
        holder.clone().prop_map(Step::LendDrill),
        (0..4_usize, n.clone(), holder.clone()).prop_map(|(l, n, h)| Step::BringBack(l, n, h)),
        (0..4_usize, n.clone()).prop_map(|(l, n)| Step::Lose(l, n)),
        (item.clone(), holder.clone(), n.clone()).prop_map(|(i, h, n)| Step::Missing(i, h, n)),
        (item.clone(), holder.clone(), n.clone()).prop_map(|(i, h, n)| Step::Found(i, h, n)),
        (item, proptest::option::of(holder), n).prop_map(|(i, h, n)| Step::Scrap(i, h, n)),
        (0..12_usize).prop_map(Step::Undo),
    ]
}

async fn act(room: &Room, step: &Step) -> Option<Act> {
    let (q, h, s) = (Quantity::from, |n: &usize| room.holders[*n], |n: &usize| room.screws[*n]);
    let loan =
        async |n: &usize| room.services.stock.loans(&room.keeper, None).await.expect("listed").get(*n).map(|l| l.id);
    let ann = || Borrower::Named("Ann".into());
    Some(match step {
        Step::Receive(i, a, n) => Act::Receive { item: s(i), to: h(a), quantity: q(*n), lot: None },
        Step::Issue(i, a, n) => Act::Issue { item: s(i), from: h(a), quantity: q(*n), lot: None },
        Step::Return(i, a, n) => Act::Return { item: s(i), to: h(a), quantity: q(*n), lot: None },
        Step::Move(i, a, b, n) => {
            Act::Transfer { item: s(i), from: Some(h(a)), to: Some(h(b)), quantity: q(*n), lot: None }
        }
        Step::MoveDrill(a, b) => {
            Act::Transfer { item: room.drill, from: Some(h(a)), to: Some(h(b)), quantity: Quantity::ONE, lot: None }
        }
        Step::MoveBox(x, a, b) => {
            Act::Transfer { item: room.boxes[*x], from: Some(h(a)), to: Some(h(b)), quantity: Quantity::ONE, lot: None }
        }
        Step::Count(i, a, n) => Act::Adjust { item: s(i), holder: h(a), counted: (*n).into(), lot: None },
        Step::Lend(i, a, n) => {
            Act::CheckOut { item: s(i), from: h(a), quantity: q(*n), lot: None, borrower: ann(), due_on: None }
        }
        Step::LendDrill(a) => Act::CheckOut {
            item: room.drill,
            from: h(a),
            quantity: Quantity::ONE,
            lot: None,
            borrower: ann(),
            due_on: None,
        },
        Step::BringBack(l, n, a) => Act::CheckIn { loan: loan(l).await?, to: h(a), quantity: q(*n) },
        Step::Lose(l, n) => Act::Lost { loan: loan(l).await?, quantity: q(*n) },
        Step::Missing(i, a, n) => Act::Missing { item: s(i), from: h(a), quantity: q(*n), lot: None },
        Step::Found(i, a, n) => Act::Found { item: s(i), to: h(a), quantity: q(*n), lot: None },
        Step::Scrap(i, a, n) => Act::Scrap { item: s(i), from: a.map(|a| room.holders[a]), quantity: q(*n), lot: None },
        Step::Undo(_) => return None,
    })
}

#[test]
fn any_sequence_of_bookings_keeps_stock_equal_to_the_ledger_and_undo_restores() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut runner = TestRunner::new(Config { cases: 16, max_shrink_iters: 60, ..Config::default() });
    let booked_in_all = std::cell::Cell::new(0);
    runner
        .run(&proptest::collection::vec(step(), 1..40), |steps| {
            let booked = runtime.block_on(run(&steps)).map_err(TestCaseError::fail)?;
            booked_in_all.set(booked_in_all.get() + booked);
            Ok(())
        })
        .expect("the property holds");
    assert!(
        booked_in_all.get() > 50,
        "most random steps would have been refused: only {} were booked",
        booked_in_all.get()
    );
}

async fn run(steps: &[Step]) -> Result<usize, String> {
    let room = Room::new().await;
    // Something of everything everywhere, so that most steps have what they ask for.
    for (item, to) in room.screws.iter().flat_map(|item| room.holders.iter().map(move |to| (*item, *to))) {
        room.book(Act::Receive { item, to, quantity: 9.into(), lot: None }).await.map_err(|e| e.to_string())?;
    }
    let mut done = Vec::new();
    for step in steps {
        let before = room.state().await;
        let outcome = match (step, act(&room, step).await) {
            (Step::Undo(n), _) => match done.get(*n) {
                Some(booking) => room.undo(*booking).await.map_err(|e| e.to_string()),
                None => continue,
            },
            (_, Some(act)) => room.book(act).await.map_err(|e| e.to_string()),
            (_, None) => continue,
        };
        match outcome {
            Ok(booking) => {
                let after = room.state().await;
                // Undo directly after restores the state; redo restores it again.
                let undone = room.undo(booking).await;
                if before == after {
                    // A count that agrees books no line: nothing to take back.
                    done.push(booking);
                    continue;
                }
                let undone = undone.map_err(|e| format!("{step:?}: undo directly after was refused: {e}"))?;
                if room.state().await != before {
                    return Err(format!("{step:?}: undo did not restore the state"));
                }
                room.undo(undone).await.map_err(|e| format!("{step:?}: redo was refused: {e}"))?;
                if room.state().await != after {
                    return Err(format!("{step:?}: redo did not restore the state"));
                }
                done.push(booking);
            }
            Err(_) if room.state().await == before => {}
            Err(error) => return Err(format!("{step:?}: refused with {error}, but something changed")),
        }
        let client = room.test.client().await;
        let wrong = stock::discrepancies(&client).await.map_err(|e| e.to_string())?;
        if !wrong.is_empty() {
            return Err(format!("{step:?}: the books of {wrong:?} are not the sum of their movements"));
        }
    }
    Ok(done.len())
}

#[tokio::test]
async fn a_basket_is_booked_whole_or_not_at_all() {
    let room = Room::new().await;
    let before = room.state().await;
    let (red, shelf) = (room.holders[3], room.holders[2]);
    let acts = vec![
        Act::Issue { item: room.screws[0], from: red, quantity: 5.into(), lot: None },
        Act::Issue { item: room.screws[1], from: shelf, quantity: 6.into(), lot: None },
    ];
    let request = BookingRequest { id: RequestId::new(), kind: BookingKind::Basket, note: String::new(), acts };
    let refused = room.services.stock.book(&room.keeper, &request).await;
    assert!(matches!(refused, Err(StockError::Refused { line: 1, reason: Refusal::Act(_) })), "{refused:?}");
    assert_eq!(room.state().await, before);
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer_and_a_different_one_under_its_id_is_refused() {
    let room = Room::new().await;
    let red = room.holders[3];
    let act = |n: u32| Act::Issue { item: room.screws[0], from: red, quantity: n.into(), lot: None };
    let mut request = BookingRequest::single(act(3));
    let first = room.services.stock.book(&room.keeper, &request).await.expect("booked");
    let second = room.services.stock.book(&room.keeper, &request).await.expect("answered");
    assert_eq!((second.booking, second.repeated), (first.booking, true));
    assert_eq!(room.there(room.screws[0], red).await, 17.into());
    request.acts = vec![act(4)];
    assert!(matches!(room.services.stock.book(&room.keeper, &request).await, Err(StockError::RequestReused)));
}

#[tokio::test]
async fn low_is_noticed_when_the_sum_crosses_the_minimum_and_cleared_when_it_comes_back() {
    let room = Room::new().await;
    let view = room.services.catalog.view(&room.keeper, room.screws[0]).await.expect("known");
    let mut draft = view.draft.clone();
    draft.min_quantity = Some(10.into());
    room.services.catalog.edit(&room.keeper, room.screws[0], view.version, draft.clone()).await.expect("saved");
    let low = async || room.services.catalog.view(&room.keeper, room.screws[0]).await.expect("known").summary.low;
    assert!(!low().await, "20 of at least 10");
    let red = room.holders[3];
    room.book(Act::Issue { item: room.screws[0], from: red, quantity: 10.into(), lot: None }).await.expect("booked");
    assert!(!low().await, "10 of at least 10");
    let last =
        room.book(Act::Issue { item: room.screws[0], from: red, quantity: 1.into(), lot: None }).await.expect("booked");
    assert!(low().await, "9 of at least 10");
    room.undo(last).await.expect("undone");
    assert!(!low().await, "10 again");
    let stale = room.services.catalog.edit(&room.keeper, room.screws[0], view.version, draft).await;
    assert!(matches!(stale, Err(CatalogError::Stale { current }) if current.draft.min_quantity == Some(10.into())));
}

#[tokio::test]
async fn a_member_takes_back_their_own_bookings_and_nobody_elses() {
    let room = Room::new().await;
    let member = person(&room.test, Role::Member).await;
    let other = person(&room.test, Role::Member).await;
    let act = Act::Issue { item: room.screws[0], from: room.holders[3], quantity: 1.into(), lot: None };
    let booking = room.services.stock.book(&member, &BookingRequest::single(act)).await.expect("booked").booking;
    let undo = async |actor: &Actor| room.services.undo.undo(actor, RequestId::new(), booking, None).await;
    assert!(matches!(undo(&other).await, Err(UndoError::NotYours)));
    undo(&member).await.expect("own, and just made");
    assert!(matches!(undo(&member).await, Err(UndoError::AlreadyUndone)));
}

#[tokio::test]
async fn undoing_a_new_item_archives_it_and_redo_brings_it_back() {
    let room = Room::new().await;
    let draft = ItemDraft::new(ItemKind::Consumable, "Washer");
    let place = Some(Placement { holder: room.holders[2], quantity: 7.into(), lot: Some(("L1".into(), None)) });
    let new = NewItem { request: RequestId::new(), draft, place, codes: vec!["4006381333931".into()] };
    let made = room.services.catalog.create(&room.keeper, new.clone()).await.expect("made");
    let again = room.services.catalog.create(&room.keeper, new).await.expect("answered");
    assert!(again.repeated && !made.repeated);
    assert_eq!((made.item, made.booking), (again.item, again.booking), "a repeated request makes nothing new");
    let undone = room.undo(made.booking).await.expect("untouched since");
    let view = room.services.catalog.view(&room.keeper, made.item).await.expect("still known");
    assert!(view.summary.archived && view.stock.is_empty());
    room.undo(undone).await.expect("redone");
    let view = room.services.catalog.view(&room.keeper, made.item).await.expect("known");
    assert_eq!((view.summary.archived, view.summary.on_hand), (false, 7.into()));
    room.assert_sums().await;
}

#[tokio::test]
async fn a_lent_box_keeps_its_contents_and_says_who_has_them() {
    let room = Room::new().await;
    let (shelf, red) = (room.holders[2], room.boxes[0]);
    let act = Act::CheckOut {
        item: red,
        from: shelf,
        quantity: 1.into(),
        lot: None,
        borrower: Borrower::Named("Ann".into()),
        due_on: None,
    };
    room.book(act).await.expect("lent");
    let drill = room.services.catalog.view(&room.keeper, room.drill).await.expect("known");
    assert_eq!(drill.summary.path.head, inventory::store::summaries::PathHead::Lent("Ann".into()));
    assert_eq!(drill.summary.path.places.last().map(|p| p.name.as_str()), Some("Red box"));
    let hidden = room.services.catalog.view(&Actor::anonymous(), room.drill).await.expect("looking is free");
    assert_eq!(
        hidden.summary.path.head,
        inventory::store::summaries::PathHead::Lent(String::new()),
        "names are for members"
    );
    room.services.stock.put_back(&room.keeper, RequestId::new(), red, None, 1.into()).await.expect("back where it was");
    let red = room.services.catalog.view(&room.keeper, red).await.expect("known");
    assert_eq!(red.stock[0].holder, shelf);
    assert!(red.loans.is_empty());
}
