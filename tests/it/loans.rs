//! Who has what, what is overdue, and taking it back in parts.

use inventory::domain::act::ActError;
use inventory::domain::{Act, Actor, Borrower, ItemDraft, ItemId, ItemKind, PersonId, RequestId, Role};
use inventory::services::Services;
use inventory::services::catalog::{NewItem, Placement};
use inventory::services::loans::{LoanError, LoanFilter};
use inventory::services::stock::{BookingRequest, HistoryFilter, Refusal};
use time::Date;
use time::macros::date;

use crate::support::TestDb;

struct Room {
    test: TestDb,
    services: Services,
    maria: Actor,
    shelf: ItemId,
    benches: ItemId,
}

impl Room {
    async fn new() -> Self {
        let test = TestDb::new().await;
        let services = Services::new(&test.db);
        let id = PersonId::new();
        let admin = test.admin().await;
        admin
            .execute("insert into inventory.person (id, name, role) values ($1, 'Maria', 'member')", &[&id.0])
            .await
            .expect("inserted");
        let make = async |kind, name: &str, place| {
            let new = NewItem { request: RequestId::new(), draft: ItemDraft::new(kind, name), place, codes: vec![] };
            services.catalog.create(&Actor::program(), new).await.expect("made").item
        };
        let shelf = make(ItemKind::Location, "Shelf", None).await;
        let placement = Placement { holder: shelf, quantity: 20.into(), lot: None };
        let benches = make(ItemKind::Consumable, "Bench", Some(placement)).await;
        Self { test, services, maria: Actor::person(id, Role::Member), shelf, benches }
    }

    async fn lend(&self, quantity: u32, borrower: Borrower, due_on: Option<Date>) {
        let (item, from, quantity) = (self.benches, self.shelf, quantity.into());
        let act = Act::CheckOut { item, from, quantity, lot: None, borrower, due_on };
        self.services.stock.book(&self.maria, &BookingRequest::single(act)).await.expect("lent");
    }

    async fn borrowers(&self, filter: LoanFilter) -> Vec<(String, String)> {
        let loans = self.services.loans.list(&self.maria, filter).await.expect("read");
        loans.into_iter().map(|loan| (loan.borrower, loan.outstanding.to_string())).collect()
    }
}

#[tokio::test]
async fn a_loan_comes_back_in_parts_and_each_part_once() {
    let room = Room::new().await;
    room.lend(12, Borrower::Named("Ann".into()), Some(date!(2026 - 11 - 01))).await;
    let loan = room.services.loans.list(&room.maria, LoanFilter::default()).await.expect("read").remove(0);
    let request = RequestId::new();
    let back = async |request, quantity: Option<u32>| {
        room.services.loans.take_back(&room.maria, request, loan.id, None, quantity.map(Into::into)).await
    };
    let first = back(request, Some(5)).await.expect("back");
    assert_eq!(back(request, Some(5)).await.expect("answered").booking, first.booking);
    assert_eq!(room.borrowers(LoanFilter::default()).await, [("Ann".into(), "7".into())]);
    match back(RequestId::new(), Some(8)).await {
        Err(LoanError::Refused(Refusal::Act(ActError::NotThatManyLent { outstanding, .. }))) => {
            assert_eq!(outstanding, 7.into());
        }
        other => panic!("{other:?}"),
    }
    let rest = RequestId::new();
    let all = back(rest, None).await.expect("back");
    assert_eq!(back(rest, None).await.expect("answered").booking, all.booking, "the rest twice is the rest once");
    assert_eq!(room.borrowers(LoanFilter::default()).await, []);
    let client = room.test.client().await;
    assert_eq!(inventory::store::stock::discrepancies(&client).await.expect("readable"), []);
}

#[tokio::test]
async fn loans_are_asked_for_by_person_and_by_what_is_overdue() {
    let room = Room::new().await;
    let maria = room.maria.person.expect("a person");
    room.lend(1, Borrower::Person(maria), Some(date!(2026 - 11 - 30))).await;
    room.lend(2, Borrower::Named("Ann".into()), Some(date!(2026 - 11 - 01))).await;
    room.lend(3, Borrower::Named("Ben".into()), None).await;
    let today = LoanFilter { due_before: Some(date!(2026 - 11 - 25)), ..LoanFilter::default() };
    assert_eq!(room.borrowers(today).await, [("Ann".into(), "2".into())]);
    let hers = LoanFilter { person: Some(maria), ..LoanFilter::default() };
    assert_eq!(room.borrowers(hers).await, [("Maria".into(), "1".into())]);
    let history = HistoryFilter { person: Some(maria), limit: 10, ..HistoryFilter::default() };
    assert_eq!(room.services.stock.history(&room.maria, &history).await.expect("read").len(), 3, "she booked them all");
    let viewer = Actor { role: Role::Viewer, ..room.maria.clone() };
    let refused = room.services.loans.list(&viewer, LoanFilter::default()).await;
    assert!(matches!(refused, Err(LoanError::Forbidden(_))), "who has what is for members");
}

#[tokio::test]
async fn a_due_day_is_set_later_and_the_audit_trail_says_so() {
    let room = Room::new().await;
    room.lend(1, Borrower::Named("Ann".into()), None).await;
    let loan = room.services.loans.list(&room.maria, LoanFilter::default()).await.expect("read").remove(0);
    let day = date!(2027 - 01 - 15);
    room.services.loans.set_due(&room.maria, loan.id, Some(day)).await.expect("set");
    assert_eq!(room.services.loans.get(&room.maria, loan.id).await.expect("there").due_on, Some(day));
    let trail = room.services.catalog.audit(&Actor::program(), room.benches, None, 5).await.expect("read");
    assert!(trail.iter().any(|entry| entry.action == "due_changed"), "{trail:?}");
    room.services.loans.take_back(&room.maria, RequestId::new(), loan.id, None, None).await.expect("back");
    let late = room.services.loans.set_due(&room.maria, loan.id, None).await;
    assert!(matches!(late, Err(LoanError::NotFound)), "a closed loan is due no more: {late:?}");
}
