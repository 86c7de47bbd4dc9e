//! Passwords: which are taken, and how they are hashed. argon2id (RFC 9106) at the parameters that
//! OWASP recommends; never on a thread that serves connections, and few at a time, since each costs
//! memory and a while of a core.

use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, Version};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

use crate::store::PasswordHash;
use crate::web::auth::{NoRandomness, random};
use crate::web::error::Problem;
use crate::web::state::AppState;

pub const LEN_MIN: usize = 12;
/// Bytes: longer ones would only cost time.
const LEN_MAX: usize = 256;
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// What a stored hash may ask for at most, whoever wrote it.
const MEMORY_KIB_MAX: u32 = 256 * 1024;
const PASSES_MAX: u32 = 16;

/// How many are worked out at the same time.
pub const AT_ONCE: usize = 2;
/// How long one waits for its turn before it is told to come again.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weak {
    #[error("write at least {LEN_MIN} characters; a few words in a row do well")]
    Short,
    #[error("write at most {LEN_MAX} bytes")]
    Long,
    #[error("it is made of the name, or of one character alone; choose another")]
    Guessable,
}

/// Whether `password` may be that of the account `name`.
pub fn check(password: &str, name: &str) -> Result<(), Weak> {
    if password.chars().count() < LEN_MIN {
        return Err(Weak::Short);
    }
    if password.len() > LEN_MAX {
        return Err(Weak::Long);
    }
    let lower = password.to_lowercase();
    let rest = lower.replace(&name.to_lowercase(), "");
    let first = lower.chars().next();
    let one = lower.chars().all(|c| Some(c) == first);
    match one || rest.chars().count() < LEN_MIN / 2 {
        true => Err(Weak::Guessable),
        false => Ok(()),
    }
}

/// The hash to keep, under a new salt. Takes a while: call it where waiting is well.
pub fn hash(password: &str) -> Result<PasswordHash, NoRandomness> {
    let mut kept = PasswordHash {
        salt: random()?,
        hash: [0; 32],
        memory_kib: MEMORY_KIB,
        passes: PASSES,
    };
    kept.hash = work_out(password, &kept).unwrap_or_default();
    Ok(kept)
}

/// Whether it is the password; takes as long when there is none to compare with.
pub fn verify(password: &str, kept: Option<&PasswordHash>) -> bool {
    let nobody = PasswordHash {
        salt: [0; 16],
        hash: [0; 32],
        memory_kib: MEMORY_KIB,
        passes: PASSES,
    };
    let told: String = password.chars().take(LEN_MAX).collect();
    let found = work_out(&told, kept.unwrap_or(&nobody));
    let same = found.zip(kept).map(|(found, kept)| found.ct_eq(&kept.hash));
    same.is_some_and(bool::from)
}

fn work_out(password: &str, with: &PasswordHash) -> Option<[u8; 32]> {
    let memory = with.memory_kib.min(MEMORY_KIB_MAX);
    let params = Params::new(memory, with.passes.min(PASSES_MAX), 1, Some(32)).ok()?;
    let mut hash = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), &with.salt, &mut hash)
        .ok()?;
    Some(hash)
}

/// Runs `work` on a thread that may wait, when it is its turn.
pub async fn apart<T: Send + 'static>(
    app: &AppState,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let turn = tokio::time::timeout(WAIT_MAX, app.hashing.acquire()).await;
    let Ok(Ok(_turn)) = turn else {
        return Err(Problem::overloaded());
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Problem::overloaded())
}

pub fn turns() -> Semaphore {
    Semaphore::new(AT_ONCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_and_is_not_the_name() {
        for (password, taken) in [
            ("correct horse battery", Ok(())),
            ("ünïcödé wörds", Ok(())),
            ("elevenchars", Err(Weak::Short)),
            ("", Err(Weak::Short)),
            ("aaaaaaaaaaaaaaaa", Err(Weak::Guessable)),
            ("dana.example1", Err(Weak::Guessable)),
            (&"x1".repeat(200), Err(Weak::Long)),
        ] {
            assert_eq!(check(password, "dana.example"), taken, "{password:?}");
        }
    }

    #[test]
    fn only_the_same_password_fits_its_hash() {
        let kept = hash("correct horse battery").unwrap();
        let again = hash("correct horse battery").unwrap();
        assert_ne!((kept.salt, kept.hash), (again.salt, again.hash), "salted");
        for (password, fits) in [
            ("correct horse battery", true),
            ("correct horse battery ", false),
            ("Correct horse battery", false),
            ("", false),
        ] {
            assert_eq!(verify(password, Some(&kept)), fits, "{password:?}");
        }
        assert!(!verify("correct horse battery", None));
    }
}
