//! Labels: stickers for things and places, blank ones for later, badges, commands, and lists of what is in a place.
//!
//! The symbol of an own code says `U1000M`, or, where the address of the pages is known, `https://…/i/U1000M`, which a
//! telephone opens as well; both are the same to a scanner here.

mod fonts;
mod paper;
mod symbols;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use secrecy::ExposeSecret;
use thiserror::Error;

use self::fonts::Fonts;
use self::paper::{Label, Line, Paper};
use super::people::{People, PeopleError};
use crate::domain::label::{Medium, MediumError};
use crate::domain::person::Forbidden;
use crate::domain::{Actor, ItemId, OwnCode, Permission, PersonId, code};
use crate::store::lists::{self, ListFilter, ListOrder};
use crate::store::summaries::{self, ItemSummary};
use crate::store::{Db, StoreError, codes};

/// Labels that one document may have.
const MOST_LABELS: usize = 2_000;
/// Lines of one list: two hundred pages.
const MOST_LINES: i64 = 7_000;

/// Why there is no label.
#[derive(Debug, Error)]
pub enum LabelError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("{0}")]
    Medium(#[from] MediumError),
    #[error("no such item")]
    NotFound,
    #[error("there is nothing to print")]
    Nothing,
    #[error("{0} labels are too many at once; {MOST_LABELS} are the most")]
    TooMany(usize),
    #[error("`{0}` holds nothing: a list is of a location or a container")]
    NoPlace(String),
    #[error("the address is too long for a label's symbol")]
    TooLong,
    #[error("this machine has no fonts: apt install fonts-lato fonts-b612 fonts-noto-core")]
    NoFonts,
    #[error("the document could not be written")]
    Document,
    #[error("{0}")]
    Person(#[from] PeopleError),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("the thread that draws the labels ended early")]
    Interrupted,
}

/// How labels are printed.
#[derive(Debug, Clone, PartialEq)]
pub struct Print {
    pub medium: &'static Medium,
    /// The first free label of a part-used sheet, from 1.
    pub start: u32,
    /// Of each label.
    pub copies: u32,
    /// With bars beside the QR code, for scanners that read nothing else.
    pub bars: bool,
    /// The address of the pages, such as `https://store.example`.
    pub address: Option<String>,
    /// With thin lines around each label, to see whether they fit.
    pub outlined: bool,
}

/// A document to print at actual size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    pub pdf: Vec<u8>,
    pub labels: usize,
    pub pages: usize,
    /// Letters that no font of this machine has; they are left out.
    pub unprintable: Vec<char>,
}

/// Makes labels.
#[derive(Clone)]
pub struct Labels {
    db: Db,
    people: People,
    /// Read when the first label is made.
    fonts: Arc<OnceLock<Option<Arc<Fonts>>>>,
}

impl Labels {
    pub fn new(db: Db, people: People) -> Self {
        Self { db, people, fonts: Arc::default() }
    }

    /// Labels of items, in this order.
    pub async fn items(&self, actor: &Actor, items: &[ItemId], print: &Print) -> Result<Printed, LabelError> {
        actor.require(Permission::Keep)?;
        let client = self.db.client().await?;
        let found = summaries::load(&client, items).await?;
        if found.len() < items.len() {
            return Err(LabelError::NotFound);
        }
        let labels = found.iter().map(|item| of_item(item, print)).collect();
        drop(client);
        self.print(labels, print).await
    }

    /// Labels of everything that lies in a place, however deep, places first as they are sorted by name.
    pub async fn inside(&self, actor: &Actor, place: ItemId, print: &Print) -> Result<Printed, LabelError> {
        actor.require(Permission::Keep)?;
        let client = self.db.client().await?;
        let filter = ListFilter { inside: Some(place), ..ListFilter::default() };
        let items = lists::ids(&client, &filter, ListOrder::Name, MOST_LABELS as i64 + 1).await?;
        drop(client);
        self.items(actor, &items, print).await
    }

    /// Labels that are on nothing yet: their codes are taken now and name nothing until somebody sticks one on.
    pub async fn blank(&self, actor: &Actor, count: u32, print: &Print) -> Result<Printed, LabelError> {
        actor.require(Permission::Keep)?;
        check_count(count as usize * print.copies.max(1) as usize)?;
        print.medium.places(1, print.start)?;
        self.fonts().await?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        let blank = super::codes::take_blanks(&tx, actor, count).await?;
        let labels = blank.iter().map(|code| of_code(code, print)).collect();
        // Codes of a document that could not be drawn are not taken.
        let printed = self.print(labels, print).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(printed)
    }

    /// Labels that say what to do with what is scanned next. `words`: what each command is called, in the reader's language.
    pub async fn commands(
        &self,
        actor: &Actor,
        words: &BTreeMap<String, String>,
        print: &Print,
    ) -> Result<Printed, LabelError> {
        actor.require(Permission::Keep)?;
        let client = self.db.client().await?;
        let commands = codes::commands(&client).await?;
        drop(client);
        let labels = commands.into_iter().map(|(text, command)| Label {
            bars: print.bars.then(|| text.clone()),
            name: words.get(&command).cloned().unwrap_or(command),
            code: text.clone(),
            symbol: text,
            place: String::new(),
        });
        self.print(labels.collect(), print).await
    }

