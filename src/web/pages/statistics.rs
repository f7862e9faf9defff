//! The inventory in figures, and the stock of one item over time.

use axum::extract::Path;
use maud::{Markup, html};
use rust_i18n::t;
use time::Date;

use crate::domain::ItemId;
use crate::services::statistics::{Activity, StatisticsError};
use crate::web::charts::{self, Bars};
use crate::web::fault::Fault;
use crate::web::layout::{self, Nav, Page};
use crate::web::parts;
use crate::web::visit::Visit;
use crate::web::words::{self, say};

/// `GET /statistics`
pub async fn page(visit: Visit) -> Result<Markup, Fault> {
    let lang = visit.lang;
    let figures = visit.state.services.statistics.figures(&visit.actor, words::today(), &words::zone()).await?;
    let word = |key: &str| say(lang, &format!("stats.{key}"));
    let activity = |title: &str, ground: &str, times: &[Activity], label: &dyn Fn(Date) -> (String, String)| {
        charts::bars(
            lang,
            &Bars {
                title,
                ground,
                labels: times.iter().map(|at| label(at.from)).collect(),
                rows: vec![
                    (word("taken"), times.iter().map(|at| at.taken).collect()),
                    (word("put_back"), times.iter().map(|at| at.put_back).collect()),
                ],
            },
        )
    };
    let day = |day: Date| (day.day().to_string(), words::date(lang, day));
    let month = |day: Date| {
        let name = say(lang, &format!("month_short.{}", u8::from(day.month())));
        (name.trim_end_matches('.').to_owned(), format!("{name} {}", day.year()))
    };
    let (days, months, items, kinds) = (word("days"), word("months"), word("items"), word("kinds"));
    let title = word("title");
    let body = html! {
        h1.heading { (title) }
        div.columns {
            section.panel.pad aria-labelledby="days" {
                h2.title #days { (days) }
                (activity(&days, &word("day"), &figures.days, &day))
            }
            section.panel.pad aria-labelledby="months" {
                h2.title #months { (months) }
                (activity(&months, &word("month"), &figures.months, &month))
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
                h2.title #kinds { (kinds) }
                (charts::bars(lang, &Bars {
                    title: &kinds,
                    ground: &say(lang, "detail.kind"),
                    labels: figures.kinds.iter().map(|(kind, _)| (words::kind(lang, *kind), words::kind(lang, *kind))).collect(),
                    rows: vec![(word("count"), figures.kinds.iter().map(|(_, count)| *count).collect())],
                }))
            }
            section.panel.pad aria-labelledby="value" {
                h2.title #value { (word("value")) }
                @if figures.values.is_empty() { p.muted { (word("no_value")) } }
                @else {
                    ul.lines { @for (currency, value) in &figures.values {
                        li.lo { span.figure { (words::number(lang, *value)) " " small { (currency) } } }
                    } }
                    p.caption.muted { (word("value_help")) }
                }
            }
        }
    };
    Ok(layout::page(&visit, &Page { title, nav: Some(Nav::Statistics), verbs: None, body }))
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
