//! People: who they are and what they may do.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::loans::Loan;
use super::read::{Body, Id};
use super::shapes::moment;
use crate::domain::{PersonId, Role};
use crate::services::people::{self, PersonDraft};
use crate::web::fault::Fault;
use crate::web::state::WebState;
use crate::web::visit::Asking;

/// What a person may do; each role includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RoleName {
    Viewer,
    Member,
    Keeper,
    Admin,
}

impl From<RoleName> for Role {
    fn from(role: RoleName) -> Self {
        match role {
            RoleName::Viewer => Self::Viewer,
            RoleName::Member => Self::Member,
            RoleName::Keeper => Self::Keeper,
            RoleName::Admin => Self::Admin,
        }
    }
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::Viewer => Self::Viewer,
            Role::Member => Self::Member,
            Role::Keeper => Self::Keeper,
            Role::Admin => Self::Admin,
        }
    }
}

/// Everybody, by name.
#[derive(Debug, Serialize, ToSchema)]
pub struct People {
    people: Vec<Person>,
}

/// One person.
#[derive(Debug, Serialize, ToSchema)]
pub struct OnePerson {
    person: Person,
}

/// Somebody; no secret is in it.
#[derive(Debug, Serialize, ToSchema)]
struct Person {
    id: Uuid,
    name: String,
    role: RoleName,
    /// The name to sign in with.
    login: Option<String>,
    active: bool,
    has_password: bool,
    has_pin: bool,
    has_badge: bool,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<people::Person> for Person {
    fn from(person: people::Person) -> Self {
        Self {
            id: person.id.0,
            name: person.name,
            role: person.role.into(),
            login: person.login,
            active: person.active,
            has_password: person.has_password,
            has_pin: person.has_pin,
            has_badge: person.has_badge,
            created_at: moment(person.created_at),
        }
    }
}

/// A person to add, or what one becomes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonBody {
    person: PersonFields,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PersonFields {
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    role: RoleName,
    /// Only who signs in from elsewhere needs one.
    #[schema(max_length = 200, pattern = "^\\S*$")]
    login: Option<String>,
}

impl From<PersonBody> for PersonDraft {
    fn from(body: PersonBody) -> Self {
        Self { name: body.person.name, role: body.person.role.into(), login: body.person.login }
    }
}

/// Everybody, by name.
#[utoipa::path(get, path = "/api/v1/people", operation_id = "list_people", tag = "people",
    responses((status = 200, body = People)), security(("token" = ["member"])))]
pub async fn list(State(state): State<WebState>, Asking(actor): Asking) -> Result<Json<People>, Fault> {
    let people = state.services.people.list(&actor).await?;
    Ok(Json(People { people: people.into_iter().map(Person::from).collect() }))
}

/// Adds a person, without a secret yet.
#[utoipa::path(post, path = "/api/v1/people", operation_id = "add_person", tag = "people", request_body = PersonBody,
    responses((status = 201, body = OnePerson, headers(("Location" = String, description = "The person."))),
        (status = 409, description = "Somebody else has the sign-in name."),
        (status = 422, description = "A name is not as it has to be.")),
    security(("token" = ["admin"])))]
pub async fn add(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Body(body): Body<PersonBody>,
) -> Result<Response, Fault> {
    let people = &state.services.people;
    let id = people.add(&actor, &body.into()).await?;
    let person = people.get(&actor, id).await?.into();
    Ok((StatusCode::CREATED, [(LOCATION, format!("/api/v1/people/{id}"))], Json(OnePerson { person })).into_response())
}

/// One person.
#[utoipa::path(get, path = "/api/v1/people/{id}", operation_id = "get_person", tag = "people", params(("id" = Uuid, Path)),
    responses((status = 200, body = OnePerson), (status = 404, description = "No such person.")),
    security(("token" = ["member"])))]
pub async fn get(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<PersonId>,
) -> Result<Json<OnePerson>, Fault> {
    let person = state.services.people.get(&actor, id).await?.into();
    Ok(Json(OnePerson { person }))
}

/// Changes name, role and sign-in name. The last admin keeps the role.
#[utoipa::path(put, path = "/api/v1/people/{id}", operation_id = "edit_person", tag = "people", request_body = PersonBody,
    params(("id" = Uuid, Path)),
    responses((status = 200, body = OnePerson), (status = 404, description = "No such person."),
        (status = 409, description = "Somebody else has the sign-in name, or it is the last admin."),
        (status = 422, description = "A name is not as it has to be.")),
    security(("token" = ["admin"])))]
