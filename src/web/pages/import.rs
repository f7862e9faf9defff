//! Import: send a table, look at what would happen, do it, watch it; and export.

use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, Path};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use rust_i18n::t;
use serde::Deserialize;
use uuid::Uuid;

use crate::domain::{Permission, RequestId};
use crate::services::transfer::{Change, ImportError, ImportOptions, ImportReport, Stage, What};
use crate::web::api::transfer::MOST_BYTES;
use crate::web::fault::Fault;
use crate::web::forms::{Posted, TOKEN};
use crate::web::imports::Progress;
use crate::web::layout::{self, Page};
use crate::web::parts;
use crate::web::upload::Form;
use crate::web::visit::Visit;
use crate::web::words::{self, say};

/// Changes that are listed; the counts are of all.
const LISTED: usize = 200;

/// `GET /transfer`
pub async fn page(visit: Visit) -> Result<Markup, Fault> {
    keeps(&visit)?;
    Ok(shown(&visit, None))
}

fn keeps(visit: &Visit) -> Result<(), Fault> {
    visit.actor.require(Permission::Keep).map_err(|forbidden| Fault::Forbidden(forbidden.needed))
}

fn shown(visit: &Visit, wrong: Option<&str>) -> Markup {
    let lang = visit.lang;
    let title = say(lang, "import.title");
    let body = html! {
        h1.heading { (title) }
        div.columns {
            section.panel.pad aria-labelledby="in" {
                h2.title #in { (say(lang, "import.in")) }
                @if let Some(wrong) = wrong { p.banner.bad role="alert" { (parts::icon(visit, "bad")) span.prose { (wrong) } } }
                p { (say(lang, "import.what")) }
                form.stack method="post" action="/import" enctype="multipart/form-data" {
                    input type="hidden" name=(TOKEN) value=(visit.form_token());
                    label for="currency" { (say(lang, "import.currency")) }
                    input #currency type="text" name="currency" maxlength="3" pattern="[A-Za-z]{3}" autocomplete="off" autocapitalize="characters";
                    label.tick { input type="checkbox" name="overwrite" value="1"; (say(lang, "import.overwrite")) }
                    label for="file" { (say(lang, "import.file")) }
                    input #file type="file" name="file" accept=".csv,.tsv,.txt,text/csv" required;
                    button.btn.main type="submit" { (parts::icon(visit, "find")) (say(lang, "import.try")) }
                }
            }
            section.panel.pad aria-labelledby="out" {
                h2.title #out { (say(lang, "import.out")) }
                p { (say(lang, "import.out_what")) }
                p { a.btn href="/export.csv" { (parts::icon(visit, "export")) (say(lang, "import.export")) } }
            }
        }
    };
    layout::page(visit, &Page { title, nav: None, verbs: None, body })
}

/// `POST /import`: takes a table, and shows what it would do.
pub async fn send(visit: Visit, form: Result<Multipart, MultipartRejection>) -> Result<Response, Fault> {
    keeps(&visit)?;
    let mut form = Form::read(&visit, form.map_err(|_| Fault::MediaType)?, MOST_BYTES).await?;
    let options = ImportOptions {
        currency: Some(form.text("currency").trim().to_uppercase()).filter(|text| !text.is_empty()),
        overwrite: form.text("overwrite") == "1",
        ..ImportOptions::default()
    };
    let Some(file) = form.files.pop() else {
        let page = shown(&visit, Some(&say(visit.lang, "import.no_file")));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    let tried = ImportOptions { dry_run: true, ..options.clone() };
    let transfer = &visit.state.services.transfer;
    match transfer.import_upload(&visit.actor, RequestId::new(), file.path(), &tried, &|_, _, _| {}).await {
        Ok(_) => {
            let id = visit.state.imports.keep(&visit.actor, file, options);
            Ok(Redirect::to(&format!("/import/{id}")).into_response())
        }
        Err(error) => {
            let wrong = wrong_of(&visit, &error)?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, shown(&visit, Some(&wrong))).into_response())
        }
    }
}

