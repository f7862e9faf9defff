//! Several scans, one confirmation: what somebody is about to take, put back or move.

use rust_decimal::Decimal;
use time::Date;

use super::quantity::QuantityError;
use super::{ItemId, ItemKind, Quantity};

/// What is done with everything in a basket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum BasketVerb {
    #[default]
    Take,
    PutBack,
    Move,
}

/// One item in a basket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasketLine {
    pub item: ItemId,
    pub kind: ItemKind,
    /// One, for what is not counted in a unit.
    pub quantity: Quantity,
    /// Where it is taken from, or where it goes; `None`: the likeliest place.
    pub place: Option<ItemId>,
}

/// Lines in the order of their scans, each item once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Basket {
    pub verb: BasketVerb,
    /// Where everything goes that has no place of its own, when it is put back or moved.
    pub to: Option<ItemId>,
    /// What it is for.
    pub note: String,
    /// When lent things are due.
    pub due_on: Option<Date>,
    lines: Vec<BasketLine>,
}

impl Basket {
    /// An empty basket.
    pub fn new(verb: BasketVerb) -> Self {
        Self { verb, ..Self::default() }
    }

    /// A basket with these lines; of an item named twice, the amounts come together.
    pub fn of(verb: BasketVerb, lines: impl IntoIterator<Item = BasketLine>) -> Result<Self, QuantityError> {
        let mut basket = Self::new(verb);
        for line in lines {
            match basket.lines.iter_mut().find(|there| there.item == line.item) {
                Some(there) if line.kind.is_counted() => {
                    there.quantity = Quantity::new(there.quantity.get() + line.quantity.get())?;
                }
                Some(_) => {}
                None => basket.lines.push(line),
            }
        }
        Ok(basket)
    }

    pub fn lines(&self) -> &[BasketLine] {
        &self.lines
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// A scan of an item: one more of a consumable; a thing is in it or not. Returns how many there are now.
    pub fn add(&mut self, item: ItemId, kind: ItemKind) -> Quantity {
        if let Some(at) = self.lines.iter().position(|line| line.item == item) {
            let mut line = self.lines.remove(at);
            if kind.is_counted()
                && let Ok(more) = Quantity::new(line.quantity.get() + Decimal::ONE)
            {
                line.quantity = more;
            }
            // The last scan stands last: a place scanned next is about it.
            self.lines.push(line);
            return line.quantity;
        }
        self.lines.push(BasketLine { item, kind, quantity: Quantity::ONE, place: None });
        Quantity::ONE
    }

    /// Sets how many; zero takes the line out. What is not counted stays one.
    pub fn set(&mut self, item: ItemId, amount: Decimal) -> Result<(), QuantityError> {
        if amount.is_zero() {
            self.remove(item);
            return Ok(());
        }
        let quantity = Quantity::new(amount)?;
        if let Some(line) = self.lines.iter_mut().find(|line| line.item == item && line.kind.is_counted()) {
            line.quantity = quantity;
        }
        Ok(())
    }

    /// One more or one less. The last one stays: taking the line out is its own touch.
    pub fn step(&mut self, item: ItemId, up: bool) {
        if let Some(line) = self.lines.iter_mut().find(|line| line.item == item && line.kind.is_counted()) {
            let amount = if up { line.quantity.get() + Decimal::ONE } else { line.quantity.get() - Decimal::ONE };
            line.quantity = Quantity::new(amount).unwrap_or(line.quantity);
        }
    }

    pub fn remove(&mut self, item: ItemId) {
        self.lines.retain(|line| line.item != item);
    }

    /// A scanned place: where the last thing is taken from; or, for what is put back or moved, where everything goes.
    pub fn place(&mut self, place: ItemId) {
        match self.verb {
            BasketVerb::Take => {
                if let Some(last) = self.lines.last_mut() {
                    last.place = Some(place);
                }
            }
            BasketVerb::PutBack | BasketVerb::Move => self.to = Some(place),
        }
    }

    /// Another verb for the same things. Places belong to the verb they were chosen for.
    pub fn turn(&mut self, verb: BasketVerb) {
        if self.verb != verb {
            self.verb = verb;
            self.to = None;
            self.lines.iter_mut().for_each(|line| line.place = None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(basket: &Basket, expected: &[(ItemId, u32)]) {
        let lines: Vec<_> = basket.lines().iter().map(|line| (line.item, line.quantity)).collect();
        let expected: Vec<_> = expected.iter().map(|(item, n)| (*item, Quantity::from(*n))).collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn each_scan_adds_one_of_what_is_counted_and_the_last_scan_stands_last() {
        let (screws, drill, wire) = (ItemId::new(), ItemId::new(), ItemId::new());
        let mut basket = Basket::new(BasketVerb::Take);
        for (item, kind) in [
            (screws, ItemKind::Consumable),
            (drill, ItemKind::Asset),
            (wire, ItemKind::Consumable),
            (drill, ItemKind::Asset),
            (screws, ItemKind::Consumable),
        ] {
            basket.add(item, kind);
        }
        check(&basket, &[(wire, 1), (drill, 1), (screws, 2)]);
        basket.place(drill);
        assert_eq!(basket.lines()[2].place, Some(drill), "the place is about the last scan");
    }

    #[test]
    fn amounts_are_set_stepped_and_taken_out() {
        let screws = ItemId::new();
        let mut basket = Basket::new(BasketVerb::Take);
        basket.add(screws, ItemKind::Consumable);
        basket.set(screws, 50.into()).expect("a quantity");
        basket.step(screws, true);
        check(&basket, &[(screws, 51)]);
        assert_eq!(basket.set(screws, (-1).into()), Err(QuantityError::NotPositive));
        check(&basket, &[(screws, 51)]);
        basket.set(screws, 1.into()).expect("a quantity");
        basket.step(screws, false);
        check(&basket, &[(screws, 1)]);
        basket.set(screws, Decimal::ZERO).expect("out");
        assert!(basket.is_empty());
    }

    #[test]
    fn another_verb_forgets_the_places() {
        let (drill, shelf) = (ItemId::new(), ItemId::new());
        let mut basket = Basket::new(BasketVerb::Move);
        basket.add(drill, ItemKind::Asset);
        basket.place(shelf);
        assert_eq!(basket.to, Some(shelf));
        basket.turn(BasketVerb::Take);
        assert_eq!((basket.to, basket.lines()[0].place), (None, None));
    }
}
