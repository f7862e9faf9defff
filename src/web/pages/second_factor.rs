//! The second factor: switched on with an authenticator, off again, and the recovery codes.

use std::fmt::Write as _;

use axum::http::StatusCode;
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use maud::{Markup, html};
use qrcode::{Color, EcLevel, QrCode};
use rust_i18n::t;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::account::{Nothing, confirm_first, confirm_link, owner};
use crate::services::factors::{Enrolment, FactorError, Standing};
use crate::web::caller::session_cookie;
use crate::web::fault::Fault;
use crate::web::forms::{Posted, TOKEN};
use crate::web::layout::{self, Nav, Page};
use crate::web::parts;
use crate::web::visit::Visit;
use crate::web::words::say;

/// The part of the account page about it.
pub(super) fn section(visit: &Visit, standing: Standing, fresh: bool) -> Markup {
    let lang = visit.lang;
    let (class, icon, word) =
        if standing.is_on { ("good", "good", "second.on") } else { ("warn", "warn", "second.off") };
    let (action, icon_of_act, act) = if standing.is_on {
        ("/account/second-factor/off", "close", "second.switch_off")
    } else {
        ("/account/second-factor/begin", "plus", "second.switch_on")
    };
    html! {
        section.panel.pad aria-labelledby="second" {
            h2.title #second { (say(lang, "second.title")) }
            p { (parts::state(visit, class, icon, &say(lang, word))) }
            p.muted { (say(lang, "second.what")) }
            @if standing.is_on {
                p.caption.muted { (t!("second.codes_left", locale = lang.code(), count = standing.recovery_codes_left)) }
            }
            @if fresh {
                form method="post" action=(action) {
                    input type="hidden" name=(TOKEN) value=(visit.form_token());
                    button.btn type="submit" { (parts::icon(visit, icon_of_act)) (say(lang, act)) }
                }
            } @else { (confirm_link(visit)) }
        }
    }
}

/// `POST /account/second-factor/begin`
pub async fn begin(visit: Visit, Posted(Nothing {}): Posted<Nothing>) -> Result<Response, Fault> {
    if let Some(response) = confirm_first(&visit, "/account") {
        return Ok(response);
    }
    match visit.state.services.factors.begin(&visit.actor, owner(&visit)?).await {
        Ok(_) => Ok(Redirect::to("/account/second-factor").into_response()),
        Err(FactorError::AlreadyOn) => Ok(Redirect::to("/account").into_response()),
        Err(error) => Err(error.into()),
    }
}

/// `GET /account/second-factor`: what to scan, until a first code was typed.
pub async fn page(visit: Visit) -> Result<Response, Fault> {
    if let Some(response) = confirm_first(&visit, "/account/second-factor") {
        return Ok(response);
    }
    enrolment_page(&visit, StatusCode::OK, None).await
}

async fn enrolment_page(visit: &Visit, status: StatusCode, wrong: Option<&str>) -> Result<Response, Fault> {
    match visit.state.services.factors.begun(&visit.actor, owner(visit)?).await {
        Ok(enrolment) => Ok((status, enrol_form(visit, &enrolment, wrong)?).into_response()),
        Err(FactorError::NotBegun) => Ok(Redirect::to("/account").into_response()),
        Err(error) => Err(error.into()),
    }
}

#[derive(Deserialize)]
pub struct Code {
    code: SecretString,
}

