//! Starting and stopping the server process, under the lock that makes one process at a time do it.

use std::fs::File;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tracing::{info, warn};

use super::account::Account;
use super::binaries::Binaries;
use super::error::io;
use super::place::{Place, SOCKET};
use super::postmaster::{Postmaster, Status, remove_misleading_pid_file};
use super::settings::{self, Durability};
use super::{ClusterError, Options, init};

/// Crash recovery replays at most `max_wal_size`; on a slow card that takes minutes, not more.
const START_LIMIT: Duration = Duration::from_mins(5);
/// A fast shutdown writes one checkpoint.
const STOP_LIMIT: Duration = Duration::from_mins(1);
/// Backends of a killed server need a moment to notice.
const ORPHANS_LIMIT: Duration = Duration::from_secs(15);
const STEP: Duration = Duration::from_millis(20);

/// One private cluster as this process sees it.
#[derive(Debug)]
pub struct Server {
    pub place: Place,
    pub account: Account,
    binaries: Binaries,
    durability: Durability,
    socket_dir: PathBuf,
    /// Held shared for as long as this process uses the server.
    users: Mutex<Option<File>>,
    /// The server, when this process started it: to be buried when it dies.
    child: Mutex<Option<Child>>,
}

impl Server {
    /// Makes the cluster when there is none, starts the server when none runs, joins it when one does.
    pub fn start(data_dir: &std::path::Path, options: &Options) -> Result<Self, ClusterError> {
        let place = Place::prepare(data_dir)?;
        let account = Account::choose(&place.pgdata)?;
        account.make_reachable(&[place.dir.parent().unwrap_or(&place.dir), &place.dir])?;
        let change = lock_file(&place.change_lock)?;
        change.lock().map_err(io("lock", &place.change_lock))?;
        let users = lock_file(&place.users_lock)?;
        users.lock_shared().map_err(io("lock", &place.users_lock))?;

        let data = place.data_major()?;
        let setting = options.pg_bindir.as_deref();
        let Some(binaries) = Binaries::find(setting, data.as_deref())? else {
            return Err(ClusterError::Version {
                dir: place.pgdata,
                data: data.unwrap_or_default(),
                installed: Binaries::installed(setting),
            });
        };
        init::remove_unfinished(&place);
        if data.is_none() {
            info!("Making the database in {}", place.pgdata.display());
            init::init(&place, &binaries, &account, options.durability)?;
        }
        let mut server = Self {
            socket_dir: place.socket_dir(&account, options.runtime_dir.as_deref())?,
            durability: options.durability,
            users: Mutex::new(Some(users)),
            child: Mutex::new(None),
            place,
            account,
            binaries,
        };
        let running = server.ensure_running()?;
        if let Some(dir) = running.socket_dir {
            server.socket_dir = dir;
        }
        Ok(server)
    }

    /// The socket's directory, as a host name for the driver.
    pub fn socket_dir(&self) -> &std::path::Path {
        &self.socket_dir
    }

    /// The process that serves, if it lives. Buries ours if it does not.
    pub fn postmaster(&self) -> Option<Postmaster> {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(process) = child.as_mut()
            && let Ok(Some(_)) = process.try_wait()
        {
            *child = None;
        }
        Postmaster::of(&self.place.pgdata)
    }

