//! Implementations with one flaw each. Each has to be caught: by a property, or because it differs from the format.

use std::panic::{AssertUnwindSafe, catch_unwind};

use session_encrypt::Aes256GcmSiv;

use crate::properties::{self, Property};
use crate::reference::Reference;
use crate::scheme::{Make, Scheme, Settings, ours};
use crate::util::secret;

macro_rules! flaws {
    ($($flaw:ident: $description:literal, caught by $property:literal;)*) => {
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub(crate) enum Flaw {
            None,
            $(#[doc = $description] $flaw,)*
        }

        /// The flaws, and the property that catches each; `""` for the comparison with the format alone.
        const FLAWS: &[(Flaw, &str)] = &[$((Flaw::$flaw, $property),)*];
    };
}

flaws! {
    RefusesAll: "nothing decrypts", caught by "message_comes_back";
    PlainMessage: "nothing is encrypted", caught by "message_is_hidden";
    FixedNonce: "all envelopes have one nonce", caught by "envelopes_differ_each_time";
    VersionUnused: "any version passes", caught by "every_flipped_bit_is_refused";
    IdUnused: "every key is tried, whatever the key id", caught by "every_flipped_bit_is_refused";
    TrailingZeroIgnored: "a zero byte behind the envelope passes", caught by "every_extension_is_refused";
    PanicsOnShortEnvelope: "a short envelope is a panic", caught by "every_truncation_is_refused";
    HalfSecret: "only half of the secret is used", caught by "other_secret_is_refused";
    PurposeUnused: "the purpose is not bound", caught by "other_purpose_or_name_is_refused";
    NameUnused: "the name is not bound", caught by "other_purpose_or_name_is_refused";
    PartsWithoutLengths: "purpose and name are concatenated without their lengths", caught by "other_purpose_or_name_is_refused";
    RetiredKeysUnused: "retired keys do not decrypt", caught by "retired_keys_only_decrypt";
    LastKeyEncrypts: "a retired key encrypts", caught by "retired_keys_only_decrypt";
    PlaceUnknown: "every key is said to be the current one", caught by "retired_keys_only_decrypt";
    OneKeyOfAnId: "of several keys with one id, only the first is tried", caught by "keys_with_one_id_both_decrypt";
    DataWithoutName: "the associated data lack the name, which the key alone binds", caught by "";
    DataWithoutHeader: "the associated data lack version and key id", caught by "";
    KeyWithoutName: "the key lacks the name, which the associated data alone bind", caught by "";
    KeyWithoutAlgorithm: "algorithms share a key", caught by "";
    IdIsStartOfKey: "the key id is the start of the key", caught by "";
}

fn make(flaw: Flaw) -> impl Fn(&Settings) -> Box<dyn Scheme> {
    move |settings| Box::new(Reference::new(flaw, settings))
}

/// The reference and ours read each other's envelopes.
fn is_compatible(make: Make<'_>) {
    let settings =
        Settings { secrets: vec![secret(1), secret(2)], purpose: "session", name: "__Host-session" };
    let (reference, ours) = (make(&settings), ours::<Aes256GcmSiv>(&settings));
    let read = Some((0, b"message".to_vec()));
    assert_eq!(ours.decrypt(&reference.encrypt(b"message")), read, "ours does not read it");
    assert_eq!(reference.decrypt(&ours.encrypt(b"message")), read, "it does not read ours");
}

fn fails(property: Property, flaw: Flaw) -> bool {
    catch_unwind(AssertUnwindSafe(|| property(&make(flaw)))).is_err()
}

#[test]
fn every_flaw_is_caught() {
    for (flaw, by) in FLAWS {
        let mut properties = properties::ALL.iter();
        if by.is_empty() {
            let is_caught = properties.any(|(_, property)| fails(*property, *flaw));
            assert!(
                !is_caught && fails(is_compatible, *flaw),
                "{flaw:?} is for the comparison alone to catch"
            );
        } else {
            let (_, property) = properties.find(|(name, _)| name == by).unwrap();
            assert!(fails(*property, *flaw), "{flaw:?} is not caught by {by}");
        }
    }
}

#[test]
fn reference_without_flaw_passes() {
    properties::ALL.iter().for_each(|(_, property)| property(&make(Flaw::None)));
    is_compatible(&make(Flaw::None));
}
