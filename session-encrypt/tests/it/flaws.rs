//! Implementations with one flaw each, to check that the tests catch every flaw. Most flaws violate a property. The
//! others are caught because the implementation and [`Encrypter`](session_encrypt::Encrypter) cannot decrypt each
//! other's envelopes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use session_encrypt::Aes256GcmSiv;

use crate::flaw::{FLAWS, Flaw};
use crate::properties::{self, Property};
use crate::reference::Reference;
use crate::scheme::{Make, Scheme, Settings, ours};
use crate::util::secret;

fn make(flaw: Flaw) -> impl Fn(&Settings) -> Box<dyn Scheme> {
    move |settings| Box::new(Reference::new(flaw, settings))
}

/// Asserts that the reference implementation and [`Encrypter`](session_encrypt::Encrypter) decrypt each other's
/// envelopes.
fn is_compatible(make: Make<'_>) {
    let settings =
        Settings { secrets: vec![secret(1), secret(2)], purpose: "session", name: "__Host-session" };
    let (reference, ours) = (make(&settings), ours::<Aes256GcmSiv>(&settings));
    let expected = Some((0, b"message".to_vec()));
    assert_eq!(
        ours.decrypt(&reference.encrypt(b"message")),
        expected,
        "`Encrypter` should decrypt an envelope of the reference implementation"
    );
    assert_eq!(
        reference.decrypt(&ours.encrypt(b"message")),
        expected,
        "the reference implementation should decrypt an envelope of `Encrypter`"
    );
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
                "only the comparison with `Encrypter` should catch {flaw:?}"
            );
        } else {
            let (_, property) = properties.find(|(name, _)| name == by).unwrap();
            assert!(fails(*property, *flaw), "{by} should catch {flaw:?}");
        }
    }
}

#[test]
fn every_property_catches_a_flaw() {
    for (name, _) in properties::ALL {
        assert!(FLAWS.iter().any(|(_, by)| by == name), "no flaw is caught by {name}");
    }
}

#[test]
fn reference_without_flaw_passes() {
    properties::ALL.iter().for_each(|(_, property)| property(&make(Flaw::None)));
    is_compatible(&make(Flaw::None));
}
