//! Secrets that are long enough and can be guessed all the same.

/// Examples of well-known documentations; attackers try them first.
const PUBLISHED: [&[u8]; 2] = [
    b"192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf", // Flask
    b"a-string-secret-at-least-256-bits-long",                           // jwt.io
];

/// What Django begins a secret with that is not for production.
const FOR_DEVELOPMENT: &[u8] = b"django-insecure-";

/// 32 random bytes have 30 different ones on average, and 32 random hexadecimal digits 14.
const FEWEST_DIFFERENT: usize = 6;

pub(crate) fn is_known(secret: &[u8]) -> bool {
    PUBLISHED.contains(&secret) || secret.starts_with(FOR_DEVELOPMENT)
}

pub(crate) fn is_monotonous(secret: &[u8]) -> bool {
    let mut seen = [false; 256];
    secret.iter().for_each(|&byte| seen[usize::from(byte)] = true);
    seen.iter().filter(|&&seen| seen).count() < FEWEST_DIFFERENT
}
