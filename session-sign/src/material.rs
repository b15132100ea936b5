//! The contents of secrets and salts: text or bytes.

use zeroize::Zeroizing;

/// Text or bytes, wiped on drop.
///
/// Text is encoded when a key is derived, because the encoding depends on both the salt and the secret.
#[derive(Clone)]
pub(crate) enum Material {
    Text(Zeroizing<String>),
    Bytes(Zeroizing<Vec<u8>>),
}

impl Material {
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            _ => false,
        }
    }

    /// Returns text as UTF-8 and bytes unchanged.
    pub(crate) fn as_utf8(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }

    /// Returns text as latin-1 and bytes unchanged, or `None` if a character is outside of latin-1.
    pub(crate) fn latin1(&self) -> Option<impl Iterator<Item = u8>> {
        let (text, bytes) = match self {
            Self::Text(text) => (text.as_str(), &[][..]),
            Self::Bytes(bytes) => ("", &bytes[..]),
        };
        let is_latin1 = text.chars().all(|c| u8::try_from(c).is_ok());
        is_latin1.then(|| text.chars().filter_map(|c| u8::try_from(c).ok()).chain(bytes.iter().copied()))
    }
}

/// Implements `From` for text and bytes. Owned arguments are moved or wiped.
macro_rules! impl_from_text_or_bytes {
    ($type:ident) => {
        impl From<String> for $type {
            fn from(text: String) -> Self {
                Self($crate::material::Material::Text(zeroize::Zeroizing::new(text)))
            }
        }

        impl From<&str> for $type {
            fn from(text: &str) -> Self {
                text.to_owned().into()
            }
        }

        impl From<&String> for $type {
            fn from(text: &String) -> Self {
                text.as_str().into()
            }
        }

        impl From<Vec<u8>> for $type {
            fn from(bytes: Vec<u8>) -> Self {
                Self($crate::material::Material::Bytes(zeroize::Zeroizing::new(bytes)))
            }
        }

        impl From<&[u8]> for $type {
            fn from(bytes: &[u8]) -> Self {
                bytes.to_vec().into()
            }
        }

        impl<const N: usize> From<&[u8; N]> for $type {
            fn from(bytes: &[u8; N]) -> Self {
                bytes.to_vec().into()
            }
        }

        impl<const N: usize> From<[u8; N]> for $type {
            fn from(bytes: [u8; N]) -> Self {
                zeroize::Zeroizing::new(bytes).to_vec().into()
            }
        }
    };
}
pub(crate) use impl_from_text_or_bytes;
