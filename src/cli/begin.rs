//! The first person, made by whoever runs the program as the data's owner: at the desktop, or to look around the example.

use crate::domain::Role;
use crate::services::people::{People, PeopleError, PersonDraft};

/// Makes the first admin, with the one-time code that only the data's owner can have. An inventory somebody began
/// already is left as it is.
pub async fn begin(people: &People, name: &str) -> Result<(), PeopleError> {
    let code = match people.issue_setup_code().await {
        Ok(code) => code,
        Err(PeopleError::AlreadySetUp) => return Ok(()),
        Err(error) => return Err(error),
    };
    let draft = PersonDraft { name: name.to_owned(), role: Role::Admin, login: None };
    match people.set_up(&code, &draft, None).await {
        Ok(_) | Err(PeopleError::AlreadySetUp) => Ok(()),
        Err(error) => Err(error),
    }
}

/// What this machine calls whoever runs the program.
pub fn account_name() -> String {
    let user = nix::unistd::User::from_uid(nix::unistd::Uid::current()).ok().flatten();
    let Some(user) = user else { return "?".to_owned() };
    // The full name comes first in a list of office and telephone numbers.
    let full = user.gecos.to_string_lossy().split(',').next().unwrap_or_default().trim().to_owned();
    if full.is_empty() { user.name } else { full }
}
