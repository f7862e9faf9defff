//! A judged set: items, questions, judgements, as files.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use serde::Deserialize;

use crate::domain::search::measures::Grades;
use crate::domain::{ItemDraft, ItemId, ItemKind};
use crate::services::bulk::BulkItem;

/// One item of a set. Fields beside these are of no interest.
#[derive(Debug, Deserialize)]
pub struct Line {
    pub id: String,
    title: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    attributes_text: Option<String>,
    #[serde(default)]
    manufacturer: Option<String>,
    #[serde(default)]
    pub model: Option<String>,
    #[serde(default)]
    pub ean: Vec<String>,
    #[serde(default)]
    parent: Option<String>,
}

/// Items, questions and judgements.
pub struct JudgedSet {
    pub lines: Vec<Line>,
    ids: Vec<ItemId>,
    /// Id and text.
    pub questions: Vec<(String, String)>,
    pub grades: HashMap<String, Grades>,
}

impl JudgedSet {
    pub fn read(items: &Path, questions: &Path, judgements: &Path) -> anyhow::Result<Self> {
        let text = |path: &Path| fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()));
        let mut lines = Vec::new();
        for (n, line) in text(items)?.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let line: Line = serde_json::from_str(line).with_context(|| format!("{}:{}", items.display(), n + 1))?;
            lines.push(line);
        }
        let mut asked = Vec::new();
        for (n, line) in text(questions)?.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let Some((id, words)) = line.split_once('\t') else {
                bail!("{}:{}: a tab is missing", questions.display(), n + 1);
            };
            asked.push((id.to_owned(), words.trim().to_owned()));
        }
        let mut grades: HashMap<String, Grades> = HashMap::new();
        for (n, line) in text(judgements)?.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let columns: Vec<&str> = line.split_whitespace().collect();
            let [question, _, item, grade] = columns[..] else {
                bail!("{}:{}: four columns were expected", judgements.display(), n + 1);
            };
            // TREC's negative grades are junk: as good as not relevant.
            let grade: i8 = grade.parse().with_context(|| format!("{}:{}: no grade", judgements.display(), n + 1))?;
            grades.entry(question.to_owned()).or_default().insert(item.to_owned(), grade.clamp(0, 3).unsigned_abs());
        }
        let ids = lines.iter().map(|_| ItemId::new()).collect();
        Ok(Self { lines, ids, questions: asked, grades })
    }

    /// The items made of the lines, in their order.
    pub fn ids(&self) -> &[ItemId] {
        &self.ids
    }

    /// The set's own ids by the items made of it.
    pub fn numbers(&self) -> HashMap<ItemId, String> {
        self.ids.iter().copied().zip(self.lines.iter().map(|line| line.id.clone())).collect()
    }

    /// The set as items: title → name, text → description, attributes → a field, EAN → codes. What others lie in
    /// is a location.
    pub fn items(&self) -> Vec<BulkItem> {
        let parents: std::collections::HashSet<&str> =
            self.lines.iter().filter_map(|line| line.parent.as_deref()).collect();
        let items = self.ids.iter().zip(&self.lines).map(|(id, line)| {
            let kind = if parents.contains(line.id.as_str()) { ItemKind::Location } else { ItemKind::Asset };
            BulkItem { id: *id, draft: line.draft(kind), codes: line.ean.clone(), stock: Vec::new() }
        });
        items.collect()
    }
}

impl Line {
    fn draft(&self, kind: ItemKind) -> ItemDraft {
        let title = self.title.trim();
        let name: String = title.chars().take(200).collect();
        let mut draft = ItemDraft::new(kind, name.trim());
        draft.description = self.text.clone().unwrap_or_default();
        if title.chars().count() > 200 {
            draft.description = format!("{title}\n{}", draft.description);
        }
        draft.tags.clone_from(&self.tags);
        let short = |text: &Option<String>| {
            let text: String = text.as_deref().unwrap_or_default().trim().chars().take(200).collect();
            (!text.is_empty()).then_some(text)
        };
        draft.manufacturer = short(&self.manufacturer);
        draft.model = short(&self.model);
        if let Some(attributes) = self.attributes_text.as_ref().filter(|text| !text.is_empty()) {
            draft.fields.insert("attributes".into(), attributes.clone().into());
        }
        draft
    }
}
