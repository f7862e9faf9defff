//! What a scan does: decided by what the code names and by what is open, never by a mode somebody has to remember.

use crate::domain::command::Command;
use crate::domain::{ItemId, ItemKind, PersonId};

/// What a scanned code names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    Badge(PersonId),
    /// `into`: the holder it lies in, when it lies in one.
    Item {
        id: ItemId,
        kind: ItemKind,
        archived: bool,
        into: Option<ItemId>,
    },
    /// A trade number several items share.
    Several,
    /// A printed label on nothing yet.
    Blank,
    Command(Command),
    /// Nobody knows it.
    Nothing,
}

/// What is on the screen when it is scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Open {
    /// Home, results, lists: nothing a scan could go into.
    #[default]
    Other,
    Item(ItemId),
    /// The quantity pad of an act on this item.
    Amount(ItemId),
    /// What is in this place; scanned things go there.
    Place {
        id: ItemId,
        kind: ItemKind,
    },
    Basket,
    /// A count under way.
    Count,
}

/// Everything a scan's meaning depends on besides the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Situation {
    pub open: Open,
    /// The session, if somebody signed in.
    pub person: Option<PersonId>,
    /// The session was opened by a badge, or something lies in the basket: things scanned are things taken.
    pub taking: bool,
    /// The screen sleeps: the first scan only wakes it.
    pub asleep: bool,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Wake,
    SignIn(PersonId),
    /// The same badge again: the time left begins anew.
    Renew,
    ShowItem(ItemId),
    ShowPlace(ItemId),
    /// Into the basket, once more if it is there.
    TakeOne(ItemId),
    PutInto {
        item: ItemId,
        place: ItemId,
    },
    /// So many more of what is open.
    Raise(u32),
    /// Into the count that is open.
    Count,
    Choose,
    /// Offer to make an item of the label, or to put it on one.
    Label,
    /// Offer to attach the code to an item, or to make one.
    Attach,
    PutBack(ItemId),
    Undo,
    /// Confirm what is open.
    Confirm,
    UseUp(ItemId),
    /// Nothing is open that this command could act on.
    NothingOpen,
}

/// The decision table.
///
/// A location always shows its contents. A container does too, unless a location is open that it does not lie in: then it
/// is a thing to be put there. (Container into container is never guessed: whoever scans two boxes means two boxes.)
pub fn decide(named: Named, situation: Situation) -> Action {
    let Situation { open, person, taking, asleep } = situation;
    if asleep {
        return Action::Wake;
    }
    match named {
        Named::Badge(badge) if person == Some(badge) => Action::Renew,
        Named::Badge(badge) => Action::SignIn(badge),
        Named::Command(command) => command_in(command, open),
        Named::Several if open == Open::Count => Action::Count,
        Named::Several => Action::Choose,
        Named::Blank => Action::Label,
        Named::Nothing => Action::Attach,
        Named::Item { id, kind, archived, into } => item_in(id, kind, archived, into, open, taking),
    }
}

fn item_in(id: ItemId, kind: ItemKind, archived: bool, into: Option<ItemId>, open: Open, taking: bool) -> Action {
    match (kind, open) {
        (_, Open::Count) => Action::Count,
        // An archived thing cannot be booked, and its page says so; a product has no stock of its own.
        (_, _) if archived || kind == ItemKind::Product => Action::ShowItem(id),
        (ItemKind::Container, Open::Place { id: place, kind: ItemKind::Location }) if into != Some(place) => {
            Action::PutInto { item: id, place }
        }
        (ItemKind::Location | ItemKind::Container, _) => Action::ShowPlace(id),
        (_, Open::Amount(item)) if item == id => Action::Raise(1),
        (_, Open::Place { id: place, .. }) if kind == ItemKind::Consumable || into != Some(place) => {
            Action::PutInto { item: id, place }
        }
        (_, Open::Place { .. }) => Action::ShowItem(id),
        (_, Open::Basket) => Action::TakeOne(id),
        (_, _) if taking => Action::TakeOne(id),
        _ => Action::ShowItem(id),
    }
}

