//! What a reader or a program wants to find, from the query of an address.

use serde::Deserialize;

use super::fault::Fault;
use crate::domain::search::Filters;
use crate::domain::{Actor, ItemId, ItemKind};
use crate::services::Services;
use crate::services::search::{SearchError, SearchRequest, SearchResults};

/// Longer questions are cut; nobody types them.
const LONGEST: usize = 400;
/// Hits on one page.
pub const PER_PAGE: usize = 24;
/// The last page there is: further back nothing is worth looking at, and each page costs.
const PAGES: usize = 50;

/// The query of `/`, `/results` and `/api/v1/search`. What cannot be read as a filter is left out.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub q: String,
    #[serde(deserialize_with = "lenient")]
    pub kind: Option<ItemKind>,
    #[serde(deserialize_with = "filled")]
    pub tag: Option<String>,
    /// A holder, with everything inside it.
    #[serde(rename = "in", deserialize_with = "lenient")]
    pub inside: Option<ItemId>,
    #[serde(deserialize_with = "switch")]
    pub low: bool,
    #[serde(deserialize_with = "switch")]
    pub lent: bool,
    #[serde(deserialize_with = "switch")]
    pub archived: bool,
    /// From 1.
    #[serde(deserialize_with = "lenient")]
    pub page: Option<usize>,
}

impl Asked {
    /// Nothing at all: the first page shows what was lately used instead.
    pub fn is_empty(&self) -> bool {
        self.text().is_empty() && !self.is_filtered()
    }

    pub fn is_filtered(&self) -> bool {
        self.kind.is_some() || self.tag.is_some() || self.inside.is_some() || self.low || self.lent || self.archived
    }

    /// The question without what no keyboard types, and not longer than sensible.
    pub fn text(&self) -> String {
        let typed: String = self.q.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect();
        typed.trim_start().to_owned()
    }

    pub fn page(&self) -> usize {
        self.page.unwrap_or(1).clamp(1, PAGES)
    }

    /// The address that asks this.
    pub fn address(&self) -> String {
        let mut pairs: Vec<(&str, String)> = Vec::new();
        let text = self.text();
        if !text.is_empty() {
            pairs.push(("q", text));
        }
        if let Some(kind) = self.kind {
            pairs.push(("kind", kind.to_string()));
        }
        if let Some(tag) = &self.tag {
            pairs.push(("tag", tag.clone()));
        }
        if let Some(inside) = self.inside {
            pairs.push(("in", inside.to_string()));
        }
        for (name, on) in [("low", self.low), ("lent", self.lent), ("archived", self.archived)] {
            if on {
                pairs.push((name, "1".into()));
            }
        }
        if self.page() > 1 {
            pairs.push(("page", self.page().to_string()));
        }
        let query = serde_urlencoded::to_string(pairs).unwrap_or_default();
        if query.is_empty() { "/".into() } else { format!("/?{query}") }
    }

    /// Another question that differs a little, from its first page.
    pub fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut other = Self { page: None, ..self.clone() };
        change(&mut other);
        other
    }

    pub async fn search(&self, services: &Services, actor: &Actor, limit: usize) -> Result<SearchResults, Fault> {
        let request = SearchRequest {
            filters: Filters {
                tags: self.tag.iter().cloned().collect(),
                kinds: self.kind.into_iter().collect(),
                low: self.low,
                lent: self.lent,
                archived: self.archived,
                ..Filters::default()
            },
            inside: self.inside,
            limit,
            offset: (self.page() - 1) * limit,
            ..SearchRequest::new(self.text())
        };
        Ok(services.search.search(actor, &request).await?)
    }
}

impl From<SearchError> for Fault {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Forbidden(forbidden) => Self::Forbidden(forbidden.needed),
            SearchError::NoMeaning(_) => Self::Unavailable,
            SearchError::Store(error) => error.into(),
        }
    }
}

fn lenient<'de, D: serde::Deserializer<'de>, T: std::str::FromStr>(from: D) -> Result<Option<T>, D::Error> {
    Ok(String::deserialize(from)?.parse().ok())
}

fn filled<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text: String = String::deserialize(from)?.chars().filter(|c| !c.is_control()).take(60).collect();
    Ok(Some(text).filter(|text| !text.trim().is_empty()))
}

fn switch<'de, D: serde::Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    let text = String::deserialize(from)?;
    Ok(matches!(text.as_str(), "1" | "true" | "on" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Asked {
        serde_urlencoded::from_str(query).expect("readable")
    }

    #[test]
    fn an_address_reads_back_as_the_question() {
        let question = asked("q=tent+pegs&kind=consumable&tag=camping+gear&low=1&page=3");
        let again = asked(question.address().trim_start_matches("/?"));
        assert_eq!(again, question);
        assert_eq!(asked("").address(), "/");
    }

    #[test]
    fn what_is_no_filter_is_left_out() {
        let question = asked("q=x&kind=spaceship&in=nowhere&low=maybe&page=-4&tag=+&other=1");
        assert!(!question.is_filtered());
        assert_eq!(question.page(), 1);
    }

    #[test]
    fn a_question_is_cut_to_a_sensible_length_and_holds_no_controls() {
        let long = Asked { q: format!("\0a{}", "ü".repeat(10_000)), ..Asked::default() };
        assert_eq!(long.text().chars().count(), LONGEST - 1);
        assert!(!long.text().contains('\0'));
    }
}