pub async fn edit(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<PersonId>,
    Body(body): Body<PersonBody>,
) -> Result<Json<OnePerson>, Fault> {
    state.services.people.edit(&actor, id, &body.into()).await?;
    get(State(state), Asking(actor), Id(id)).await
}

/// What a person who leaves still has.
#[derive(Debug, Serialize, ToSchema)]
pub struct StillLent {
    loans: Vec<Loan>,
}

/// Switches a person off, and says what they still have on loan. The last admin stays.
#[utoipa::path(post, path = "/api/v1/people/{id}/deactivate", operation_id = "deactivate_person", tag = "people",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = StillLent), (status = 404, description = "No such person."),
        (status = 409, description = "It is the last admin.")),
    security(("token" = ["admin"])))]
pub async fn deactivate(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<PersonId>,
) -> Result<Json<StillLent>, Fault> {
    let loans = state.services.people.deactivate(&actor, id).await?;
    Ok(Json(StillLent { loans: loans.into_iter().map(Loan::from).collect() }))
}

/// Switches a person on again.
#[utoipa::path(post, path = "/api/v1/people/{id}/reactivate", operation_id = "reactivate_person", tag = "people",
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "They are back."), (status = 404, description = "No such person.")),
    security(("token" = ["admin"])))]
pub async fn reactivate(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<PersonId>,
) -> Result<StatusCode, Fault> {
    state.services.people.reactivate(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a person's name and secrets away for good; what they booked stays.
#[utoipa::path(post, path = "/api/v1/people/{id}/anonymise", operation_id = "anonymise_person", tag = "people",
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "The name is gone."), (status = 404, description = "No such person."),
        (status = 409, description = "It is the last admin.")),
    security(("token" = ["admin"])))]
pub async fn anonymise(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<PersonId>,
) -> Result<StatusCode, Fault> {
    state.services.people.anonymise(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A new secret.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Password {
    #[schema(value_type = String, min_length = 8, max_length = 256)]
    password: SecretString,
}

/// Sets a person's password.
#[utoipa::path(put, path = "/api/v1/people/{id}/password", operation_id = "set_password", tag = "people",
    request_body = Password, params(("id" = Uuid, Path)),
    responses((status = 204, description = "It is set."), (status = 404, description = "No such person."),
        (status = 422, description = "It is too short or too long.")),
    security(("token" = ["admin"])))]
pub async fn password(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<PersonId>,
    Body(body): Body<Password>,
) -> Result<StatusCode, Fault> {
    state.services.people.set_password(&actor, id, body.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A new PIN.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    #[schema(value_type = String, pattern = "^[0-9]{4,12}$")]
    pin: SecretString,
}

/// Sets a person's PIN for the kiosk.
#[utoipa::path(put, path = "/api/v1/people/{id}/pin", operation_id = "set_pin", tag = "people", request_body = Pin,
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "It is set."), (status = 404, description = "No such person."),
        (status = 422, description = "A PIN has 4 to 12 digits.")),
    security(("token" = ["admin"])))]
pub async fn pin(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<PersonId>,
    Body(body): Body<Pin>,
) -> Result<StatusCode, Fault> {
    state.services.people.set_pin(&actor, id, body.pin).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A badge, to be printed now: only its hash is kept.
#[derive(Serialize, ToSchema)]
pub struct Badge {
    code: String,
}

/// Makes a new badge for a person; an older one is void.
#[utoipa::path(post, path = "/api/v1/people/{id}/badge", operation_id = "issue_badge", tag = "people",
    params(("id" = Uuid, Path)),
    responses((status = 201, body = Badge), (status = 404, description = "No such person.")),
    security(("token" = ["admin"])))]
pub async fn badge(
    State(state): State<WebState>,
    Asking(actor): Asking,
    Id(id): Id<PersonId>,
) -> Result<(StatusCode, Json<Badge>), Fault> {
    let code = state.services.people.issue_badge(&actor, id).await?.expose_secret().to_owned();
    Ok((StatusCode::CREATED, Json(Badge { code })))
}
