//! `inventory doctor`: looks at every part and says how to mend it.

mod certificate;
mod checks;
mod keeping;
mod machine;
mod system;
mod works;

use std::process::ExitCode;

use serde::Serialize;

use super::{Context, exit};

/// Check every part, and say how to mend what is wrong
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  inventory doctor
  inventory doctor --json
  inventory --data-dir /srv/storeroom doctor

✓ fine   ! works without   ✗ to be mended. Exits with 0 when there is no ✗, else with 1; with 3 when a setting is wrong.
What the machine does not have (systemd, a thermometer, certificates) is not looked for.")]
pub struct Args {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What one look found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Finding {
    Fine,
    /// The program works without, with less.
    Note,
    Bad,
}

/// One part, how it is, and what to do.
#[derive(Debug, Clone, Serialize)]
struct Check {
    name: &'static str,
    finding: Finding,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<String>,
}

impl Check {
    fn fine(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, finding: Finding::Fine, detail: detail.into(), mend: None }
    }

    fn note(name: &'static str, detail: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { name, finding: Finding::Note, detail: detail.into(), mend: Some(mend.into()) }
    }

    fn bad(name: &'static str, detail: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { name, finding: Finding::Bad, detail: detail.into(), mend: Some(mend.into()) }
    }
}

#[derive(Serialize)]
struct Report {
    ok: bool,
    checks: Vec<Check>,
}

pub async fn run(args: Args, context: Context) -> anyhow::Result<ExitCode> {
    let mut checks = vec![machine::data_dir(&context.config), machine::disk(&context.config)];
    checks.extend(machine::programs(&context.config));
    checks.extend(system::services());
    checks.extend(checks::database(&context.config).await);
    checks.push(machine::photos(&context.config));
    checks.extend(machine::fonts());
    checks.push(machine::web(&context.config).await);
    checks.extend(works::anonymous(&context.config).await);
    checks.extend(system::certificates(&context.config));
    checks.extend(system::clock());
    checks.extend(system::memory());
    checks.extend(system::temperature());
    let report = Report { ok: checks.iter().all(|check| check.finding != Finding::Bad), checks };
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print(&report);
    }
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::from(exit::FAILED) })
}

fn print(report: &Report) {
    let width = report.checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    for check in &report.checks {
        let mark = match check.finding {
            Finding::Fine => '✓',
            Finding::Note => '!',
            Finding::Bad => '✗',
        };
        println!("{mark} {:width$}  {}", check.name, check.detail);
        if let Some(mend) = &check.mend {
            println!("  {:width$}  → {mend}", "");
        }
    }
}
