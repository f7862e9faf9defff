//! How often somebody may ask: per address before anything is looked up, per person after. Far above what a person at a page full
//! of pictures needs, far below what would hold up the others. In memory, per instance; what slows guessing is in the database.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

use super::fault::Fault;
use crate::domain::PersonId;

/// Requests a second in the long run, and at once, of one address.
const ADDRESS: (u32, u32) = (100, 800);
/// Of one address without anybody signed in: the sign-in page with its style and fonts, some times over.
const STRANGER: (u32, u32) = (10, 240);
/// Of one person, in all their browsers and programs.
const PERSON: (u32, u32) = (60, 600);
/// So many are remembered before those who have been quiet are forgotten.
const REMEMBERED: usize = 10_000;

/// Counts.
pub struct Rates {
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    strangers: DefaultKeyedRateLimiter<IpAddr>,
    people: DefaultKeyedRateLimiter<PersonId>,
}

impl Rates {
    pub fn new() -> Self {
        Self { addresses: limiter(ADDRESS), strangers: limiter(STRANGER), people: limiter(PERSON) }
    }

    /// Anybody at this address.
    pub fn address(&self, address: IpAddr) -> Result<(), Fault> {
        check(&self.addresses, &network(address))
    }

    /// Nobody in particular at this address.
    pub fn stranger(&self, address: IpAddr) -> Result<(), Fault> {
        check(&self.strangers, &network(address))
    }

    /// A person, wherever they are.
    pub fn person(&self, person: PersonId) -> Result<(), Fault> {
        check(&self.people, &person)
    }
}

fn limiter<K: Hash + Eq + Clone>((per_second, at_once): (u32, u32)) -> DefaultKeyedRateLimiter<K> {
    let count = |count| NonZeroU32::new(count).expect("our own figures are not zero");
    DefaultKeyedRateLimiter::keyed(Quota::per_second(count(per_second)).allow_burst(count(at_once)))
}

fn check<K: Hash + Eq + Clone>(limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), Fault> {
    if limiter.len() > REMEMBERED {
        limiter.retain_recent();
    }
    limiter.check_key(key).map_err(|not_until| {
        let wait = not_until.wait_time_from(DefaultClock::default().now());
        Fault::TooMany(wait.as_secs() + 1)
    })
}

/// One customer has a whole IPv6 network of 64 bits.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_stopped_and_others_are_not() {
        let rates = Rates::new();
        let (one, other): (IpAddr, IpAddr) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        let refused = (0..2000).filter(|_| rates.stranger(one).is_err()).count();
        assert!((1650..=1760).contains(&refused), "{refused} of 2000 refused");
        assert!(matches!(rates.stranger(one), Err(Fault::TooMany(1))));
        assert!(rates.stranger(other).is_ok());
    }

    #[test]
    fn a_page_full_of_pictures_is_no_flood() {
        let (rates, person) = (Rates::new(), PersonId::new());
        assert!((0..300).all(|_| rates.person(person).is_ok()));
    }
}
