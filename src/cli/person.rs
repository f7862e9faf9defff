//! `inventory person`: who works here. As the data's owner, who may do anything to it anyway.

use std::process::ExitCode;

use anyhow::bail;
use clap::Subcommand;

use super::{Context, prompt};
use crate::domain::{Actor, PersonId, Role};
use crate::services::Services;
use crate::services::people::{People, PersonDraft};

/// Add people, set their passwords, switch them off
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  inventory person add 'Ann Meyer' --role keeper --login ann
  inventory person set-password ann
  inventory person forget-second-factor ann
  inventory person deactivate ann
  inventory person list

PERSON is a sign-in name, a full name or an id. Passwords are asked for, or read from standard input.")]
pub struct Args {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Add a person; with a sign-in name, a password is asked for
    Add {
        name: String,
        /// viewer, member, keeper or admin
        #[arg(long, default_value = "member")]
        role: Role,
        /// What they sign in with from elsewhere
        #[arg(long)]
        login: Option<String>,
    },
    /// Set a new password
    SetPassword { person: String },
    /// Switch the second factor off, of somebody who lost authenticator and recovery codes
    ForgetSecondFactor { person: String },
    /// Switch a person off; what they booked stays, open loans are listed
    Deactivate { person: String },
    /// List everybody
    List,
}

pub async fn run(args: Args, context: Context) -> anyhow::Result<ExitCode> {
    let app = context.app_without_model().await?;
    let done = act(args.act, &app.services).await;
    app.stop().await?;
    done.map(|()| ExitCode::SUCCESS)
}

async fn act(act: Act, services: &Services) -> anyhow::Result<()> {
    let (me, people) = (Actor::program(), &services.people);
    match act {
        Act::Add { name, role, login } => {
            let password = match &login {
                Some(_) => Some(prompt::new_secret("Password")?),
                None => None,
            };
            let id = people.add(&me, &PersonDraft { name, role, login }).await?;
            if let Some(password) = password
                && let Err(refused) = people.set_password(&me, id, password).await
            {
                eprintln!("The person was added, without a password: `inventory person set-password {id}`");
                return Err(refused.into());
            }
            println!("{id}");
        }
        Act::SetPassword { person } => {
            let id = find(people, &person).await?;
            people.set_password(&me, id, prompt::new_secret("Password")?).await?;
        }
        Act::ForgetSecondFactor { person } => {
            let id = find(people, &person).await?;
            services.factors.switch_off(&me, id).await?;
        }
        Act::Deactivate { person } => {
            let id = find(people, &person).await?;
            for loan in people.deactivate(&me, id).await? {
                println!("still on loan: {} of item {}", loan.outstanding, loan.item_name);
            }
        }
        Act::List => {
            for person in people.list(&me).await? {
                let login = person.login.unwrap_or_else(|| "-".into());
                let active = if person.active { "" } else { "\tinactive" };
                println!("{}\t{}\t{login}\t{}{active}", person.id, person.role, person.name);
            }
        }
    }
    Ok(())
}

async fn find(people: &People, wanted: &str) -> anyhow::Result<PersonId> {
    let all = people.list(&Actor::program()).await?;
    let mut found = all.iter().filter(|person| {
        person.login.as_deref().is_some_and(|login| login.eq_ignore_ascii_case(wanted))
            || person.name.eq_ignore_ascii_case(wanted)
            || person.id.to_string() == wanted
    });
    match (found.next(), found.next()) {
        (Some(person), None) => Ok(person.id),
        (None, _) => bail!("nobody is called `{wanted}`; `inventory person list` shows everybody"),
        (Some(_), Some(_)) => bail!("several people are called `{wanted}`; use the sign-in name or the id"),
    }
}
