//! Opening and counting.

use std::process::{Command, Stdio};

use inventory::app::{App, Open};
use inventory::domain::stocktake::{Interval, State};
use inventory::domain::{Act, Actor, Borrower, ItemKind, RequestId};
use inventory::services::catalog::{NewItem, Placement};
use inventory::services::scan::Scanned;
use inventory::services::stocktake::{Amount, CountScan, StocktakeError};

use super::{Room, line, outcome, request};
use crate::support::config;

#[tokio::test]
async fn a_counter_is_not_told_what_the_books_expect_until_counting_has_ended() {
    let room = Room::new().await;
    let id = room.open(room.hall).await;
    room.count(id, room.m3, room.red, 372).await;
    let blind = room.services.stocktakes.view(&room.member, id).await.expect("there");
    for item in [room.m3, room.m4] {
        let line = line(&blind, item);
        assert_eq!((line.expected, line.outcome), (None, None), "{line:?}");
    }
    assert_eq!(blind.tally, None);
    assert_eq!(line(&room.view(id).await, room.m3).expected, Some(400.into()), "a keeper knows the books");
    room.close(id).await;
    let shown = room.services.stocktakes.view(&room.member, id).await.expect("there");
    assert_eq!(line(&shown, room.m3).expected, Some(400.into()));
    let tally = shown.tally.expect("shown");
    assert_eq!((tally.differ, tally.written, shown.counted, shown.to_count), (1, 1, 1, 3));
    // Who counts on after that is marked.
    room.services.stocktakes.reopen(&room.member, id).await.expect("open again");
    room.count(id, room.m3, room.red, 400).await;
    let view = room.view(id).await;
    let again = line(&view, room.m3);
    assert_eq!((again.times, again.informed), (2, true));
}

