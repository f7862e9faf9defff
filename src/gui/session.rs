//! Who is here, which inventory is open, how it is, and how the window looks.

use std::rc::Rc;
use std::time::Duration;

use slint::{Timer, TimerMode};
use tracing::warn;

use super::bridge::perform;
use super::desktop::{Face, Shown, react};
use super::program::{Program, StartError, Wish};
use super::ui::{Health, KioskAdapter, Language, Phase, Role, SessionAdapter, StartTrouble, Theme, Tokens};
use super::{item, kiosk, live, places, results};
use crate::domain::{self, Actor, Permission};
use crate::embedding::ModelState;
use crate::services::health::{Database, Filling};
use crate::services::people::Person;

/// A kiosk that could not open the inventory tries again after this: nobody may be near to press a button.
const TRY_AGAIN: Duration = Duration::from_secs(5);
/// How often the window looks at the health it is told; no call to the database is in it.
const LOOK: Duration = Duration::from_millis(400);
/// How often a window that nobody looks after asks the database whether somebody does now.
const ASK_FOR_SOMEBODY: Duration = Duration::from_secs(1);

pub fn connect(face: &Rc<Face>) {
    let adapter = face.adapter::<SessionAdapter>();
    adapter.set_version(env!("CARGO_PKG_VERSION").into());
    adapter.set_address(face.surroundings.address.as_str().into());
    let settings = face.settings.borrow().clone();
    show_theme(face, settings.theme());
    show_language(settings.language());
    face.adapter::<Tokens>().set_reduced_motion(settings.reduced_motion());
    face.adapter::<Tokens>().set_large_text(settings.large_text());

    adapter.set_admin_by_code(face.surroundings.admin_by_code);
    adapter.on_start_own(react(face, |face, name: slint::SharedString| {
        if !face.surroundings.admin_by_code {
            open(face, Wish::Own { name: name.trim().to_owned() });
        }
    }));
    adapter.on_try_again({
        let open = react(face, |face, ()| open(face, Wish::Any));
        move || open(())
    });
    adapter.on_quit(super::desktop::quit);
    adapter.on_choose_theme(react(face, |face, theme| {
        show_theme(face, theme);
        face.settings.borrow_mut().set_theme(theme);
        remember(face);
    }));
    adapter.set_sounds(settings.sounds());
    adapter.on_choose_large_text(react(face, |face, large| {
        face.adapter::<Tokens>().set_large_text(large);
        face.settings.borrow_mut().set_large_text(large);
        remember(face);
    }));
    adapter.on_choose_reduced_motion(react(face, |face, reduced| {
        face.adapter::<Tokens>().set_reduced_motion(reduced);
        face.settings.borrow_mut().set_reduced_motion(reduced);
        remember(face);
    }));
    adapter.on_choose_sounds(react(face, |face, sounds| {
        face.adapter::<SessionAdapter>().set_sounds(sounds);
        face.settings.borrow_mut().set_sounds(sounds);
        remember(face);
    }));
    adapter.on_choose_language(react(face, |face, language| {
        face.settings.borrow_mut().set_language(language);
        remember(face);
        show_language(language);
        results::reload(face, results::Keep::Chosen);
        item::refresh(face);
        places::refresh(face);
    }));

    face.clock.start(TimerMode::Repeated, LOOK, {
        let look = react(face, |face, ()| show_health(face));
        move || look(())
    });
}

/// Opens an inventory and shows it, or says why not.
pub fn open(face: &Rc<Face>, wish: Wish) {
    let adapter = face.adapter::<SessionAdapter>();
    if adapter.get_switching() {
        return;
    }
    adapter.set_switching(true);
    adapter.set_switch_error("".into());
    // What is tried again and again leaves the words that say why in sight.
    let again = face.is_kiosk() && adapter.get_phase() == Phase::Stopped;
    if face.shown.borrow().is_none() && wish == Wish::Any && !again {
        adapter.set_phase(Phase::Starting);
        adapter.set_trouble(StartTrouble::None);
    }
    let opening = (face.opener)(wish);
    let weak = face.downgrade();
    let work = async move {
        let program = opening.await?;
        let person = program.services.people.local().await.map_err(|error| StartError::Other(error.to_string()));
        Ok((program, person?))
    };
    perform(&face.runtime, work, move |opened: Result<(Program, Option<Person>), StartError>| {
        let Some(face) = weak.upgrade() else { return };
        let adapter = face.adapter::<SessionAdapter>();
        adapter.set_switching(false);
        match opened {
            Ok((program, Some(person))) => show(&face, program, person),
            Ok((program, None)) => {
                adapter.set_phase(Phase::FirstRun);
                await_somebody(&face, program);
            }
            Err(StartError::Name(why)) => adapter.set_switch_error(why.into()),
            Err(error) => {
                let trouble = match &error {
                    StartError::Database(_) => StartTrouble::Database,
                    StartError::NotUpToDate(_) => StartTrouble::Migrations,
                    _ => StartTrouble::Other,
                };
                adapter.set_trouble(trouble);
                adapter.set_trouble_details(error.to_string().into());
                adapter.set_phase(Phase::Stopped);
                if face.is_kiosk() {
                    let weak = face.downgrade();
                    Timer::single_shot(TRY_AGAIN, move || {
                        if let Some(face) = weak.upgrade().filter(|face| face.shown.borrow().is_none()) {
                            open(&face, Wish::Any);
                        }
                    });
                }
            }
        }
    });
}

