//! Whose turn it is to read everybody: one list of an account at a time, and two of all. Whoever comes when it is not is told so at once.

use crate::error::{Error, Kind, Result};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

const OF_ALL: usize = 2;

#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashSet<String>>);

/// Held until dropped.
#[derive(Debug)]
pub(super) struct Turn {
    of: Arc<Turns>,
    account: String,
}

impl Turns {
    pub(super) fn take(self: &Arc<Self>, account: &str) -> Result<Turn> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.contains(account) {
            return Err(Error::new(Kind::RateLimited, "alert_under_way", "votre compte a déjà un calcul en cours : attendez sa fin"));
        }
        if held.len() >= OF_ALL {
            return Err(Error::new(Kind::Busy, "alerts_busy", "d'autres listes sont en cours de calcul : réessayez dans un instant"));
        }
        held.insert(account.to_owned());
        Ok(Turn { of: Arc::clone(self), account: account.to_owned() })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.of.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.account);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_an_account_two_of_all() {
        let turns = Arc::new(Turns::default());
        let first = turns.take("a").unwrap();
        assert_eq!(turns.take("a").unwrap_err().code(), "alert_under_way");
        let _second = turns.take("b").unwrap();
        assert_eq!(turns.take("c").unwrap_err().code(), "alerts_busy");
        drop(first);
        assert!(turns.take("c").is_ok());
    }
}