#[tokio::test]
async fn places_that_overlap_are_counted_in_one_stocktake() {
    let room = Room::new().await;
    let id = room.open(room.shelf).await;
    for holder in [room.hall, room.shelf, room.red] {
        match room.services.stocktakes.open(&room.keeper, holder, "").await {
            Err(StocktakeError::Overlaps(other)) => assert_eq!(other, id),
            other => panic!("{other:?}"),
        }
    }
    room.open(room.van).await;
    room.services.stocktakes.cancel(&room.member, id).await.expect("cancelled");
    room.open(room.hall).await;
    let refused = room.services.stocktakes.open(&room.member, room.drill, "").await;
    assert!(matches!(refused, Err(StocktakeError::NoHolder)), "{refused:?}");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_counts_nothing() {
    let room = Room::new().await;
    let id = room.open(room.hall).await;
    let try_count = async |item, holder, amount: &str| {
        let request = request(item, holder, Amount::Is(amount.parse().expect("a number")));
        room.services.stocktakes.count(&room.member, id, &request).await
    };
    assert!(matches!(try_count(room.m3, room.red, "-1").await, Err(StocktakeError::Amount)));
    assert!(matches!(try_count(room.m3, room.red, "0.0000001").await, Err(StocktakeError::Amount)));
    assert!(matches!(try_count(room.m3, room.red, "1000000000000").await, Err(StocktakeError::Amount)));
    assert!(matches!(try_count(room.drill, room.red, "2").await, Err(StocktakeError::OneOrNone)));
    assert!(matches!(try_count(room.shelf, room.hall, "1").await, Err(StocktakeError::NotCountable)));
    assert!(matches!(try_count(room.m3, room.van, "1").await, Err(StocktakeError::OutOfScope)));
    let viewer = Actor { role: inventory::domain::Role::Viewer, ..room.member.clone() };
    let refused = room.services.stocktakes.count(&viewer, id, &request(room.m3, room.red, Amount::Is(1.into()))).await;
    assert!(matches!(refused, Err(StocktakeError::Forbidden(_))));
    assert_eq!(room.view(id).await.counted, 0);
    room.close(id).await;
    assert!(matches!(try_count(room.m3, room.red, "1").await, Err(StocktakeError::NotOpen(State::Counted))));
}

#[tokio::test]
async fn a_repeated_count_counts_once_and_a_part_adds_up() {
    let room = Room::new().await;
    let id = room.open(room.hall).await;
    let stocktakes = &room.services.stocktakes;
    let part = request(room.m3, room.red, Amount::Plus(100.into()));
    let first = stocktakes.count(&room.member, id, &part).await.expect("counted");
    let again = stocktakes.count(&room.member, id, &part).await.expect("answered");
    assert_eq!((first.counted, again.counted), (Some(100.into()), Some(100.into())));
    let other = inventory::services::stocktake::CountRequest { item: room.m4, holder: room.shelf, ..part };
    assert!(matches!(stocktakes.count(&room.member, id, &other).await, Err(StocktakeError::RequestReused)));
    // Somebody takes five between the parts: the books of the first part stay the measure.
    room.book(Act::Issue { item: room.m3, from: room.red, quantity: 5.into(), lot: None }).await;
    let second = request(room.m3, room.red, Amount::Plus(295.into()));
    stocktakes.count(&room.member, id, &second).await.expect("counted");
    let view = room.view(id).await;
    let counted = line(&view, room.m3);
    assert_eq!((counted.counted, counted.expected, counted.moved), (Some(395.into()), Some(400.into()), (-5).into()));
    stocktakes.count(&room.member, id, &request(room.m3, room.red, Amount::Open)).await.expect("open again");
    assert_eq!(line(&room.view(id).await, room.m3).counted, None);
}

#[tokio::test]
async fn scans_tick_things_off_ask_for_numbers_and_lead_into_boxes() {
    let room = Room::new().await;
    let id = room.open(room.hall).await;
    let code = async |item| {
        let found = room.services.catalog.summaries(&room.keeper, &[item]).await.expect("read");
        found[0].code.clone().expect("a code")
    };
    let scan =
        async |here, text: &str| room.services.stocktakes.scan(&room.member, id, here, RequestId::new(), text).await;
    match scan(None, &code(room.drill).await).await.expect("known") {
        CountScan::Counted(counted) => assert_eq!(counted.line.holder, room.red, "where the books have it"),
        other => panic!("{other:?}"),
    }
    match scan(None, &code(room.m3).await).await.expect("known") {
        CountScan::HowMany { item, holder, counted } => {
            assert_eq!((item.id, holder, counted), (room.m3, room.red, None));
        }
        other => panic!("{other:?}"),
    }
    let red = code(room.red).await;
    assert!(matches!(scan(None, &red).await.expect("known"), CountScan::Counted(_)));
    assert!(matches!(scan(None, &red).await.expect("known"), CountScan::Here(place) if place.id == room.red));
    assert!(matches!(scan(None, &code(room.shelf).await).await.expect("known"), CountScan::Here(_)));
    assert!(matches!(scan(None, &code(room.van).await).await, Err(StocktakeError::OutOfScope)));
    assert!(matches!(scan(None, "4711 no such thing").await, Ok(CountScan::Other(Scanned::Unknown { .. }))));
    // With a place in hand, the thing is in that place.
    match scan(Some(room.shelf), &code(room.drill).await).await.expect("known") {
        CountScan::Counted(counted) => assert_eq!(counted.line.holder, room.shelf),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn lent_things_are_not_expected_and_come_back_when_they_are_found() {
    let room = Room::new().await;
    room.book(Act::CheckOut {
        item: room.drill,
        from: room.red,
        quantity: 1.into(),
        lot: None,
        borrower: Borrower::Named("Ann".into()),
        due_on: None,
    })
    .await;
    let id = room.open(room.hall).await;
    assert!(room.view(id).await.lines.iter().all(|line| line.line.item != room.drill));
    room.count(id, room.drill, room.shelf, 1).await;
    room.close(id).await;
    assert_eq!(room.view(id).await.tally.expect("shown").returned, 1);
    room.approve(id).await.expect("approved");
    assert_eq!(room.there(room.drill, room.shelf).await, 1.into());
    let loans = room.services.loans.list(&room.keeper, inventory::services::loans::LoanFilter::default()).await;
    assert_eq!(loans.expect("read"), []);
    room.assert_sums().await;
}

#[tokio::test]
async fn the_rest_is_not_here_but_what_lies_in_a_missing_box_stays_in_it() {
    let room = Room::new().await;
    let id = room.open(room.hall).await;
    let lines = room.services.stocktakes.rest_is_not_here(&room.member, id).await.expect("counted");
    assert_eq!(lines, 2, "the box and the M4 screws; the drill and the M3 screws are in the box, wherever it is");
    room.close(id).await;
    room.approve(id).await.expect("approved");
    let drill = room.services.catalog.view(&room.keeper, room.drill).await.expect("known").summary;
    assert_eq!(drill.path.head, inventory::services::catalog::PathHead::Missing);
    assert_eq!(room.there(room.drill, room.red).await, 1.into());
    assert_eq!(room.there(room.m4, room.shelf).await, 0.into());
}

#[tokio::test]
async fn two_count_at_once_and_neither_loses_a_line() {
    let room = Room::new().await;
    let id = room.open(room.hall).await;
    let mut things = Vec::new();
    for n in 0..24 {
        things.push(room.make(ItemKind::Consumable, &format!("Nail {n}"), Some((room.shelf, 10))).await);
    }
    let counter = |actor: &Actor, mut things: Vec<_>, backwards: bool| {
        let (stocktakes, actor, shelf) = (room.services.stocktakes.clone(), actor.clone(), room.shelf);
        if backwards {
            things.reverse();
        }
        tokio::spawn(async move {
            for item in things {
                stocktakes.count(&actor, id, &request(item, shelf, Amount::Plus(5.into()))).await.expect("counted");
            }
        })
    };
    let (one, other) = (counter(&room.member, things.clone(), false), counter(&room.keeper, things.clone(), true));
    one.await.expect("ran");
    other.await.expect("ran");
    let view = room.view(id).await;
    for item in things {
        assert_eq!(line(&view, item).counted, Some(10.into()), "five and five");
        assert_eq!(line(&view, item).times, 2);
    }
}

#[tokio::test]
async fn what_was_counted_longest_ago_is_proposed_first() {
    let room = Room::new().await;
    let names = async || -> Vec<String> {
        let all = room.services.stocktakes.proposals(&room.member, 10).await.expect("read");
        all.into_iter().map(|proposal| proposal.name).collect()
    };
    assert_eq!(names().await, ["Red box", "Shelf"], "both never counted: the fuller one, then by name");
    let id = room.open(room.red).await;
    assert_eq!(names().await, ["Shelf"], "what is being counted is not proposed");
    room.count(id, room.m3, room.red, 400).await;
    room.close(id).await;
    room.approve(id).await.expect("approved");
    assert_eq!(names().await, ["Shelf", "Red box"]);
}

#[tokio::test]
async fn a_place_is_due_so_many_days_after_its_last_count_where_an_admin_said_so() {
    let room = Room::new().await;
    let stocktakes = &room.services.stocktakes;
    let due = async || stocktakes.agenda(&room.member).await.expect("read").due;
    assert_eq!(
        (stocktakes.interval(&room.member).await.expect("read"), due().await),
        (None, 0),
        "nobody said how often"
    );
    let month = Interval::of_days(30);
    assert!(matches!(stocktakes.set_interval(&room.keeper, month).await, Err(StocktakeError::Forbidden(_))));
    stocktakes.set_interval(&Actor::program(), month).await.expect("set");
    assert_eq!(
        (stocktakes.interval(&room.member).await.expect("read"), due().await),
        (month, 2),
        "neither was ever counted"
    );
    let id = room.open(room.red).await;
    let agenda = stocktakes.agenda(&room.member).await.expect("read");
    assert_eq!((agenda.active[0].id, agenda.due), (id, 1), "what is being counted is not due");
    room.count(id, room.m3, room.red, 400).await;
    room.close(id).await;
    room.approve(id).await.expect("approved");
    assert_eq!(due().await, 1, "the red box was counted today");
    stocktakes.set_interval(&Actor::program(), None).await.expect("taken back");
    assert_eq!(due().await, 0);
}

/// Tells a process of this binary to be the one that counts; its value is the directory.
const COUNTER: &str = "INVENTORY_TEST_COUNTER";
const NAILS: usize = 30;

/// Only of use to the test below, which runs it as a process of its own: counts one line after the other, and says which.
#[tokio::test]
async fn one_process_counts_until_it_is_killed_when_told_to() {
    let Some(dir) = std::env::var_os(COUNTER) else { return };
    let app = open(std::path::Path::new(&dir)).await;
    let actor = Actor::program();
    let head = app.services.stocktakes.list(&actor, &[State::Open], 1).await.expect("read").remove(0);
    let view = app.services.stocktakes.view(&actor, head.id).await.expect("there");
    for line in view.lines.iter().filter(|line| line.counted.is_none()) {
        let request = request(line.line.item, line.line.holder, Amount::Is(7.into()));
        app.services.stocktakes.count(&actor, head.id, &request).await.expect("counted");
        println!("\ncounted {}", line.line.item);
    }
    app.stop().await.expect("it stops");
}

async fn open(dir: &std::path::Path) -> App {
    let app = App::open(config(dir), Open { meaning: false, ..Open::default() }).await.expect("the program starts");
    app.ready().expect("ready");
    app
}

#[tokio::test]
async fn a_count_goes_on_where_it_was_when_the_power_went() {
    use std::io::{BufRead as _, BufReader};
    let dir = tempfile::tempdir().expect("a temporary directory");
    let app = open(dir.path()).await;
    let make = async |kind, name: &str, place| {
        let draft = inventory::domain::ItemDraft::new(kind, name);
        let new = NewItem { request: RequestId::new(), draft, place, codes: vec![] };
        app.services.catalog.create(&Actor::program(), new).await.expect("made").item
    };
    let shelf = make(ItemKind::Location, "Shelf", None).await;
    for n in 0..NAILS {
        let place = Placement { holder: shelf, quantity: 10.into(), lot: None };
        make(ItemKind::Consumable, &format!("Nail {n}"), Some(place)).await;
    }
    let id = app.services.stocktakes.open(&Actor::program(), shelf, "").await.expect("opened");
    app.stop().await.expect("it stops");

    let mut process = Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", "stocktake::counting::one_process_counts_until_it_is_killed_when_told_to", "--nocapture"])
        .env(COUNTER, dir.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut said = Vec::new();
    for line in BufReader::new(process.stdout.take().expect("piped")).lines().map_while(Result::ok) {
        if let Some(item) = line.trim().strip_prefix("counted ") {
            said.push(item.to_owned());
        }
        if said.len() == 9 {
            process.kill().expect("killed"); // SIGKILL, in the middle of the next count
        }
    }
    process.wait().expect("dead");
    assert!((9..NAILS).contains(&said.len()), "{} counted before it died", said.len());

    let app = open(dir.path()).await;
    let view = app.services.stocktakes.view(&Actor::program(), id).await.expect("still there");
    assert_eq!(view.head.state, State::Open);
    for item in &said {
        let line = view.lines.iter().find(|line| line.line.item.to_string() == *item).expect("there");
        assert_eq!(line.counted, Some(7.into()), "acknowledged and lost: {item}");
    }
    assert!(view.counted <= said.len() + 1);
    assert_eq!(outcome(&view, view.lines[0].line.item).is_some(), view.lines[0].counted.is_some());
    app.stop().await.expect("it stops");
}
