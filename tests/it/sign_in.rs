//! Signing in: guessing gets slow and stays slow, and nobody is locked out for long.

use std::time::Duration;

use inventory::domain::{Actor, PersonId, Role};
use inventory::services::Services;
use inventory::services::people::{PeopleError, PersonDraft, Proof};
use secrecy::ExposeSecret as _;

use crate::support::TestDb;

const PASSWORD: &str = "correct horse";

async fn maria(services: &Services) -> (Actor, PersonId) {
    let code = services.people.issue_setup_code().await.expect("nobody is there yet");
    let draft = PersonDraft { name: "Maria".into(), role: Role::Admin, login: Some("maria".into()) };
    let actor = services.people.set_up(&code, &draft, Some(PASSWORD.into())).await.expect("made");
    let id = actor.person.expect("a person");
    services.people.set_pin(&actor, id, "4711".into()).await.expect("set");
    (actor, id)
}

async fn person(services: &Services, maria: &Actor, name: &str, role: Role) -> PersonId {
    let draft = PersonDraft { name: name.into(), role, login: None };
    services.people.add(maria, &draft).await.expect("added")
}

fn waits<T: std::fmt::Debug>(result: Result<T, PeopleError>) -> u64 {
    match result {
        Err(PeopleError::Wait { seconds }) => seconds,
        other => panic!("nothing to wait for: {other:?}"),
    }
}

/// As if so long had passed since the last try.
async fn later(test: &TestDb, time: Duration) {
    let client = test.client().await;
    let seconds = time.as_secs_f64();
    client
        .execute(
            "update sign_in_attempt set last_at = last_at - make_interval(secs => $1),
                 blocked_until = blocked_until - make_interval(secs => $1)",
            &[&seconds],
        )
        .await
        .expect("time passes");
}

#[tokio::test]
async fn wrong_pins_make_the_next_try_wait_and_even_the_right_one() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    let (_, id) = maria(&services).await;
    let wrong = async || services.people.sign_in_with_pin(id, "0000".into()).await;
    for _ in 0..4 {
        assert!(matches!(wrong().await, Err(PeopleError::WrongSecret)));
    }
    assert!((1..=2).contains(&waits(wrong().await)), "the fifth has to wait");
    waits(services.people.sign_in_with_pin(id, "4711".into()).await);
    let again = Services::new(&test.db);
    waits(again.people.sign_in_with_pin(id, "4711".into()).await); // a restart does not help
    later(&test, Duration::from_secs(2)).await;
    services.people.sign_in_with_pin(id, "4711".into()).await.expect("the wait is over");
    for _ in 0..4 {
        assert!(matches!(wrong().await, Err(PeopleError::WrongSecret)), "a right one begins anew");
    }
}

#[tokio::test]
async fn nobody_waits_longer_than_five_minutes_and_old_slips_are_forgotten() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    let (_, id) = maria(&services).await;
    services.people.sign_in_with_pin(id, "0000".into()).await.expect_err("wrong");
    let client = test.client().await;
    client.execute("update sign_in_attempt set failures = 500", &[]).await.expect("many more");
    services.people.sign_in_with_pin(id, "0000".into()).await.expect_err("wrong");
    assert!((290..=300).contains(&waits(services.people.sign_in_with_pin(id, "4711".into()).await)));
    later(&test, Duration::from_mins(5)).await;
    assert!(matches!(services.people.sign_in_with_pin(id, "0000".into()).await, Err(PeopleError::WrongSecret)));
    later(&test, Duration::from_secs(3700)).await;
    for _ in 0..4 {
        assert!(matches!(services.people.sign_in_with_pin(id, "0000".into()).await, Err(PeopleError::WrongSecret)));
    }
}

#[tokio::test]
async fn guessing_at_the_same_moment_does_not_help() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    let (_, id) = maria(&services).await;
    let tries = (0..12).map(|n| {
        let people = services.people.clone();
        tokio::spawn(async move { people.sign_in_with_pin(id, format!("{n:04}").into()).await })
    });
    let results = futures::future::join_all(tries).await;
    let compared = results.iter().filter(|r| matches!(r, Ok(Err(PeopleError::WrongSecret)))).count();
    assert_eq!(compared, 4, "three are free, the fourth makes the others wait");
}

#[tokio::test]
async fn an_unknown_name_waits_like_a_known_one() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    maria(&services).await;
    for login in ["maria", "nobody"] {
        for _ in 0..4 {
            let refused = services.people.sign_in(login, "wrong horse".into()).await;
            assert!(matches!(refused, Err(PeopleError::WrongSecret)));
        }
        assert!(waits(services.people.sign_in(login, "wrong horse".into()).await) <= 2);
    }
    later(&test, Duration::from_secs(2)).await;
    services.people.sign_in("Maria", PASSWORD.into()).await.expect("in any case of the name");
}

#[tokio::test]
async fn only_a_keeper_steps_up_by_password_or_by_pin_beside_a_badge() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    let (admin, id) = maria(&services).await;
    let up = async |id, proof| services.people.step_up(id, proof).await;
    assert_eq!(up(id, Proof::Password(PASSWORD.into())).await.expect("hers").role, Role::Admin);
    assert_eq!(up(id, Proof::PinAfterBadge("4711".into())).await.expect("hers").role, Role::Admin);
    assert!(matches!(up(id, Proof::Password("4711".into())).await, Err(PeopleError::WrongSecret)));
    let jonas = person(&services, &admin, "Jonas", Role::Member).await;
    services.people.set_password(&admin, jonas, PASSWORD.into()).await.expect("set");
    assert!(matches!(up(jonas, Proof::Password(PASSWORD.into())).await, Err(PeopleError::WrongSecret)));
    let kim = person(&services, &admin, "Kim", Role::Keeper).await;
    assert!(matches!(up(kim, Proof::Password(PASSWORD.into())).await, Err(PeopleError::WrongSecret)), "none set");
}

#[tokio::test]
async fn the_sign_in_page_offers_who_has_a_pin_and_is_active() {
    let test = TestDb::new().await;
    let services = Services::new(&test.db);
    let (admin, id) = maria(&services).await;
    let jonas = person(&services, &admin, "Jonas", Role::Member).await;
    person(&services, &admin, "Without", Role::Member).await;
    services.people.set_pin(&admin, jonas, "1234".into()).await.expect("set");
    let names = async || -> Vec<String> {
        services.people.faces().await.expect("asked").into_iter().map(|face| face.name).collect()
    };
    assert_eq!(names().await, ["Jonas", "Maria"]);
    services.people.deactivate(&admin, jonas).await.expect("gone");
    assert_eq!(names().await, ["Maria"]);
    assert_eq!(services.people.keepers().await.expect("asked")[0].id, id);
    assert!(matches!(services.people.sign_in_with_pin(jonas, "1234".into()).await, Err(PeopleError::WrongSecret)));
    let badge = services.people.issue_badge(&admin, jonas).await.expect("made");
    assert_eq!(services.people.sign_in_with_badge(badge.expose_secret()).await.expect("asked"), None);
}