/// `GET /import/{id}`: what it would do, how far it is, what it did.
pub async fn look(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    keeps(&visit)?;
    let id: Uuid = id.parse().map_err(|_| Fault::NotFound)?;
    let (path, options, progress) = visit.state.imports.look(&visit.actor, id).ok_or(Fault::NotFound)?;
    let lang = visit.lang;
    let (refresh, body) = match progress {
        Progress::Waiting => {
            let tried = ImportOptions { dry_run: true, ..options };
            let transfer = &visit.state.services.transfer;
            let report = transfer.import_upload(&visit.actor, RequestId::new(), &path, &tried, &|_, _, _| {}).await?;
            (false, preview(&visit, id, &report))
        }
        Progress::Running(stage, done, all) => (true, running(&visit, stage, done, all)),
        Progress::Done(report) => (false, done(&visit, &report)),
        Progress::Failed(error) => {
            let wrong = wrong_of(&visit, &error)?;
            (false, html! { p.banner.bad role="alert" { (parts::icon(&visit, "bad")) span.prose { (wrong) } } })
        }
    };
    let title = say(lang, "import.title");
    let body = html! {
        a.btn.flat.back href="/transfer" { (parts::icon(&visit, "back")) (title) }
        h1.heading { (say(lang, "import.in")) }
        (body)
    };
    let page = layout::page(&visit, &Page { title, nav: None, verbs: None, body });
    // Without a script too, the page follows by itself.
    if refresh { Ok(([("refresh", "1")], page).into_response()) } else { Ok(page.into_response()) }
}

/// `POST /import/{id}`: imports what was looked at.
#[derive(Deserialize)]
pub struct Go {}

pub async fn go(visit: Visit, Path(id): Path<String>, Posted(Go {}): Posted<Go>) -> Result<Redirect, Fault> {
    keeps(&visit)?;
    let id: Uuid = id.parse().map_err(|_| Fault::NotFound)?;
    if visit.state.imports.begin(&visit.state.services, &visit.actor, id) {
        Ok(Redirect::to(&format!("/import/{id}")))
    } else {
        Err(Fault::NotFound)
    }
}

fn preview(visit: &Visit, id: Uuid, report: &ImportReport) -> Markup {
    let lang = visit.lang;
    let (made, updated, restored, conflicts) = report.counts();
    let nothing = made + updated + restored == 0;
    html! {
        section.panel.pad {
            p { (t!("import.would", locale = lang.code(), items = report.items, format = report.format)) }
            (counts(visit, report))
            @if conflicts > 0 { p.banner.warn { (parts::icon(visit, "warn")) span { (say(lang, "import.conflicts_help")) } } }
            @if nothing { p.muted { (say(lang, "import.nothing")) } }
            @else {
                form.stack method="post" action={ "/import/" (id) } {
                    input type="hidden" name=(TOKEN) value=(visit.form_token());
                    div.actions {
                        a.btn href="/transfer" { (say(lang, "form.cancel")) }
                        button.btn.main type="submit" { (parts::icon(visit, "check")) (say(lang, "import.go")) }
                    }
                }
            }
        }
        (details(visit, report))
    }
}

fn counts(visit: &Visit, report: &ImportReport) -> Markup {
    let lang = visit.lang;
    let (made, updated, restored, conflicts) = report.counts();
    let rows = [
        ("made", made),
        ("updated", updated),
        ("restored", restored),
        ("conflicts", conflicts),
        ("unchanged", report.unchanged),
    ];
    html! {
        dl.fields { @for (key, count) in rows {
            div { dt { (say(lang, &format!("import.count.{key}"))) } dd { (words::number(lang, (count as u64).into())) } }
        } }
    }
}

