//! Saying who one is: by a badge, or by a name and a PIN; or a setting says it for the kiosk itself.

use std::rc::Rc;
use std::time::Duration;

use secrecy::SecretString;
use slint::{ModelRc, SharedString, TimerMode, VecModel};

use super::super::super::desktop::Face;
use super::super::super::session::initials;
use super::super::super::ui::{FaceRow, Page, SignInAdapter, SignInTrouble, StepUp};
use super::super::{navigation, sounds};
use super::{By, begin, open};
use crate::domain::Actor;
use crate::services::people::{Face as Known, PeopleError, Person};

/// A PIN has at most so many digits.
pub const DIGITS: usize = 12;

/// The page is shown, however somebody came there: it begins empty, and offers everybody who has a PIN.
pub fn ask_who(face: &Rc<Face>) {
    show_digits(face, "");
    choose(face, "");
    face.adapter::<SignInAdapter>().set_asked(false);
    face.call(
        |services, _| async move { services.people.faces().await },
        |face, answer| {
            let adapter = face.adapter::<SignInAdapter>();
            match answer {
                Ok(faces) => adapter.set_faces(rows(&faces)),
                Err(error) => {
                    tracing::warn!("Nobody can be offered to sign in: {error}");
                    adapter.set_trouble(SignInTrouble::Failed);
                }
            }
            adapter.set_asked(true);
        },
    );
}

/// A key of a real keyboard on that page. Answers whether it was of use.
pub fn typed(face: &Rc<Face>, text: &str) -> bool {
    let is_digit = text.len() == 1 && text.bytes().all(|b| b.is_ascii_digit());
    if is_digit {
        face.adapter::<SignInAdapter>().invoke_digit(text.into());
    }
    is_digit
}

/// A badge was scanned.
pub fn with_badge(face: &Rc<Face>, scanned: String) {
    face.call(
        move |services, _| async move {
            let Some(actor) = services.people.sign_in_with_badge(&scanned).await? else {
                return Ok::<_, PeopleError>(None);
            };
            let Some(id) = actor.person else { return Ok(None) };
            Ok(Some((services.people.get(&actor, id).await?, actor)))
        },
        |face, answer: Result<Option<(Person, Actor)>, PeopleError>| match answer {
            Ok(Some((person, actor))) => begin(face, person, actor, By::Badge),
            Ok(None) => refuse(face, SignInTrouble::Badge),
            Err(error) => trouble(face, &error),
        },
    );
}

/// The name that is chosen and the PIN that was typed.
pub fn with_pin(face: &Rc<Face>) {
    let state = &face.kiosk.session;
    let Some(id) = state.chosen.get() else { return };
    let pin = SecretString::from(state.digits.take());
    show_digits(face, "");
    face.adapter::<SignInAdapter>().set_busy(true);
    face.call(
        move |services, _| async move {
            let actor = services.people.sign_in_with_pin(id, pin).await?;
            Ok::<_, PeopleError>((services.people.get(&actor, id).await?, actor))
        },
        |face, answer: Result<(Person, Actor), PeopleError>| {
            face.adapter::<SignInAdapter>().set_busy(false);
            match answer {
                Ok((person, actor)) => begin(face, person, actor, By::Pin),
                Err(error) => trouble(face, &error),
            }
        },
    );
}

/// The person of the setting acts.
pub fn as_device(face: &Rc<Face>, login: String) {
    face.call(
        move |services, _| async move {
            let actor = services.people.as_device(&login).await?;
            let id = actor.person.ok_or(PeopleError::NotFound)?;
            Ok::<_, PeopleError>((services.people.get(&actor, id).await?, actor))
        },
        |face, answer: Result<(Person, Actor), PeopleError>| match answer {
            Ok((person, actor)) => begin(face, person, actor, By::Device),
            Err(error) => {
                tracing::warn!("The kiosk's own person cannot act, people have to sign in: {error}");
                open(face);
            }
        },
    );
}

/// Says why nobody signed in.
pub fn trouble(face: &Rc<Face>, error: &PeopleError) {
    match error {
        PeopleError::WrongSecret => refuse(face, SignInTrouble::Wrong),
        PeopleError::Wait { seconds } => {
            count_down(face, i32::try_from(*seconds).unwrap_or(i32::MAX));
            refuse(face, SignInTrouble::Wait);
        }
        error => {
            tracing::warn!("Nobody signed in: {error}");
            refuse(face, SignInTrouble::Failed);
        }
    }
}

fn refuse(face: &Rc<Face>, why: SignInTrouble) {
    let adapter = face.adapter::<SignInAdapter>();
    sounds::bad(face);
    if adapter.get_step_up() == StepUp::None && navigation::here(face).page != Page::SignIn {
        open(face);
    }
    adapter.set_trouble(why);
}

/// The seconds to wait are counted down on the page; at the end the words go.
fn count_down(face: &Rc<Face>, seconds: i32) {
    let adapter = face.adapter::<SignInAdapter>();
    adapter.set_wait(seconds);
    let weak = Rc::downgrade(face);
    face.kiosk.session.wait.start(TimerMode::Repeated, Duration::from_secs(1), move || {
        let Some(face) = weak.upgrade() else { return };
        let adapter = face.adapter::<SignInAdapter>();
        let left = adapter.get_wait() - 1;
        adapter.set_wait(left.max(0));
        if left <= 0 {
            face.kiosk.session.wait.stop();
            if adapter.get_trouble() == SignInTrouble::Wait {
                adapter.set_trouble(SignInTrouble::None);
            }
        }
    });
}

/// A name was chosen.
pub fn choose(face: &Rc<Face>, id: &str) {
    let adapter = face.adapter::<SignInAdapter>();
    face.kiosk.session.chosen.set(id.parse().ok());
    adapter.set_chosen(id.into());
    adapter.set_chosen_name(name_of(&adapter.get_faces(), id));
    adapter.set_trouble(SignInTrouble::None);
    show_digits(face, "");
}

/// How many digits are typed.
pub fn show_digits(face: &Face, digits: &str) {
    digits.clone_into(&mut face.kiosk.session.digits.borrow_mut());
    let adapter = face.adapter::<SignInAdapter>();
    adapter.set_digits(i32::try_from(digits.len()).unwrap_or(0));
    if !digits.is_empty() && adapter.get_trouble() != SignInTrouble::Wait {
        adapter.set_trouble(SignInTrouble::None);
    }
}

/// People to choose from.
pub fn rows(people: &[Known]) -> ModelRc<FaceRow> {
    let row = |known: &Known| FaceRow {
        id: known.id.to_string().into(),
        name: known.name.as_str().into(),
        initials: initials(&known.name).into(),
    };
    ModelRc::new(people.iter().map(row).collect::<VecModel<_>>())
}

/// What one of them is called.
pub fn name_of(rows: &ModelRc<FaceRow>, id: &str) -> SharedString {
    use slint::Model as _;
    rows.iter().find(|row| row.id == id).map(|row| row.name).unwrap_or_default()
}
