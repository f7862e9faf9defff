//! `inventory setup`: the first admin, made by whoever owns the data.

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::bail;
use secrecy::ExposeSecret;

use super::{Context, prompt};
use crate::domain::Role;
use crate::services::people::{PersonDraft, SETUP_MINUTES, SETUP_TRIES};

/// Make the first admin
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  inventory setup
  inventory setup --name 'Ann Meyer' --login ann
  inventory setup --code

Asks for what is not given; the password is never an argument. A script may pipe it in as one line.
--code prints a one-time code for the first-run page instead, on a terminal only.")]
pub struct Args {
    /// The admin's name
    #[arg(long)]
    name: Option<String>,
    /// The admin's sign-in name
    #[arg(long)]
    login: Option<String>,
    /// Print a one-time code for the first-run page of the window or browser
    #[arg(long, conflicts_with_all = ["name", "login"])]
    code: bool,
}

pub async fn run(args: Args, context: Context) -> anyhow::Result<ExitCode> {
    if args.code && !std::io::stdout().is_terminal() {
        bail!("the code is shown on a terminal only, so that no log or file keeps it");
    }
    let app = context.app_without_model().await?;
    let people = &app.services.people;
    // Issued before anything is asked: with an admin already there, nothing is asked in vain.
    let code = people.issue_setup_code().await?;
    if args.code {
        println!("{}", code.expose_secret());
        eprintln!("Enter it on the first-run page within {SETUP_MINUTES} minutes; {SETUP_TRIES} tries.");
    } else {
        let draft = PersonDraft {
            name: match args.name {
                Some(name) => name,
                None => prompt::line("Name of the first admin")?,
            },
            login: Some(match args.login {
                Some(login) => login,
                None => prompt::line("Sign-in name")?,
            }),
            role: Role::Admin,
        };
        let password = prompt::new_secret("Password")?;
        people.set_up(&code, &draft, Some(password)).await?;
        eprintln!("{} is the first admin.", draft.name);
    }
    app.stop().await?;
    Ok(ExitCode::SUCCESS)
}