fn details(visit: &Visit, report: &ImportReport) -> Markup {
    let lang = visit.lang;
    html! {
        @if !report.remarks.is_empty() {
            section.panel.pad aria-labelledby="remarks" {
                h2.title #remarks { (say(lang, "import.remarks")) }
                ul lang="en" { @for remark in report.remarks.iter().take(LISTED) { li { (remark) } } }
            }
        }
        @if !report.changes.is_empty() {
            section.panel.pad {
                h2.title #changes { (say(lang, "import.changes")) }
                div.scroll-x tabindex="0" role="region" aria-labelledby="changes" {
                    table.plain {
                        thead { tr { @for key in ["line", "name", "what_"] { th scope="col" { (say(lang, &format!("import.{key}"))) } } } }
                        tbody { @for change in report.changes.iter().take(LISTED) { (row(visit, change)) } }
                    }
                }
                @if report.changes.len() > LISTED { p.muted { (t!("import.more", locale = lang.code(), count = report.changes.len() - LISTED)) } }
            }
        }
    }
}

fn row(visit: &Visit, change: &Change) -> Markup {
    let word = |key: &str| say(visit.lang, &format!("import.fate.{key}"));
    html! {
        tr {
            td.num { (change.line) }
            td { (change.name) }
            td {
                @match &change.what {
                    What::Create => { (word("create")) }
                    What::Restore => { (word("restore")) }
                    What::Update { fields, stock } => {
                        (word("update")) ": " (fields.iter().copied().chain(stock.then_some("stock")).collect::<Vec<_>>().join(", "))
                    }
                    What::Conflict(conflict) => { (parts::state(visit, "warn", "warn", &word("conflict"))) ": " span lang="en" { (conflict) } }
                }
            }
        }
    }
}

fn running(visit: &Visit, stage: Stage, done: usize, all: usize) -> Markup {
    let key = match stage {
        Stage::Reading => "import.stage.reading",
        Stage::Pictures => "import.stage.pictures",
        Stage::Writing => "import.stage.writing",
    };
    let word = say(visit.lang, key);
    html! {
        section.panel.pad {
            p role="status" { (word) @if all > 0 { ": " (done) " / " (all) } }
            p.progress { @if all > 0 { progress max=(all) value=(done) aria-label=(word) {} } @else { progress aria-label=(word) {} } }
        }
    }
}

fn done(visit: &Visit, report: &ImportReport) -> Markup {
    let lang = visit.lang;
    html! {
        section.panel.pad {
            p.banner.good role="status" { (parts::icon(visit, "good")) span { (say(lang, "import.done")) } }
            (counts(visit, report))
            @if let Some(booking) = report.booking {
                form.stack method="post" action={ "/bookings/" (booking) "/undo" } {
                    input type="hidden" name=(TOKEN) value=(visit.form_token());
                    input type="hidden" name="request" value=(RequestId::new());
                    input type="hidden" name="back" value="/history";
                    button.btn type="submit" { (parts::icon(visit, "undo")) (say(lang, "undo.undo")) }
                }
            }
        }
        (details(visit, report))
    }
}

/// What is wrong with a table, said beside the form; the rest is a fault.
fn wrong_of(visit: &Visit, error: &ImportError) -> Result<String, Fault> {
    match error {
        ImportError::Cells(cells) => {
            let first: Vec<String> = cells.iter().take(20).map(ToString::to_string).collect();
            Ok(t!("import.cells", locale = visit.lang.code(), count = cells.len(), first = first.join("\n"))
                .into_owned())
        }
        ImportError::Table(_) | ImportError::Currency(_) | ImportError::Stock(_) | ImportError::NoProduct => {
            Ok(t!("import.wrong", locale = visit.lang.code(), why = error.to_string()).into_owned())
        }
        ImportError::TooLarge => Err(Fault::TooLarge),
        ImportError::Forbidden(forbidden) => Err(Fault::Forbidden(forbidden.needed)),
        other => {
            tracing::error!("an import failed: {other}");
            Err(Fault::Internal)
        }
    }
}

/// `GET /export.csv`
pub async fn export(visit: Visit) -> Result<Response, Fault> {
    let csv = visit.state.services.transfer.export(&visit.actor).await?;
    let name = format!("attachment; filename=\"inventory-{}.csv\"", words::today());
    Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)], csv).into_response())
}
