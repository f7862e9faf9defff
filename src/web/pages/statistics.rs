//! The inventory in figures, and the stock of one item over time.

use axum::extract::Path;
use maud::{Markup, html};
use rust_decimal::prelude::ToPrimitive as _;
use rust_i18n::t;
use time::Date;

use crate::domain::ItemId;
use crate::services::statistics::{Activity, StatisticsError};
use crate::web::charts::{self, Bars};
use crate::web::fault::Fault;
use crate::web::language::Lang;
use crate::web::layout::{self, Nav, Page};
use crate::web::parts;
use crate::web::visit::Visit;
use crate::web::words::{self, say};

/// Currencies whose worth is drawn; most have one.
const CURRENCIES: usize = 3;

/// `GET /statistics`
pub async fn page(visit: Visit) -> Result<Markup, Fault> {
    let lang = visit.lang;
    let figures = visit.state.services.statistics.figures(&visit.actor, words::today(), &words::zone()).await?;
    let word = |key: &str| say(lang, &format!("stats.{key}"));
    let month = |day: Date| {
        let name = say(lang, &format!("month_short.{}", u8::from(day.month())));
        (name.trim_end_matches('.').to_owned(), format!("{name} {}", day.year()))
    };
    let counts: Vec<_> = figures.kinds.iter().map(|(kind, count)| (words::kind(lang, *kind), *count)).collect();
    let (months, items) = (word("months"), word("items"));
    let title = word("title");
    let body = html! {
        h1.heading { (title) }
        div.columns {
            section.panel.pad aria-labelledby="days" {
                h2.title #days { (word("days")) }
                (days(lang, &figures.days))
            }
            section.panel.pad aria-labelledby="months" {
                h2.title #months { (months) }
                (activity(lang, &months, &word("month"), &figures.months, &month))
            }
            section.panel.pad aria-labelledby="items" {
                h2.title #items { (items) }
                (charts::bars(lang, &Bars {
                    title: &items,
                    ground: &word("month"),
                    labels: figures.items.iter().map(|(from, _)| month(*from)).collect(),
                    rows: vec![(word("count"), figures.items.iter().map(|(_, count)| *count).collect())],
                }))
            }
            section.panel.pad aria-labelledby="kinds" {
                h2.title #kinds { (word("kinds")) }
                (charts::rows(lang, &counts))
            }
            section.panel.pad aria-labelledby="value" {
                h2.title #value { (word("value")) }
                @if figures.values.is_empty() { p.muted { (word("no_value")) } }
                @else {
                    ul.lines { @for (currency, value) in &figures.values {
                        li.lo { span.figure { (words::number(lang, *value)) " " small { (currency) } } }
                    } }
                    @for ((currency, _), months) in figures.values.iter().zip(&figures.worth).take(CURRENCIES) {
                        @let title = t!("stats.worth", locale = lang.code(), currency = currency.as_str());
                        h3.part-title { (title) }
                        (charts::bars(lang, &Bars {
                            title: &title,
                            ground: &word("month"),
                            labels: months.iter().map(|(from, _)| month(*from)).collect(),
                            rows: vec![(currency.clone(), months.iter().map(|(_, value)| value.round().to_i64().unwrap_or_default()).collect())],
                        }))
                    }
                    p.caption.muted { (word("value_help")) }
                }
            }
        }
    };
    Ok(layout::page(&visit, &Page { title, nav: Some(Nav::Statistics), verbs: None, body }))
}

/// What was taken and put back, day by day.
pub fn days(lang: Lang, days: &[Activity]) -> Markup {
    let label = |day: Date| (day.day().to_string(), words::date(lang, day));
    activity(lang, &say(lang, "stats.days"), &say(lang, "stats.day"), days, &label)
}

/// What was taken and put back, in bars.
fn activity(
    lang: Lang,
    title: &str,
    ground: &str,
    times: &[Activity],
    label: &dyn Fn(Date) -> (String, String),
) -> Markup {
    let labels = times.iter().map(|at| label(at.from)).collect();
    let rows = vec![
        (say(lang, "stats.taken"), times.iter().map(|at| at.taken).collect()),
        (say(lang, "stats.put_back"), times.iter().map(|at| at.put_back).collect()),
    ];
    charts::bars(lang, &Bars { title, ground, labels, rows })
}

/// `GET /items/{id}/stock`: how many were on hand, over time.
pub async fn of_item(visit: Visit, Path(id): Path<String>) -> Result<Markup, Fault> {
    let lang = visit.lang;
    let id: ItemId = id.parse().map_err(|_| Fault::NotFound)?;
    let item = visit.state.services.catalog.summaries(&visit.actor, &[id]).await?.pop().ok_or(Fault::NotFound)?;
    let levels = visit.state.services.statistics.levels(&visit.actor, id, &words::zone()).await?;
    let title = t!("stats.of", locale = lang.code(), name = item.name.as_str()).into_owned();
    let body = html! {
        a.btn.flat.back href={ "/items/" (id) } { (parts::icon(&visit, "back")) (item.name) }
        h1.heading { (title) }
        section.panel.pad {
            @if levels.is_empty() { (parts::empty(&say(lang, "history.none"), &say(lang, "history.none_help"))) }
            @else { (charts::level(lang, &title, &levels, words::today(), item.unit.as_deref())) }
        }
    };
    Ok(layout::page(&visit, &Page { title, nav: Some(Nav::Statistics), verbs: None, body }))
}

impl From<StatisticsError> for Fault {
    fn from(error: StatisticsError) -> Self {
        match error {
            StatisticsError::Forbidden(forbidden) => Self::Forbidden(forbidden.needed),
            StatisticsError::Store(error) => error.into(),
        }
    }
}