/// `POST /account/second-factor`: the first code; answers with the recovery codes.
pub async fn confirm(visit: Visit, Posted(typed): Posted<Code>) -> Result<Response, Fault> {
    if let Some(response) = confirm_first(&visit, "/account/second-factor") {
        return Ok(response);
    }
    let (services, lang) = (&visit.state.services, visit.lang);
    match services.factors.confirm(&visit.actor, owner(&visit)?, typed.code.expose_secret()).await {
        Ok(codes) => {
            let mut cookies = Vec::new();
            if let Some(signed_in) = visit.caller.session() {
                let issued = services.sessions.gained_second(signed_in).await?;
                cookies.push((SET_COOKIE, session_cookie(&issued)));
            }
            Ok((AppendHeaders(cookies), recovery_page(&visit, &codes)).into_response())
        }
        Err(FactorError::NotBegun) => Ok(Redirect::to("/account").into_response()),
        Err(FactorError::WrongCode) => {
            enrolment_page(&visit, StatusCode::UNPROCESSABLE_ENTITY, Some(&say(lang, "second.wrong"))).await
        }
        Err(FactorError::Wait { seconds }) => {
            let text = t!("sign_in.too_soon", locale = lang.code(), seconds = seconds);
            let page = enrolment_page(&visit, StatusCode::TOO_MANY_REQUESTS, Some(&text)).await?;
            Ok(([(RETRY_AFTER, seconds.to_string())], page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /account/second-factor/off`
pub async fn switch_off(visit: Visit, Posted(Nothing {}): Posted<Nothing>) -> Result<Response, Fault> {
    if let Some(response) = confirm_first(&visit, "/account") {
        return Ok(response);
    }
    visit.state.services.factors.switch_off(&visit.actor, owner(&visit)?).await?;
    Ok(Redirect::to("/account").into_response())
}

fn enrol_form(visit: &Visit, enrolment: &Enrolment, wrong: Option<&str>) -> Result<Markup, Fault> {
    let lang = visit.lang;
    let body = html! {
        h1.heading { (say(lang, "second.enrol")) }
        section.panel.pad.booking {
            p { (say(lang, "second.scan")) }
            (symbol(enrolment.url.expose_secret(), &say(lang, "second.symbol"))?)
            p { (say(lang, "second.or_type")) }
            p { code.command { (in_fours(enrolment.secret.expose_secret())) } }
            @if let Some(wrong) = wrong { (layout::wrong(&visit.state, wrong)) }
            form.stack method="post" action="/account/second-factor" {
                input type="hidden" name=(TOKEN) value=(visit.form_token());
                label for="code" { (say(lang, "second.first_code")) }
                input #code name="code" type="text" inputmode="numeric" autocomplete="one-time-code" required maxlength="12" autofocus;
                button.btn.main type="submit" { (parts::icon(visit, "check")) (say(lang, "second.switch_on")) }
            }
        }
    };
    Ok(layout::page(visit, &Page { title: say(lang, "second.enrol"), nav: Some(Nav::More), verbs: None, body }))
}

fn recovery_page(visit: &Visit, codes: &[SecretString]) -> Markup {
    let lang = visit.lang;
    let body = html! {
        h1.heading { (say(lang, "second.recovery")) }
        section.panel.pad.booking {
            p { (say(lang, "second.recovery_what")) }
            ol.recovery { @for code in codes { li { code.command { (code.expose_secret()) } } } }
            p { a.btn.main href="/account" { (parts::icon(visit, "check")) (say(lang, "second.kept")) } }
        }
    };
    layout::page(visit, &Page { title: say(lang, "second.recovery"), nav: Some(Nav::More), verbs: None, body })
}

/// A QR code as a drawing in the page: dark on light in every theme, with its quiet zone of four modules.
fn symbol(text: &str, label: &str) -> Result<Markup, Fault> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|error| {
        tracing::error!("no QR code: {error}");
        Fault::Internal
    })?;
    let width = code.width();
    let mut dark = String::new();
    for (at, _) in code.to_colors().iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
        let _ = write!(dark, "M{} {}h1v1h-1z", at % width + 4, at / width + 4);
    }
    let side = width + 8;
    Ok(html! {
        svg.symbol role="img" aria-label=(label) viewBox={ "0 0 " (side) " " (side) } shape-rendering="crispEdges" {
            rect width=(side) height=(side) fill="#ffffff" {}
            path d=(dark) fill="#000000" {}
        }
    })
}

fn in_fours(text: &str) -> String {
    text.as_bytes().chunks(4).map(|four| String::from_utf8_lossy(four)).collect::<Vec<_>>().join(" ")
}
