//! Who acts at the kiosk: how somebody signs in, when that ends by itself, and the step up to a keeper's rights.
//!
//! Without a session whoever stands there looks, and sees neither prices nor names. [`require`] is the one way to act: it
//! asks who acts, and goes on with what was asked for once that is known.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use secrecy::SecretString;
use slint::{ModelRc, SharedString, Timer, TimerMode, VecModel};

use super::super::desktop::{Face, react};
use super::super::session::{act_as, initials};
use super::super::ui::{FaceRow, Page, SignInAdapter, SignInTrouble, StepUp};
use super::super::{item, notices};
use super::{basket, idle, navigation, on, sounds};
use crate::domain::{Actor, Permission, PersonId, Role};
use crate::services::people::{Face as Known, PeopleError, Person, Proof};

/// How long a keeper's rights last at a kiosk.
const ELEVATED: Duration = Duration::from_mins(5);
/// A PIN has at most so many digits.
const DIGITS: usize = 12;

/// How the person showed who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Badge,
    Pin,
    /// A setting lets the kiosk itself act.
    Device,
}

struct Session {
    id: PersonId,
    by: By,
    /// What they may without a step up.
    member: Actor,
    touched: Instant,
    elevated_until: Option<Instant>,
}

type Then = Box<dyn FnOnce(&Rc<Face>)>;

/// The session, and what waits for one.
#[derive(Default)]
pub struct State {
    session: RefCell<Option<Session>>,
    chosen: Cell<Option<PersonId>>,
    keeper: Cell<Option<PersonId>>,
    digits: RefCell<String>,
    then: RefCell<Option<(Permission, Then)>>,
    wait: Timer,
}

pub fn connect(face: &Rc<Face>) {
    let adapter = face.adapter::<SignInAdapter>();
    adapter.set_faces(ModelRc::default());
    show_digits(face, "");
    choose(face, "");
    adapter.on_choose(react(face, |face, id: SharedString| choose(face, &id)));
    adapter.on_digit(react(face, |face, digit: SharedString| {
        let mut digits = face.kiosk.session.digits.borrow().clone();
        if digits.len() < DIGITS && digit.bytes().all(|b| b.is_ascii_digit()) {
            digits.push_str(&digit);
        }
        show_digits(face, &digits);
    }));
    adapter.on_erase(on(face, |face| {
        let mut digits = face.kiosk.session.digits.borrow().clone();
        digits.pop();
        show_digits(face, &digits);
    }));
    adapter.on_clear(on(face, |face| show_digits(face, "")));
    adapter.on_sign_in(on(face, with_pin));
    adapter.on_look_around(on(face, |face| {
        face.kiosk.session.then.take();
        navigation::home(face);
    }));
    adapter.on_sign_out(on(face, end));
    adapter.on_touched(on(face, |face| touched(face)));
    adapter.on_choose_keeper(react(face, |face, id: SharedString| choose_keeper(face, &id)));
    adapter.on_prove(react(face, |face, secret: SharedString| prove(face, String::from(secret).into())));
    adapter.on_give_up(on(face, |face| {
        face.kiosk.session.then.take();
        face.adapter::<SignInAdapter>().set_step_up(StepUp::None);
    }));
}

/// Does `then` as somebody who may: at once when whoever acts may do it, else after they have said who they are.
pub fn require(face: &Rc<Face>, permission: Permission, then: impl FnOnce(&Rc<Face>) + 'static) {
    if may(face, permission) {
        then(face);
        return;
    }
    face.kiosk.session.then.replace(Some((permission, Box::new(then))));
    if permission.least_role() <= Role::Member {
        if face.kiosk.session.session.borrow().is_none() {
            if let Some(login) = face.settings.borrow().device_person().map(str::to_owned) {
                as_device(face, login);
            } else {
                open(face);
            }
        } else {
            // A viewer signed in: there is nothing to step up to.
            face.kiosk.session.then.take();
            notices::tell(face, super::super::ui::Notice::Refused, "");
        }
    } else {
        ask_keeper(face);
    }
}

/// Is somebody here who may, so that nothing needs to be asked?
pub fn may(face: &Face, permission: Permission) -> bool {
    face.shown.borrow().as_ref().is_some_and(|shown| shown.actor.may(permission))
}

/// Who is signed in, and whether by a badge.
pub fn who(face: &Face) -> Option<(PersonId, By)> {
    face.kiosk.session.session.borrow().as_ref().map(|session| (session.id, session.by))
}

/// Shows the page on which people say who they are.
pub fn open(face: &Rc<Face>) {
    navigation::open(face, Page::SignIn, "");
}

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

