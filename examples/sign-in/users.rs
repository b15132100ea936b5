//! The users and their passwords. A real site keeps them in a database.

use std::collections::HashMap;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier};

/// The password of the user `zoe`.
pub(crate) const ZOE: &str = "a frog jumps in";
/// The password of the administrator `ada`.
pub(crate) const ADA: &str = "the sound of water";

pub(crate) struct User {
    password: PasswordHash,
    pub(crate) is_admin: bool,
}

pub(crate) struct Users {
    by_name: HashMap<&'static str, User>,
    /// The hash that a password is verified against if no user has the given name.
    dummy: PasswordHash,
}

impl Users {
    /// Creates two users. `argon2` hashes their passwords.
    pub(crate) fn demo(argon2: &Argon2<'_>) -> Result<Self, Error> {
        let zoe = User { password: argon2.hash_password(ZOE.as_bytes())?, is_admin: false };
        let ada = User { password: argon2.hash_password(ADA.as_bytes())?, is_admin: true };
        // The dummy has the parameters of the users' hashes, so verifying a password against it takes the same time.
        let dummy = argon2.hash_password(b"")?;
        Ok(Self { by_name: HashMap::from([("zoe", zoe), ("ada", ada)]), dummy })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&User> {
        self.by_name.get(name)
    }

    /// Returns whether a user called `name` exists and has the password `password`.
    ///
    /// The check of an unknown name takes as long as the check of a wrong password. If it took less time, the response
    /// time would tell an attacker which names exist. A verification takes tens of milliseconds of processor time, so
    /// call this method in `spawn_blocking`.
    pub(crate) fn verify(&self, name: &str, password: &str) -> bool {
        // `verify_password` uses the parameters in the hash, not those of this `Argon2`.
        let matches = Argon2::default().verify_password(password.as_bytes(), self.hash(name)).is_ok();
        matches && self.get(name).is_some()
    }

    fn hash(&self, name: &str) -> &PasswordHash {
        self.get(name).map_or(&self.dummy, |user| &user.password)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::weak_argon2;

    #[test]
    fn only_right_name_and_password_are_verified() {
        let users = Users::demo(&weak_argon2()).unwrap();
        assert!(users.verify("zoe", ZOE) && users.verify("ada", ADA));
        for (name, password) in [("zoe", ADA), ("zoe", ""), ("Zoe", ZOE), ("eve", ZOE)] {
            assert!(!users.verify(name, password), "{name} {password}");
        }
        assert!(!users.verify("eve", ""), "the password of the dummy hash should sign nobody in");
    }

    #[test]
    fn dummy_hash_has_parameters_of_user_hashes() {
        let users = Users::demo(&weak_argon2()).unwrap();
        let cost = |name| {
            let hash = users.hash(name);
            (hash.algorithm, hash.version, hash.params.clone(), hash.hash.map(|hash| hash.len()))
        };
        assert_eq!(cost("eve"), cost("zoe"));
    }
}
