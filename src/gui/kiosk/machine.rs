//! How the machine is: trouble on every page, everything on the status page, and the way to restart it.

use std::rc::Rc;
use std::time::Duration;

use slint::{ModelRc, Timer, TimerMode, VecModel};

use super::super::desktop::{Face, react};
use super::super::ui::{KioskAdapter, MachineAdapter, PowerAsk, ScannerAdapter, StatusRow, StatusWhat, Throttling};
use super::{on, session};
use crate::domain::Permission;
use crate::embedding::ModelState;
use crate::services::health::Database;
use crate::services::machine::{Condition, MachineError, MachineStatus, Power};

/// What is looked at now and then.
#[derive(Default)]
pub struct State {
    looks: Timer,
}

/// How often it is looked whether something is wrong.
const LOOK: Duration = Duration::from_secs(2);
/// The first time, as soon as there may be an inventory to be allowed by.
const FIRST_LOOK: Duration = Duration::from_millis(700);

pub fn connect(face: &Rc<Face>) {
    let adapter = face.adapter::<MachineAdapter>();
    adapter.set_rows(ModelRc::default());
    adapter.on_ask(react(face, |face, power| {
        let adapter = face.adapter::<MachineAdapter>();
        adapter.set_refused("".into());
        adapter.set_asked(power);
    }));
    adapter.on_sure(on(face, |face| session::require(face, Permission::Administer, power)));
    adapter.on_refresh(on(face, show));
    face.kiosk.machine.looks.start(TimerMode::Repeated, LOOK, on(face, look));
    Timer::single_shot(FIRST_LOOK, on(face, look));
}

fn look(face: &Rc<Face>) {
    let Some(machine) = face.surroundings.machine.clone() else { return };
    face.call(
        move |_, actor| async move { machine.condition(&actor).await },
        |face, told: Result<Condition, MachineError>| {
            if let Ok(told) = told {
                tell(face, &told);
            }
        },
    );
}

/// Shows what is wrong, and takes back what no longer is.
pub fn tell(face: &Face, told: &Condition) {
    let adapter = face.adapter::<MachineAdapter>();
    adapter.set_offline(told.offline);
    adapter.set_disk_left(told.disk_low.map(|bytes| gigabytes(face, bytes)).unwrap_or_default().into());
    adapter.set_celsius(told.hot.map(|celsius| format!("{celsius:.0}")).unwrap_or_default().into());
    adapter.set_throttled(told.throttled);
    adapter.set_weak_power(told.too_little_power);
    face.adapter::<KioskAdapter>().set_scanner_ready(told.types || face.kiosk.scan.heard.get());
}

/// Reads everything for the status page.
pub fn show(face: &Rc<Face>) {
    let Some(shown) = face.shown.borrow().clone() else { return };
    face.adapter::<MachineAdapter>().set_may_power(shown.actor.may(Permission::Administer));
    let scanner = face.settings.borrow().scanner().clone();
    let adapter = face.adapter::<ScannerAdapter>();
    adapter.set_prefix(scanner.prefix.as_str().into());
    adapter.set_suffix(scanner.suffix.as_str().into());
    adapter.set_layout(super::test_page::layout_number(scanner.layout));
    let machine = face.surroundings.machine.clone();
    face.call(
        move |services, actor| async move {
            let status = match machine {
                Some(machine) => machine.status(&actor).await.ok(),
                None => None,
            };
            let backlog = services.search.backlog(&actor).await.ok().map(|left| left.words + left.vectors);
            let version = services.diagnosis.version(&actor).await.ok();
            (status.unwrap_or_default(), backlog, version)
        },
        |face, (status, backlog, version)| rows(face, &status, backlog, version),
    );
}

