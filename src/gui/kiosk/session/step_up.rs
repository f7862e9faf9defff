//! The step up: a keeper proves who they are, for some minutes and what a member may not do.

use std::rc::Rc;
use std::time::Instant;

use secrecy::SecretString;

use super::super::super::desktop::Face;
use super::super::super::notices;
use super::super::super::session::act_as;
use super::super::super::ui::{Notice, SignInAdapter, SignInTrouble, StepUp};
use super::super::{idle, sounds};
use super::held::Session;
use super::sign_in::{name_of, rows, trouble};
use super::{By, may, show_time, who};
use crate::domain::{Actor, PersonId, Role};
use crate::services::people::{PeopleError, Person, Proof};

/// Asks a keeper to prove themselves: who is signed in by badge with their PIN, everybody else with a password.
pub fn ask_keeper(face: &Rc<Face>) {
    idle::touched(face);
    face.call(
        |services, _| async move { services.people.keepers().await },
        |face, answer| match answer {
            Ok(keepers) => {
                let adapter = face.adapter::<SignInAdapter>();
                let own = who(face);
                let first = keepers.iter().find(|k| own.is_some_and(|(id, _)| id == k.id)).or_else(|| keepers.first());
                let chosen = first.map(|keeper| keeper.id.to_string()).unwrap_or_default();
                adapter.set_keepers(rows(&keepers));
                adapter.set_trouble(SignInTrouble::None);
                choose_keeper(face, &chosen);
            }
            Err(error) => notices::failed(face, &error.to_string()),
        },
    );
}

/// Which keeper it is.
pub fn choose_keeper(face: &Rc<Face>, id: &str) {
    let adapter = face.adapter::<SignInAdapter>();
    let keeper: Option<PersonId> = id.parse().ok();
    face.kiosk.session.keeper.set(keeper);
    adapter.set_keeper(id.into());
    adapter.set_keeper_name(name_of(&adapter.get_keepers(), id));
    let by_badge = keeper.is_some_and(|keeper| who(face) == Some((keeper, By::Badge)));
    adapter.set_step_up(if by_badge { StepUp::Pin } else { StepUp::Password });
}

/// What they show as proof.
pub fn prove(face: &Rc<Face>, secret: SecretString) {
    let Some(keeper) = face.kiosk.session.keeper.get() else { return };
    let adapter = face.adapter::<SignInAdapter>();
    let proof =
        if adapter.get_step_up() == StepUp::Pin { Proof::PinAfterBadge(secret) } else { Proof::Password(secret) };
    adapter.set_busy(true);
    face.call(
        move |services, _| async move {
            let actor = services.people.step_up(keeper, proof).await?;
            Ok::<_, PeopleError>((services.people.get(&actor, keeper).await?, actor))
        },
        |face, answer: Result<(Person, Actor), PeopleError>| {
            let adapter = face.adapter::<SignInAdapter>();
            adapter.set_busy(false);
            match answer {
                Ok((person, actor)) => {
                    adapter.set_step_up(StepUp::None);
                    adapter.set_trouble(SignInTrouble::None);
                    elevate(face, person, actor);
                }
                Err(error) => trouble(face, &error),
            }
        },
    );
}

/// The keeper acts from now on; after the time they are a member, if it was their session, else nobody's.
fn elevate(face: &Rc<Face>, person: Person, actor: Actor) {
    {
        let mut session = face.kiosk.session.session.borrow_mut();
        let member = Actor::person(person.id, actor.role.min(Role::Member));
        let by = session.as_ref().filter(|s| s.id == person.id).map_or(By::Pin, |s| s.by);
        *session = Some(Session::begin(person.id, by, member, Instant::now()).elevated(Instant::now()));
    }
    act_as(face, Some(person), actor);
    sounds::good(face);
    show_time(face);
    if let Some((permission, then)) = face.kiosk.session.then.take() {
        if may(face, permission) {
            then(face);
        } else {
            notices::tell(face, Notice::Refused, "");
        }
    }
}