    /// A new badge for each of these people; the ones before them no longer count.
    pub async fn badges(&self, actor: &Actor, people: &[PersonId], print: &Print) -> Result<Printed, LabelError> {
        actor.require(Permission::Administer)?;
        // Whatever can be refused is, before a badge is void.
        if people.is_empty() || print.copies == 0 {
            return Err(LabelError::Nothing);
        }
        check_count(people.len().saturating_mul(print.copies as usize))?;
        print.medium.places(1, print.start)?;
        self.fonts().await?;
        let mut names = Vec::with_capacity(people.len());
        for &person in people {
            names.push(self.people.get(actor, person).await?.name);
        }
        let mut labels = Vec::with_capacity(people.len());
        for (&person, name) in people.iter().zip(names) {
            let secret = self.people.issue_badge(actor, person).await?;
            labels.push(Label { symbol: secret.expose_secret().to_owned(), name, ..Label::default() });
        }
        self.print(labels, print).await
    }

    /// A list of what lies in a place, with the place's own label as its heading, on A4.
    pub async fn contents(
        &self,
        actor: &Actor,
        place: ItemId,
        nested: bool,
        address: Option<&str>,
    ) -> Result<Printed, LabelError> {
        actor.require(Permission::Keep)?;
        let client = self.db.client().await?;
        let heading = summaries::load(&client, &[place]).await?.pop().ok_or(LabelError::NotFound)?;
        if !heading.kind.is_holder() {
            return Err(LabelError::NoPlace(heading.name));
        }
        let filter = if nested {
            ListFilter { inside: Some(place), ..ListFilter::default() }
        } else {
            ListFilter { directly_in: Some(place), ..ListFilter::default() }
        };
        let items = lists::ids(&client, &filter, ListOrder::Name, MOST_LINES).await?;
        let found = summaries::load(&client, &items).await?;
        drop(client);
        let lines: Vec<Line> = found
            .iter()
            .map(|item| Line {
                code: item.code.clone().unwrap_or_default(),
                name: item.name.clone(),
                amount: item
                    .unit
                    .as_ref()
                    .map(|unit| format!("{} {unit}", item.on_hand.normalize()))
                    .unwrap_or_default(),
            })
            .collect();
        let heading = label(&heading, address, false);
        let (fonts, count) = (self.fonts().await?, lines.len());
        let paper = drawn(move || paper::list(&fonts, &heading, &lines)).await?;
        Ok(printed(paper, count))
    }

    async fn print(&self, labels: Vec<Label>, print: &Print) -> Result<Printed, LabelError> {
        if labels.is_empty() || print.copies == 0 {
            return Err(LabelError::Nothing);
        }
        let copies = print.copies as usize;
        check_count(labels.len().saturating_mul(copies))?;
        let labels: Vec<Label> = labels.into_iter().flat_map(|label| std::iter::repeat_n(label, copies)).collect();
        let (fonts, count) = (self.fonts().await?, labels.len());
        let (medium, start, outlined) = (print.medium, print.start, print.outlined);
        let paper = drawn(move || paper::labels(&fonts, medium, start, &labels, outlined)).await?;
        Ok(printed(paper, count))
    }

    /// Reading the list of fonts takes a moment; once.
    async fn fonts(&self) -> Result<Arc<Fonts>, LabelError> {
        let fonts = Arc::clone(&self.fonts);
        let read =
            move || fonts.get_or_init(|| Fonts::of_this_machine().map(Arc::new)).clone().ok_or(LabelError::NoFonts);
        drawn(read).await
    }
}

fn check_count(count: usize) -> Result<(), LabelError> {
    if count > MOST_LABELS { Err(LabelError::TooMany(count)) } else { Ok(()) }
}

fn of_item(item: &ItemSummary, print: &Print) -> Label {
    label(item, print.address.as_deref(), print.bars)
}

fn label(item: &ItemSummary, address: Option<&str>, bars: bool) -> Label {
    let shown = item.code.clone().unwrap_or_default();
    let stored = code::normalise(&shown);
    let places: Vec<&str> = item.path.places.iter().map(|place| place.name.as_str()).collect();
    Label {
        symbol: symbol(&stored, address),
        bars: bars.then(|| stored.clone()),
        name: item.name.clone(),
        code: shown,
        place: places.join(" › "),
    }
}

fn of_code(code: &OwnCode, print: &Print) -> Label {
    Label {
        symbol: symbol(&code.normalised(), print.address.as_deref()),
        bars: print.bars.then(|| code.normalised()),
        code: code.to_string(),
        ..Label::default()
    }
}

/// What a symbol says.
fn symbol(stored: &str, address: Option<&str>) -> String {
    match address {
        Some(address) => format!("{}/i/{stored}", address.trim_end_matches('/')),
        None => stored.to_owned(),
    }
}

fn printed(paper: Paper, labels: usize) -> Printed {
    Printed { pdf: paper.pdf, labels, pages: paper.pages, unprintable: paper.unprintable }
}

async fn drawn<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LabelError> + Send + 'static,
) -> Result<T, LabelError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(LabelError::Interrupted))
}