fn command_in(command: Command, open: Open) -> Action {
    match (command, open) {
        (Command::Undo, _) => Action::Undo,
        (Command::PlusOne, Open::Amount(_) | Open::Basket | Open::Count) => Action::Raise(1),
        (Command::PlusTen, Open::Amount(_) | Open::Basket | Open::Count) => Action::Raise(10),
        (Command::Done, Open::Amount(_) | Open::Basket | Open::Count) => Action::Confirm,
        (Command::PutBack, Open::Item(item) | Open::Amount(item)) => Action::PutBack(item),
        (Command::Empty, Open::Item(item) | Open::Amount(item)) => Action::UseUp(item),
        _ => Action::NothingOpen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stable ids that read as what they are.
    fn id(n: u128) -> ItemId {
        ItemId(uuid::Uuid::from_u128(n))
    }
    fn screws() -> ItemId {
        id(1)
    }
    fn drill() -> ItemId {
        id(2)
    }
    fn toolbox() -> ItemId {
        id(3)
    }
    fn shelf() -> ItemId {
        id(4)
    }
    fn ann() -> PersonId {
        PersonId(uuid::Uuid::from_u128(5))
    }

    fn item(id: ItemId, kind: ItemKind) -> Named {
        Named::Item { id, kind, archived: false, into: None }
    }
    fn on(open: Open) -> Situation {
        Situation { open, ..Situation::default() }
    }
    fn at_shelf() -> Situation {
        on(Open::Place { id: shelf(), kind: ItemKind::Location })
    }

    fn check(named: Named, situation: Situation, expected: Action) {
        assert_eq!(decide(named, situation), expected, "{named:?} in {situation:?}");
    }

    #[test]
    fn a_badge_opens_a_session_changes_it_or_renews_it() {
        let bob = PersonId(uuid::Uuid::from_u128(6));
        check(Named::Badge(ann()), Situation::default(), Action::SignIn(ann()));
        let session = Situation { person: Some(ann()), ..Situation::default() };
        check(Named::Badge(bob), session, Action::SignIn(bob));
        check(Named::Badge(ann()), session, Action::Renew);
        check(Named::Badge(ann()), Situation { open: Open::Count, ..session }, Action::Renew);
    }

    #[test]
    fn a_thing_shows_its_card_or_is_taken_where_things_are_being_taken() {
        for (named, id) in [(item(screws(), ItemKind::Consumable), screws()), (item(drill(), ItemKind::Asset), drill())]
        {
            check(named, Situation::default(), Action::ShowItem(id));
            check(named, on(Open::Item(shelf())), Action::ShowItem(id));
            check(named, Situation { taking: true, ..Situation::default() }, Action::TakeOne(id));
            check(named, on(Open::Basket), Action::TakeOne(id));
            check(named, on(Open::Count), Action::Count);
        }
    }

    #[test]
    fn the_same_thing_again_on_its_pad_is_one_more() {
        check(item(screws(), ItemKind::Consumable), on(Open::Amount(screws())), Action::Raise(1));
        check(item(screws(), ItemKind::Consumable), on(Open::Amount(drill())), Action::ShowItem(screws()));
    }

    #[test]
    fn a_place_shows_what_is_in_it_and_things_scanned_next_go_there() {
        check(item(shelf(), ItemKind::Location), at_shelf(), Action::ShowPlace(shelf()));
        check(item(shelf(), ItemKind::Location), on(Open::Basket), Action::ShowPlace(shelf()));
        check(item(toolbox(), ItemKind::Container), Situation::default(), Action::ShowPlace(toolbox()));
        for (named, id) in [
            (item(screws(), ItemKind::Consumable), screws()),
            (item(drill(), ItemKind::Asset), drill()),
            (item(toolbox(), ItemKind::Container), toolbox()),
        ] {
            check(named, at_shelf(), Action::PutInto { item: id, place: shelf() });
            check(named, Situation { taking: true, ..at_shelf() }, Action::PutInto { item: id, place: shelf() });
        }
    }

    #[test]
    fn what_lies_there_already_is_shown_instead() {
        let there = |id, kind| Named::Item { id, kind, archived: false, into: Some(shelf()) };
        check(there(drill(), ItemKind::Asset), at_shelf(), Action::ShowItem(drill()));
        check(there(toolbox(), ItemKind::Container), at_shelf(), Action::ShowPlace(toolbox()));
        // More of the same goods may come to where some lie.
        check(there(screws(), ItemKind::Consumable), at_shelf(), Action::PutInto { item: screws(), place: shelf() });
    }

    #[test]
    fn two_boxes_are_two_boxes() {
        let open = on(Open::Place { id: toolbox(), kind: ItemKind::Container });
        check(item(id(9), ItemKind::Container), open, Action::ShowPlace(id(9)));
        check(item(drill(), ItemKind::Asset), open, Action::PutInto { item: drill(), place: toolbox() });
    }

    #[test]
    fn what_cannot_be_booked_is_only_shown() {
        for open in [at_shelf(), on(Open::Basket), Situation { taking: true, ..Situation::default() }] {
            let archived = Named::Item { id: drill(), kind: ItemKind::Asset, archived: true, into: None };
            check(archived, open, Action::ShowItem(drill()));
            check(item(id(8), ItemKind::Product), open, Action::ShowItem(id(8)));
        }
    }

    #[test]
    fn labels_choices_and_unknown_codes_ask() {
        for situation in [Situation::default(), at_shelf(), on(Open::Basket)] {
            check(Named::Blank, situation, Action::Label);
            check(Named::Several, situation, Action::Choose);
            check(Named::Nothing, situation, Action::Attach);
        }
        check(Named::Several, on(Open::Count), Action::Count);
    }

    #[test]
    fn a_command_acts_on_what_is_open_and_says_so_when_nothing_is() {
        let command = |c, open, expected| check(Named::Command(c), on(open), expected);
        for open in [Open::Amount(screws()), Open::Basket, Open::Count] {
            command(Command::PlusOne, open, Action::Raise(1));
            command(Command::PlusTen, open, Action::Raise(10));
            command(Command::Done, open, Action::Confirm);
        }
        for open in [Open::Item(screws()), Open::Amount(screws())] {
            command(Command::PutBack, open, Action::PutBack(screws()));
            command(Command::Empty, open, Action::UseUp(screws()));
        }
        command(Command::Undo, Open::Other, Action::Undo);
        for c in Command::ALL.into_iter().filter(|c| *c != Command::Undo) {
            command(c, Open::Other, Action::NothingOpen);
        }
    }

    #[test]
    fn a_sleeping_screen_only_wakes() {
        for named in [Named::Badge(ann()), Named::Blank, Named::Nothing, item(drill(), ItemKind::Asset)] {
            check(named, Situation { asleep: true, taking: true, ..at_shelf() }, Action::Wake);
        }
    }
}
