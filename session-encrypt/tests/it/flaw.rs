//! The flaws that an implementation can have. If a property catches a flaw, the table names this property.

macro_rules! flaws {
    ($($flaw:ident: $description:literal, caught by $property:literal;)*) => {
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub(crate) enum Flaw {
            None,
            $(#[doc = $description] $flaw,)*
        }

        /// Each flaw with a property that catches it, or `""` if no property does. A flaw with `""` has only one
        /// symptom: the flawed implementation and `Encrypter` cannot decrypt each other's envelopes.
        pub(crate) const FLAWS: &[(Flaw, &str)] = &[$((Flaw::$flaw, $property),)*];
    };
}

flaws! {
    RefusesAll: "no envelope decrypts", caught by "message_round_trips";
    PlainMessage: "messages are not encrypted", caught by "message_is_hidden";
    FixedNonce: "all envelopes have the same nonce", caught by "equal_messages_give_different_envelopes";
    VersionUnused: "any version is accepted", caught by "flipped_bit_is_refused";
    IdUnused: "every key is tried, whatever the key id", caught by "flipped_bit_is_refused";
    TagUnused: "a wrong tag gives an empty message", caught by "random_mutation_is_refused";
    PlainTextAccepted: "bytes that are not an envelope are taken as a message", caught by "random_bytes_are_refused";
    TrailingZeroIgnored: "a zero byte after the envelope is accepted", caught by "extension_is_refused";
    PanicsOnShortEnvelope: "a short envelope causes a panic", caught by "truncation_is_refused";
    HalfSecret: "only half of the secret is used", caught by "other_secret_is_refused";
    PurposeUnused: "an envelope is not bound to its purpose", caught by "other_purpose_or_name_is_refused";
    NameUnused: "an envelope is not bound to its name", caught by "other_purpose_or_name_is_refused";
    PartsWithoutLengths: "purpose and name are concatenated without their lengths", caught by "other_purpose_or_name_is_refused";
    RetiredKeysUnused: "retired keys do not decrypt", caught by "retired_keys_only_decrypt";
    LastKeyEncrypts: "a retired key encrypts", caught by "retired_keys_only_decrypt";
    IndexUnknown: "every key is reported as the current one", caught by "retired_keys_only_decrypt";
    OneKeyPerId: "only the first of several keys with the same id is tried", caught by "keys_with_same_id_all_decrypt";
    DataWithoutName: "the associated data do not bind the name; only the key does", caught by "";
    DataWithoutHeader: "the associated data lack version and key id", caught by "";
    KeyWithoutName: "the key does not bind the name; only the associated data do", caught by "";
    KeyWithoutAlgorithm: "all algorithms use the same key", caught by "";
    IdIsStartOfKey: "the key id is the start of the key", caught by "";
}
