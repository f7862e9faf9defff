//! Under which account the server runs: this process's own, or, as PostgreSQL refuses uid 0, an unprivileged one.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::unistd::{Gid, Uid, User, getegid, geteuid};

use super::ClusterError;
use super::error::io;

/// The account PostgreSQL runs under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    /// This process is root and has to become that account for the server.
    switch: bool,
}

impl Account {
    /// Our own, unless we are root: then the owner of the data that is already there, else `inventory`, else
    /// `postgres`, else `nobody`.
    pub fn choose(data: &Path) -> Result<Self, ClusterError> {
        let me = geteuid();
        let owner = std::fs::metadata(data).ok().map(|metadata| metadata.uid());
        if !me.is_root() {
            return match owner {
                Some(owner) if owner != me.as_raw() => Err(ClusterError::NotOurs { dir: data.to_owned(), owner }),
                _ => Ok(Self {
                    name: User::from_uid(me).ok().flatten().map_or_else(|| me.to_string(), |user| user.name),
                    uid: me.as_raw(),
                    gid: getegid().as_raw(),
                    switch: false,
                }),
            };
        }
        let user = match owner {
            Some(owner) if owner != 0 => User::from_uid(Uid::from_raw(owner)).ok().flatten().or(Some(User {
                name: owner.to_string(),
                uid: Uid::from_raw(owner),
                gid: Gid::from_raw(std::fs::metadata(data).map_or(owner, |metadata| metadata.gid())),
                ..template()?
            })),
            _ => ["inventory", "postgres", "nobody"].into_iter().find_map(|name| User::from_name(name).ok().flatten()),
        };
        let user = user.filter(|user| !user.uid.is_root()).ok_or(ClusterError::NoAccount)?;
        Ok(Self { name: user.name, uid: user.uid.as_raw(), gid: user.gid.as_raw(), switch: true })
    }

    /// Makes `command` run under the account, in its own process group (a terminal's Ctrl-C is for the program,
    /// which then stops the server in order), without our environment.
    pub fn apply(&self, command: &mut Command) {
        command
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("LC_ALL", "C.UTF-8")
            .current_dir("/")
            .stdin(std::process::Stdio::null())
            .process_group(0);
        if self.switch {
            command.uid(self.uid).gid(self.gid);
        }
    }

    /// A directory of the account alone.
    pub fn private_dir(&self, path: &Path) -> Result<(), ClusterError> {
        std::fs::create_dir_all(path).map_err(io("create", path))?;
        if self.switch {
            std::os::unix::fs::chown(path, Some(self.uid), Some(self.gid)).map_err(io("hand over", path))?;
        }
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).map_err(io("protect", path))
    }

    /// Whether nobody but the account (and root) gets into `dir`: true of what [`Self::private_dir`] made,
    /// false of what somebody else put there first.
    pub fn owns_privately(&self, dir: &Path) -> bool {
        // The six lowest bits are what group and others may.
        std::fs::symlink_metadata(dir).is_ok_and(|metadata| {
            metadata.is_dir() && metadata.uid() == self.uid && metadata.mode().trailing_zeros() >= 6
        })
    }

    /// Opens the way into `ours`, directories of ours from the outer to the inner one, and checks the directories
    /// above them, which are not ours to open.
    pub fn make_reachable(&self, ours: &[&Path]) -> Result<(), ClusterError> {
        let above = ours.first().map(|outer| outer.ancestors().skip(1)).into_iter().flatten();
        for dir in above {
            if !self.may_enter(dir)? {
                return Err(ClusterError::ClosedToAccount { account: self.name.clone(), closed: dir.to_owned() });
            }
        }
        for dir in ours {
            if !self.may_enter(dir)? {
                let mode = std::fs::metadata(dir).map_err(io("look at", dir))?.mode();
                std::fs::set_permissions(dir, std::fs::Permissions::from_mode(mode & 0o7777 | 0o011))
                    .map_err(io("open", dir))?;
            }
        }
        Ok(())
    }

    fn may_enter(&self, dir: &Path) -> Result<bool, ClusterError> {
        if !self.switch {
            return Ok(true);
        }
        let metadata = std::fs::metadata(dir).map_err(io("look at", dir))?;
        let bit = if metadata.uid() == self.uid {
            0o100
        } else if metadata.gid() == self.gid {
            0o010
        } else {
            0o001
        };
        Ok(metadata.mode() & bit != 0)
    }
}

/// Fields of an account nobody registered (a data directory from another machine).
fn template() -> Result<User, ClusterError> {
    User::from_uid(Uid::from_raw(0)).ok().flatten().ok_or(ClusterError::NoAccount)
}
