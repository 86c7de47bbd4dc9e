//! Accounts: added, disabled, given a new way in. The command line and the System page do it here.

use crate::lead::Name;
use crate::store::{Account, Invitation, Role, Store, StoreError};
use crate::time::{Duration, Timestamp};
use crate::web::auth::{NoRandomness, key_hash, random_text};
use crate::web::password::{self, Weak};

const INVITATION_LIFE: Duration = Duration::days(7);
const NAME_LEN_MAX: usize = 64;

#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("`{0}` is not a name for an account; use letters, digits, and . - _ @, at most 64")]
    Name(String),
    #[error("there is an account `{0}` already; `replytree user reset {0}` gives it a new link")]
    Known(Name),
    #[error("there is no account `{0}`; `replytree user list` names those there are")]
    Unknown(String),
    #[error("`{0}` is the last admin who can sign in; add another first")]
    LastAdmin(Name),
    #[error("the password is not taken: {0}")]
    Weak(#[from] Weak),
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Adds an account and answers the token of its invitation.
pub fn add(
    store: &dyn Store,
    name: &str,
    role: Role,
    now: Timestamp,
) -> Result<String, AccountError> {
    let taken = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    if name.is_empty() || name.len() > NAME_LEN_MAX || !name.chars().all(taken) {
        return Err(AccountError::Name(name.to_string()));
    }
    let mut account = Account::new(Name::from(name), role, now);
    if store.account(name)?.is_some() {
        return Err(AccountError::Known(account.name));
    }
    let token = invite(&mut account, now)?;
    store.put_account(&account)?;
    Ok(token)
}

fn invite(account: &mut Account, now: Timestamp) -> Result<String, NoRandomness> {
    let token = random_text()?;
    account.invitation = Some(Invitation {
        hash: key_hash(&token),
        until: now + INVITATION_LIFE,
    });
    Ok(token)
}

fn find(store: &dyn Store, name: &str) -> Result<Account, AccountError> {
    let unknown = || AccountError::Unknown(name.to_string());
    store.account(name)?.ok_or_else(unknown)
}

/// A new invitation: the password, the second factor and every session of before are gone.
pub fn reset(store: &dyn Store, name: &str, now: Timestamp) -> Result<String, AccountError> {
    let mut account = find(store, name)?;
    let token = invite(&mut account, now)?;
    account.password = None;
    account.second = None;
    account.disabled = None;
    store.put_account(&account)?;
    store.end_sessions_of(name)?;
    Ok(token)
}

/// The account signs in no more, and is signed out.
pub fn disable(store: &dyn Store, name: &str, now: Timestamp) -> Result<(), AccountError> {
    let mut account = find(store, name)?;
    let others = store.accounts()?;
    let admin = |it: &Account| it.role == Role::Admin && it.can_sign_in();
    let left = others.iter().any(|it| it.name != account.name && admin(it));
    if admin(&account) && !left {
        return Err(AccountError::LastAdmin(account.name));
    }
    account.disabled.get_or_insert(now);
    account.invitation = None;
    store.put_account(&account)?;
    store.end_sessions_of(name)?;
    Ok(())
}

/// Gives the account this password. Hashes: call it where waiting is well.
pub fn set_password(store: &dyn Store, name: &str, password: &str) -> Result<(), AccountError> {
    password::check(password, name)?;
    let hash = password::hash(password)?;
    let mut account = find(store, name)?;
    account.password = Some(hash);
    account.invitation = None;
    store.put_account(&account)?;
    store.end_sessions_of(name)?;
    Ok(())
}

/// The account that the token of an invitation is of, while it holds.
pub fn invited(
    store: &dyn Store,
    token: &str,
    now: Timestamp,
) -> Result<Option<Account>, StoreError> {
    use subtle::ConstantTimeEq;
    let hash = key_hash(token);
    let holds = |account: &Account| {
        let invitation = account.invitation.as_ref();
        account.disabled.is_none()
            && invitation.is_some_and(|it| now < it.until && bool::from(it.hash.ct_eq(&hash)))
    };
    Ok(store.accounts()?.into_iter().find(holds))
}