/// Goes on as soon as somebody looks after the inventory who was made elsewhere: in a browser, on the command line.
fn await_somebody(face: &Rc<Face>, program: Program) {
    let weak = face.downgrade();
    Timer::single_shot(ASK_FOR_SOMEBODY, move || {
        let asked = |face: &Rc<Face>| face.adapter::<SessionAdapter>().get_phase() == Phase::FirstRun;
        let Some(face) = weak.upgrade().filter(asked) else { return };
        let services = program.services.clone();
        perform(&face.runtime, async move { services.people.local().await }, move |found| {
            let Some(face) = weak.upgrade().filter(asked) else { return };
            match found {
                // Whoever is just being made at this screen is shown by that.
                Ok(Some(person)) if !face.adapter::<SessionAdapter>().get_switching() => show(&face, program, person),
                // Without the database nobody is found; it may come back.
                Ok(_) | Err(_) => await_somebody(&face, program),
            }
        });
    });
}

fn show(face: &Rc<Face>, program: Program, person: Person) {
    let adapter = face.adapter::<SessionAdapter>();
    adapter.set_example(program.example);
    face.era.set(face.era.get() + 1);
    live::follow(face, &program.services);
    let actor = Actor::person(person.id, person.role);
    face.shown.replace(Some(Shown { program, person: None, actor: Actor::anonymous() }));
    // At a kiosk people say who they are; in the example everybody may try everything.
    if face.is_kiosk() && !face.adapter::<SessionAdapter>().get_example() {
        act_as(face, None, Actor::anonymous());
    } else {
        act_as(face, Some(person), actor);
    }
    face.places.forget();
    face.results.forget();
    item::clear(face);
    show_health(face);
    adapter.set_phase(Phase::Ready);
    places::refresh(face);
    results::reload(face, results::Keep::First);
    kiosk::shown(face);
}

/// From now on this person acts, with these rights; `None`: whoever stands there looks.
pub fn act_as(face: &Face, person: Option<Person>, actor: Actor) {
    let adapter = face.adapter::<SessionAdapter>();
    let name = person.as_ref().map(|person| person.name.clone()).unwrap_or_default();
    adapter.set_person_name(name.as_str().into());
    adapter.set_person_initials(initials(&name).into());
    adapter.set_person_role(match actor.role {
        domain::Role::Viewer => Role::Viewer,
        domain::Role::Member => Role::Member,
        domain::Role::Keeper => Role::Keeper,
        domain::Role::Admin => Role::Admin,
    });
    adapter.set_may_book(actor.may(Permission::Book));
    adapter.set_may_edit(actor.may(Permission::Keep));
    face.adapter::<KioskAdapter>().set_anonymous(person.is_none());
    if let Some(shown) = face.shown.borrow_mut().as_mut() {
        shown.person = person;
        shown.actor = actor;
    }
}

fn show_health(face: &Rc<Face>) {
    let Some(shown) = face.shown.borrow().clone() else { return };
    let report = shown.program.health.report();
    let health = match (report.database, report.model) {
        (Database::Down { .. }, _) => Health::NoDatabase,
        (_, ModelState::Loading) => Health::Starting,
        (_, ModelState::Absent { .. }) => Health::NoMeaning,
        (_, ModelState::Ready(_)) => Health::Well,
    };
    let adapter = face.adapter::<SessionAdapter>();
    let filling = report.filling.unwrap_or(Filling { done: 0, of: 0 });
    adapter.set_pictures_drawn(i32::try_from(filling.done).unwrap_or(i32::MAX));
    adapter.set_pictures_to_draw(i32::try_from(filling.of).unwrap_or(i32::MAX));
    let before = adapter.get_health();
    adapter.set_health(health);
    if before == Health::NoDatabase && health != Health::NoDatabase {
        live::refresh_everything(face);
    }
}

fn show_theme(face: &Face, theme: Theme) {
    face.adapter::<Tokens>().set_theme(theme);
}

fn show_language(language: Language) {
    let tag = match language {
        Language::System => None,
        Language::English => Some(""),
        Language::German => Some("de"),
    };
    if let Some(tag) = tag
        && let Err(error) = slint::select_bundled_translation(tag)
    {
        warn!("The language is not shown: {error}");
    }
}

pub fn remember(face: &Face) {
    if let Some(path) = &face.surroundings.settings {
        face.settings.borrow().save(path);
    }
}

/// The first letters of the first and the last name.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_the_outer_names() {
        for (name, expected) in
            [("Maria Keller", "MK"), ("jonas", "J"), ("Anna Maria de Vries", "AV"), ("", ""), ("Émile Öz", "ÉÖ")]
        {
            assert_eq!(initials(name), expected);
        }
    }
}
