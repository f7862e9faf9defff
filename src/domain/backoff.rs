//! How long somebody who gave a wrong secret waits before the next try counts. It slows guessing, and never locks anybody
//! out: a storeroom with a forgotten PIN has five minutes to wait, not an administrator to find.

use core::net::{IpAddr, Ipv6Addr};
use std::fmt;
use std::time::Duration;

use super::PersonId;

/// Wrong tries that cost nothing: fingers slip.
const FREE: u32 = 3;
/// The longest wait.
pub const LONGEST: Duration = Duration::from_mins(5);
/// Who has not tried for so long begins anew.
pub const FORGOTTEN_AFTER: Duration = Duration::from_hours(1);

/// Wrong tries of an address that cost nothing: behind one there may be a whole household.
const FREE_OF_AN_ADDRESS: u32 = 20;

/// The wait after so many wrong tries in a row: nothing, then 2, 4, 8 … seconds, at most [`LONGEST`].
fn wait_after(failures: u32) -> Duration {
    let Some(doubled) = failures.checked_sub(FREE).filter(|&past| past > 0) else { return Duration::ZERO };
    Duration::from_secs(1_u64.checked_shl(doubled).unwrap_or(u64::MAX)).min(LONGEST)
}

/// Against what a secret is tried. Unknown accounts are counted like known ones, so that a wait tells nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A sign-in name, in any case.
    Account(String),
    /// The PIN of a person.
    Pin(PersonId),
    /// A password asked for again, to step up.
    StepUp(PersonId),
    /// A code of a person's second factor.
    Second(PersonId),
    /// Where the try comes from: an address in its usual notation.
    Address(String),
}

impl Subject {
    /// An address; of IPv6 the network of 64 bits, of which one customer has all.
    pub fn of_address(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => format!("{}/64", Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        })
    }

    /// The wait after so many wrong tries in a row at this.
    pub fn wait_after(&self, failures: u32) -> Duration {
        match self {
            Self::Address(_) => wait_after(failures.saturating_sub(FREE_OF_AN_ADDRESS - FREE)),
            _ => wait_after(failures),
        }
    }
}

impl fmt::Display for Subject {
    /// The key under which it is stored: at most 300 characters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(login) => {
                let login: String = login.trim().to_lowercase().chars().take(250).collect();
                write!(f, "account:{login}")
            }
            Self::Pin(id) => write!(f, "pin:{id}"),
            Self::StepUp(id) => write!(f, "step-up:{id}"),
            Self::Second(id) => write!(f, "second:{id}"),
            Self::Address(address) => {
                let address: String = address.chars().take(100).collect();
                write!(f, "address:{address}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_free_and_guessing_gets_slow() {
        for (failures, seconds) in [(0, 0), (1, 0), (3, 0), (4, 2), (5, 4), (6, 8), (10, 128), (11, 256), (12, 300)] {
            assert_eq!(wait_after(failures), Duration::from_secs(seconds), "{failures} wrong tries");
        }
    }

    #[test]
    fn nobody_ever_waits_longer_than_five_minutes() {
        for failures in [13, 64, 67, 68, 1000, u32::MAX] {
            assert_eq!(wait_after(failures), LONGEST);
        }
    }

    #[test]
    fn an_address_may_be_a_household_and_one_customer_of_many_addresses_is_one() {
        let of = |text: &str| Subject::of_address(text.parse().expect("an address"));
        assert_eq!(of("192.0.2.1").wait_after(20), Duration::ZERO);
        assert_eq!(of("192.0.2.1").wait_after(21), Duration::from_secs(2));
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }

    #[test]
    fn a_name_is_the_same_account_in_any_case_and_any_length() {
        assert_eq!(Subject::Account(" Maria ".into()).to_string(), Subject::Account("maria".into()).to_string());
        assert!(Subject::Account("ü".repeat(9000)).to_string().chars().count() <= 300);
    }
}