    /// Starts the server again if it died and nobody else is at it. Without waiting for the lock: who holds it
    /// is starting or stopping the server.
    pub fn revive(&self) -> Result<(), ClusterError> {
        let change = lock_file(&self.place.change_lock)?;
        if change.try_lock().is_err() {
            return Ok(());
        }
        if self.users.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
            return Ok(());
        }
        self.ensure_running().map(drop)
    }

    /// Waits for a server that starts or stops, starts one where none is. The caller holds the change lock.
    fn ensure_running(&self) -> Result<Postmaster, ClusterError> {
        let begin = Instant::now();
        loop {
            match self.postmaster() {
                Some(postmaster) if postmaster.status == Status::Ready => return Ok(postmaster),
                Some(_) if begin.elapsed() > START_LIMIT => return Err(self.start_error()),
                Some(_) => sleep(STEP),
                None => match self.spawn_and_wait() {
                    Err(error) if begin.elapsed() < ORPHANS_LIMIT && orphans_remain(&error) => {
                        sleep(Duration::from_millis(200));
                    }
                    other => return other,
                },
            }
        }
    }

    fn spawn_and_wait(&self) -> Result<Postmaster, ClusterError> {
        if remove_misleading_pid_file(&self.place.pgdata).map_err(io("clean", &self.place.pgdata))? {
            warn!("Removed a pid file in {} that named another process", self.place.pgdata.display());
        }
        // The socket's directory serves this cluster alone, and none of its servers runs.
        std::fs::remove_file(self.socket_dir.join(format!("{SOCKET}.lock"))).ok();
        self.write_settings()?;
        let log = self.open_log()?;
        let program = self.binaries.program("postgres");
        let mut command = Command::new(&program);
        self.account.apply(&mut command);
        let child = command
            .arg("-D")
            .arg(&self.place.pgdata)
            .stdout(Stdio::null())
            .stderr(Stdio::from(log))
            .spawn()
            .map_err(io("run", &program))?;
        *self.child.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        let begin = Instant::now();
        loop {
            match self.postmaster() {
                Some(postmaster) if postmaster.status == Status::Ready => return Ok(postmaster),
                _ if !self.child_lives() || begin.elapsed() > START_LIMIT => {
                    return Err(self.start_error());
                }
                _ => sleep(STEP),
            }
        }
    }

    fn child_lives(&self) -> bool {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        child.as_mut().is_some_and(|process| matches!(process.try_wait(), Ok(None)))
    }

    fn start_error(&self) -> ClusterError {
        ClusterError::Start {
            dir: self.place.pgdata.clone(),
            log: self.place.log.clone(),
            output: self.place.log_tail(),
        }
    }

    fn write_settings(&self) -> Result<(), ClusterError> {
        let path = &self.place.settings;
        std::fs::write(path, settings::text(&self.socket_dir, self.durability)).map_err(io("write", path))?;
        // Nothing secret in it, and the server's account has to read it.
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).map_err(io("open", path))
    }

    /// Opened by us and handed over, so that the server's account needs no right to our directory. The old half
    /// goes when it has grown.
    fn open_log(&self) -> Result<File, ClusterError> {
        let path = &self.place.log;
        if std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > 1_000_000) {
            std::fs::rename(path, path.with_extension("log.1")).map_err(io("rename", path))?;
        }
        File::options().create(true).append(true).mode(0o600).open(path).map_err(io("open", path))
    }

    /// Gives up this process's use of the server and, if nobody else uses it, asks it to stop. Returns the
    /// process to wait for, with the lock that keeps others from starting a second server meanwhile.
    /// `patient`: wait for who is just starting or stopping; otherwise leave the server to them.
    pub fn leave(&self, patient: bool) -> Result<Option<Leaving>, ClusterError> {
        let Some(users) = self.users.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return Ok(None);
        };
        let change = lock_file(&self.place.change_lock)?;
        if patient {
            change.lock().map_err(io("lock", &self.place.change_lock))?;
        } else if change.try_lock().is_err() {
            return Ok(None);
        }
        // Not atomic, but nobody begins or ends to use the server without the change lock.
        users.unlock().map_err(io("unlock", &self.place.users_lock))?;
        if users.try_lock().is_err() {
            return Ok(None);
        }
        let Some(postmaster) = self.postmaster() else {
            return Ok(None);
        };
        postmaster.signal(Signal::SIGINT).map_err(|errno| io("stop", &self.place.pgdata)(errno.into()))?;
        Ok(Some(Leaving { postmaster, _change: change, _users: users }))
    }

    /// Waits until the server has ended; shuts it down hard when it takes too long, which costs only a recovery.
    pub fn wait(&self, leaving: &Leaving) -> Result<(), ClusterError> {
        let begin = Instant::now();
        let mut asked_hard = false;
        while leaving.postmaster.lives(&self.place.pgdata) {
            if begin.elapsed() > STOP_LIMIT && !asked_hard {
                warn!("PostgreSQL takes too long to stop; stopping it hard");
                leaving
                    .postmaster
                    .signal(Signal::SIGQUIT)
                    .map_err(|errno| io("stop", &self.place.pgdata)(errno.into()))?;
                asked_hard = true;
            }
            if begin.elapsed() > STOP_LIMIT * 2 {
                return Err(ClusterError::Stop { pid: leaving.postmaster.pid, seconds: begin.elapsed().as_secs() });
            }
            sleep(STEP);
        }
        self.postmaster(); // buries it
        if !self.socket_dir.starts_with(&self.place.dir) {
            // Made elsewhere for its short path; not ours to leave lying about.
            std::fs::remove_dir(&self.socket_dir).ok();
        }
        Ok(())
    }

    /// Leaves the server running although this process ends, still counted as its user until then.
    pub fn users_lock(&self) -> Option<File> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A server that was asked to stop.
#[derive(Debug)]
pub struct Leaving {
    postmaster: Postmaster,
    _change: File,
    _users: File,
}

fn orphans_remain(error: &ClusterError) -> bool {
    matches!(error, ClusterError::Start { output, .. } if output.contains("shared memory block"))
}

fn lock_file(path: &std::path::Path) -> Result<File, ClusterError> {
    File::options().create(true).truncate(false).write(true).mode(0o600).open(path).map_err(io("open", path))
}
