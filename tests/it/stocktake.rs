//! Counting a place from the first scan to the undo of what was booked.

mod approval;
mod counting;
mod properties;

use inventory::domain::stocktake::Outcome;
use inventory::domain::{Act, Actor, BookingId, ItemDraft, ItemId, ItemKind, PersonId, RequestId, Role, StocktakeId};
use inventory::services::Services;
use inventory::services::catalog::{NewItem, Placement};
use inventory::services::stock::BookingRequest;
use inventory::services::stocktake::{
    Amount, Approved, CountRequest, CountedLine, LineView, StocktakeError, StocktakeView,
};
use inventory::store::stock;
use rust_decimal::Decimal;

use crate::support::TestDb;

/// A workshop with a shelf and a red box in it, a van, and a member and a keeper who count.
pub struct Room {
    pub test: TestDb,
    pub services: Services,
    pub member: Actor,
    pub keeper: Actor,
    pub hall: ItemId,
    pub shelf: ItemId,
    pub red: ItemId,
    pub van: ItemId,
    pub drill: ItemId,
    pub m3: ItemId,
    pub m4: ItemId,
}

impl Room {
    pub async fn new() -> Self {
        let test = TestDb::new().await;
        let services = Services::new(&test.db);
        let (member, keeper) = (person(&test, "Jonas", Role::Member).await, person(&test, "Maria", Role::Keeper).await);
        let make = async |kind, name: &str, at| make(&services, kind, name, at).await;
        let hall = make(ItemKind::Location, "Hall", None).await;
        let shelf = make(ItemKind::Location, "Shelf", Some((hall, 1))).await;
        let van = make(ItemKind::Location, "Van", None).await;
        let red = make(ItemKind::Container, "Red box", Some((shelf, 1))).await;
        let drill = make(ItemKind::Asset, "Drill", Some((red, 1))).await;
        let m3 = make(ItemKind::Consumable, "Screw M3", Some((red, 400))).await;
        let m4 = make(ItemKind::Consumable, "Screw M4", Some((shelf, 95))).await;
        Self { test, services, member, keeper, hall, shelf, red, van, drill, m3, m4 }
    }

    pub async fn make(&self, kind: ItemKind, name: &str, at: Option<(ItemId, u32)>) -> ItemId {
        make(&self.services, kind, name, at).await
    }

    pub async fn open(&self, holder: ItemId) -> StocktakeId {
        self.services.stocktakes.open(&self.member, holder, "autumn").await.expect("opened")
    }

    /// The member counts.
    pub async fn count(&self, id: StocktakeId, item: ItemId, holder: ItemId, amount: i64) -> CountedLine {
        let request = request(item, holder, Amount::Is(amount.into()));
        self.services.stocktakes.count(&self.member, id, &request).await.expect("counted")
    }

    /// The member ends counting.
    pub async fn close(&self, id: StocktakeId) {
        self.services.stocktakes.close(&self.member, id).await.expect("closed");
    }

    /// The keeper looks and approves.
    pub async fn approve(&self, id: StocktakeId) -> Result<Approved, StocktakeError> {
        let view = self.view(id).await;
        self.services.stocktakes.approve(&self.keeper, RequestId::new(), id, view.head.version).await
    }

    /// As the keeper sees it.
    pub async fn view(&self, id: StocktakeId) -> StocktakeView {
        self.services.stocktakes.view(&self.keeper, id).await.expect("there")
    }

    pub async fn book(&self, act: Act) -> BookingId {
        let booked = self.services.stock.book(&Actor::program(), &BookingRequest::single(act)).await;
        booked.expect("booked").booking
    }

    pub async fn there(&self, item: ItemId, holder: ItemId) -> Decimal {
        let lines = self.services.catalog.view(&self.keeper, item).await.expect("known").stock;
        lines.iter().filter(|line| line.holder == holder).map(|line| line.quantity).sum()
    }

    pub async fn assert_sums(&self) {
        assert_eq!(stock::discrepancies(&self.test.client().await).await.expect("readable"), []);
    }
}

pub fn request(item: ItemId, holder: ItemId, amount: Amount) -> CountRequest {
    CountRequest { request: RequestId::new(), item, holder, lot: None, amount }
}

pub fn line(view: &StocktakeView, item: ItemId) -> &LineView {
    view.lines.iter().find(|line| line.line.item == item).expect("the line is there")
}

pub fn outcome(view: &StocktakeView, item: ItemId) -> Option<Outcome> {
    line(view, item).outcome
}

async fn person(test: &TestDb, name: &str, role: Role) -> Actor {
    let id = PersonId::new();
    let admin = test.admin().await;
    admin
        .execute("insert into inventory.person (id, name, role) values ($1, $2, $3)", &[&id.0, &name, &role.as_str()])
        .await
        .expect("inserted");
    Actor::person(id, role)
}

async fn make(services: &Services, kind: ItemKind, name: &str, at: Option<(ItemId, u32)>) -> ItemId {
    let place = at.map(|(holder, quantity)| Placement { holder, quantity: quantity.into(), lot: None });
    let new = NewItem { request: RequestId::new(), draft: ItemDraft::new(kind, name), place, codes: vec![] };
    services.catalog.create(&Actor::program(), new).await.expect("made").item
}