fn rows(face: &Rc<Face>, status: &MachineStatus, backlog: Option<i64>, version: Option<String>) {
    let Some(shown) = face.shown.borrow().clone() else { return };
    let report = shown.program.health.report();
    let numbers = face.numbers();
    let row = |what, text: String| StatusRow { what, text: text.into(), ..StatusRow::default() };
    let of = |what, free: Option<u64>, whole: Option<u64>, trouble| {
        Some(StatusRow { what, text: gigabytes(face, free?).into(), more: gigabytes(face, whole?).into(), trouble })
    };
    let mut rows = vec![
        row(StatusWhat::Version, format!("inventory {}", env!("CARGO_PKG_VERSION"))),
        StatusRow {
            trouble: matches!(report.database, Database::Down { .. }),
            // Debian's own words behind the number are of no use here.
            ..row(
                StatusWhat::Database,
                version
                    .and_then(|text| text.split(' ').next().map(|number| format!("PostgreSQL {number}")))
                    .unwrap_or_default(),
            )
        },
        row(
            StatusWhat::Search,
            match &report.model {
                ModelState::Ready(_) => String::new(),
                ModelState::Loading => "…".into(),
                ModelState::Absent { why } => why.to_string(),
            },
        ),
    ];
    let written = status.last_backup.map(|at| {
        let at = super::super::format::on_the_wall(at.into(), &face.zone);
        format!("{} {:02}:{:02}", at.date(), at.hour(), at.minute())
    });
    rows.push(StatusRow { trouble: written.is_none(), ..row(StatusWhat::Backup, written.unwrap_or_default()) });
    rows.extend(backlog.map(|left| row(StatusWhat::Backlog, numbers.count(left).into())));
    let condition = &status.condition;
    rows.extend(status.celsius.map(|celsius| StatusRow {
        trouble: condition.hot.is_some(),
        ..row(StatusWhat::Temperature, format!("{celsius:.0} °C"))
    }));
    if let Some(word) = status.throttling {
        let throttling = match word {
            0 => Throttling::Never,
            word if word & 0xf != 0 => Throttling::Now,
            _ => Throttling::SinceStart,
        };
        face.adapter::<MachineAdapter>().set_throttling(throttling);
        rows.push(StatusRow { trouble: word != 0, ..row(StatusWhat::Throttling, String::new()) });
    }
    rows.extend(of(StatusWhat::Disk, status.disk_free, status.disk_whole, condition.disk_low.is_some()));
    rows.extend(of(StatusWhat::Memory, status.memory_available, status.memory_whole, false));
    rows.extend(status.program_memory.map(|bytes| row(StatusWhat::ProgramMemory, megabytes(bytes))));
    rows.extend(status.uptime.map(|time| row(StatusWhat::Uptime, duration(time))));
    let mut addresses: Vec<String> = status.addresses.iter().map(ToString::to_string).collect();
    if !face.surroundings.address.is_empty() {
        addresses.push(face.surroundings.address.clone());
    }
    rows.push(row(StatusWhat::Addresses, addresses.join(" · ")));
    rows.extend(status.model.clone().map(|model| row(StatusWhat::Machine, model)));
    face.adapter::<MachineAdapter>().set_rows(ModelRc::new(VecModel::from(rows)));
}

fn power(face: &Rc<Face>) {
    let adapter = face.adapter::<MachineAdapter>();
    let power = match adapter.get_asked() {
        PowerAsk::None => return,
        PowerAsk::Restart => Power::Restart,
        PowerAsk::Reboot => Power::Reboot,
        PowerAsk::ShutDown => Power::ShutDown,
    };
    adapter.set_asked(PowerAsk::None);
    let Some(machine) = face.surroundings.machine.clone() else { return };
    face.call(
        move |_, actor| async move { machine.power(&actor, power).await },
        |face, answer: Result<(), MachineError>| {
            if let Err(error) = answer {
                face.adapter::<MachineAdapter>().set_refused(error.to_string().into());
            }
        },
    );
}

fn gigabytes(face: &Face, bytes: u64) -> String {
    let tenths = rust_decimal::Decimal::new(i64::try_from(bytes / 100_000_000).unwrap_or(i64::MAX), 1);
    format!("{}\u{a0}GB", face.numbers().write(tenths))
}

fn megabytes(bytes: u64) -> String {
    format!("{}\u{a0}MB", bytes / 1_000_000)
}

fn duration(time: Duration) -> String {
    let minutes = time.as_secs() / 60;
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    if days > 0 { format!("{days}\u{a0}d {hours}\u{a0}h") } else { format!("{hours}\u{a0}h {minutes}\u{a0}min") }
}
