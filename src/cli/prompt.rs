//! Questions to a person at a terminal. Secrets are read without showing them, or from standard input by a script;
//! never from the command line, which every process on the machine can read.

use std::io::{BufRead, IsTerminal, Write};

use anyhow::{Context, bail};
use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
use secrecy::{ExposeSecret, SecretString};

/// Asks for a line; an empty answer asks again.
pub fn line(question: &str) -> anyhow::Result<String> {
    loop {
        eprint!("{question}: ");
        std::io::stderr().flush()?;
        let answer = read_line()?;
        if !answer.is_empty() {
            return Ok(answer);
        }
    }
}

/// A new secret: twice on a terminal, one line from anything else.
pub fn new_secret(what: &str) -> anyhow::Result<SecretString> {
    if !std::io::stdin().is_terminal() {
        return Ok(read_line()?.into());
    }
    loop {
        let first = hidden(&format!("{what} (not shown)"))?;
        let second = hidden("Once more")?;
        if first.expose_secret() == second.expose_secret() {
            return Ok(first);
        }
        eprintln!("The two differ; try again.");
    }
}

fn hidden(question: &str) -> anyhow::Result<SecretString> {
    eprint!("{question}: ");
    std::io::stderr().flush()?;
    let stdin = std::io::stdin();
    let shown = tcgetattr(&stdin).context("the terminal does not say how it is set")?;
    let mut silent = shown.clone();
    silent.local_flags.remove(LocalFlags::ECHO);
    tcsetattr(&stdin, SetArg::TCSANOW, &silent).context("the terminal keeps showing what is typed")?;
    let answer = read_line();
    tcsetattr(&stdin, SetArg::TCSANOW, &shown).ok();
    eprintln!();
    Ok(answer?.into())
}

fn read_line() -> anyhow::Result<String> {
    let mut answer = String::new();
    if std::io::stdin().lock().read_line(&mut answer)? == 0 {
        bail!("nobody answers: standard input has ended");
    }
    Ok(answer.trim_end_matches(['\r', '\n']).to_owned())
}
