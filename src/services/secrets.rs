//! Secrets: how they are made, hashed and compared. None of them is ever logged or kept as it is.

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use rand::RngExt as _;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::sync::Semaphore;

/// Hashing did not work; says nothing about the secret.
#[derive(Debug, Error)]
#[error("hashing failed: {0}")]
pub struct HashError(String);

/// Argon2id (RFC 9106) with 46 MiB and two passes, more than OWASP's first choice of one pass. Measured on a core of the
/// machine this was made on, median of 15 (ms): 19 MiB × 2: 27, 19 MiB × 3: 38, 46 MiB × 1: 72, **46 MiB × 2: 99**,
/// 64 MiB × 3: 201. A tenth of a second is nothing for who signs in and ten guesses a second for who has the hashes; the memory
/// leaves room on a Raspberry Pi for as many at once as [`AT_ONCE`] lets through.
const MEMORY_KIB: u32 = 46 * 1024;
const PASSES: u32 = 2;

/// Hashes worked on at once; more wait, so that a flood of sign-ins takes neither all memory nor all cores.
const AT_ONCE: usize = 2;
static TURNS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(AT_ONCE));

fn argon() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).expect("the parameters are within Argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// A hash for a secret that people can remember, off the async workers.
pub(super) async fn hash(secret: SecretString) -> Result<String, HashError> {
    let turn = TURNS.acquire().await.map_err(|e| HashError(e.to_string()))?;
    let hashed = tokio::task::spawn_blocking(move || {
        argon().hash_password(secret.expose_secret().as_bytes()).map(|hash| hash.to_string())
    })
    .await;
    drop(turn);
    hashed.map_err(|e| HashError(e.to_string()))?.map_err(|e| HashError(e.to_string()))
}

/// Compares with a stored hash, by the parameters it was made with; without one it works as long on a made-up one and says no.
pub(super) async fn verify(secret: SecretString, stored: Option<String>) -> Result<bool, HashError> {
    let turn = TURNS.acquire().await.map_err(|e| HashError(e.to_string()))?;
    let compared = tokio::task::spawn_blocking(move || {
        let Some(stored) = stored else {
            argon().hash_password(secret.expose_secret().as_bytes()).map_err(|e| HashError(e.to_string()))?;
            return Ok(false);
        };
        let Ok(parsed) = PasswordHash::new(&stored) else { return Ok(false) };
        Ok(argon().verify_password(secret.expose_secret().as_bytes(), &parsed).is_ok())
    })
    .await;
    drop(turn);
    compared.map_err(|e| HashError(e.to_string()))?
}

/// Letters of Crockford's base 32, five random bits each, from the system's generator.
pub(super) fn random_letters(count: usize) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut rng = rand::rng();
    (0..count).map(|_| char::from(ALPHABET[rng.random_range(0..32)])).collect()
}

/// 256 random bits as 64 hexadecimal digits: what a cookie or a program holds.
pub(super) fn random_token() -> String {
    hex::encode(rand::rng().random::<[u8; 32]>())
}

/// What is kept of a secret that is random itself: there is nothing to guess, so a plain hash is enough.
pub(super) fn digest(text: &str) -> Vec<u8> {
    Sha256::digest(text).to_vec()
}

/// A badge holds 160 random bits.
pub(super) fn badge_hash(text: &str) -> String {
    hex::encode(digest(&text.to_uppercase()))
}