fn with_pin(face: &Rc<Face>) {
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

fn as_device(face: &Rc<Face>, login: String) {
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

fn begin(face: &Rc<Face>, person: Person, actor: Actor, by: By) {
    let then = face.kiosk.session.then.take();
    let session = Session { id: person.id, by, member: actor.clone(), touched: Instant::now(), elevated_until: None };
    face.kiosk.session.session.replace(Some(session));
    act_as(face, Some(person), actor);
    show_time(face);
    if by != By::Device {
        sounds::good(face);
    }
    if navigation::here(face).page == Page::SignIn {
        navigation::back(face);
    } else {
        super::refresh(face);
    }
    match then {
        Some((permission, then)) if may(face, permission) => then(face),
        Some(_) => notices::tell(face, super::super::ui::Notice::Refused, ""),
        None => {}
    }
}

/// The session is over: whoever stands there looks again, from home.
pub fn end(face: &Rc<Face>) {
    let state = &face.kiosk.session;
    state.then.take();
    face.adapter::<SignInAdapter>().set_step_up(StepUp::None);
    if state.session.take().is_none() {
        return;
    }
    // What one person collected is not booked by the next.
    basket::empty(face);
    act_as(face, None, Actor::anonymous());
    item::clear(face);
    notices::close(face);
    show_time(face);
    navigation::home(face);
}

/// Somebody is working: the time left begins anew.
pub fn touched(face: &Face) {
    if let Some(session) = face.kiosk.session.session.borrow_mut().as_mut() {
        session.touched = Instant::now();
    }
    show_time(face);
}

/// Once a second: what has run out ends.
pub fn tick(face: &Rc<Face>) {
    let (over, stepped_down) = {
        let mut session = face.kiosk.session.session.borrow_mut();
        let Some(session) = session.as_mut() else { return };
        let over = session.touched.elapsed() >= face.settings.borrow().lock_after();
        let down = session.elevated_until.is_some_and(|until| Instant::now() >= until);
        if down {
            session.elevated_until = None;
        }
        (over, down.then(|| session.member.clone()))
    };
    if over {
        end(face);
        return;
    }
    if let Some(member) = stepped_down {
        let person = face.shown.borrow().as_ref().and_then(|shown| shown.person.clone());
        act_as(face, person, member);
        if navigation::here(face).page == Page::Status {
            navigation::home(face);
        }
    }
    show_time(face);
}

fn show_time(face: &Face) {
    let session = face.kiosk.session.session.borrow();
    let whole = face.settings.borrow().lock_after();
    let left = session.as_ref().map_or(0, |s| whole.saturating_sub(s.touched.elapsed()).as_secs_f32().ceil() as i32);
    let elevated = session
        .as_ref()
        .and_then(|s| s.elevated_until)
        .map_or(0, |until| until.saturating_duration_since(Instant::now()).as_secs_f32().ceil() as i32);
    let adapter = face.adapter::<SignInAdapter>();
    adapter.set_seconds_left(left);
    adapter.set_elevated_left(elevated);
}

/// Asks a keeper to prove themselves: who is signed in by badge with their PIN, everybody else with a password.
fn ask_keeper(face: &Rc<Face>) {
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

fn choose_keeper(face: &Rc<Face>, id: &str) {
    let adapter = face.adapter::<SignInAdapter>();
    let keeper: Option<PersonId> = id.parse().ok();
    face.kiosk.session.keeper.set(keeper);
    adapter.set_keeper(id.into());
    adapter.set_keeper_name(name_of(&adapter.get_keepers(), id));
    let by_badge = keeper.is_some_and(|keeper| who(face) == Some((keeper, By::Badge)));
    adapter.set_step_up(if by_badge { StepUp::Pin } else { StepUp::Password });
}

fn prove(face: &Rc<Face>, secret: SecretString) {
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
    let until = Instant::now() + ELEVATED;
    {
        let mut session = face.kiosk.session.session.borrow_mut();
        let member = Actor::person(person.id, actor.role.min(Role::Member));
        let by = session.as_ref().filter(|s| s.id == person.id).map_or(By::Pin, |s| s.by);
        *session = Some(Session { id: person.id, by, member, touched: Instant::now(), elevated_until: Some(until) });
    }
    act_as(face, Some(person), actor);
    sounds::good(face);
    show_time(face);
    if let Some((permission, then)) = face.kiosk.session.then.take() {
        if may(face, permission) {
            then(face);
        } else {
            notices::tell(face, super::super::ui::Notice::Refused, "");
        }
    }
}

fn trouble(face: &Rc<Face>, error: &PeopleError) {
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

fn choose(face: &Rc<Face>, id: &str) {
    let adapter = face.adapter::<SignInAdapter>();
    face.kiosk.session.chosen.set(id.parse().ok());
    adapter.set_chosen(id.into());
    adapter.set_chosen_name(name_of(&adapter.get_faces(), id));
    adapter.set_trouble(SignInTrouble::None);
    show_digits(face, "");
}

fn show_digits(face: &Face, digits: &str) {
    digits.clone_into(&mut face.kiosk.session.digits.borrow_mut());
    let adapter = face.adapter::<SignInAdapter>();
    adapter.set_digits(i32::try_from(digits.len()).unwrap_or(0));
    if !digits.is_empty() && adapter.get_trouble() != SignInTrouble::Wait {
        adapter.set_trouble(SignInTrouble::None);
    }
}

fn rows(people: &[Known]) -> ModelRc<FaceRow> {
    let row = |known: &Known| FaceRow {
        id: known.id.to_string().into(),
        name: known.name.as_str().into(),
        initials: initials(&known.name).into(),
    };
    ModelRc::new(people.iter().map(row).collect::<VecModel<_>>())
}

fn name_of(rows: &ModelRc<FaceRow>, id: &str) -> SharedString {
    use slint::Model as _;
    rows.iter().find(|row| row.id == id).map(|row| row.name).unwrap_or_default()
}
