//! The keyed states of HMAC are wiped on drop.

use hmac::Hmac;
use hmac::block_api::HmacCore;
use hmac::digest::block_api::{Buffer, EagerHash};
use sha2::{Sha256, Sha512};
use zeroize::ZeroizeOnDrop;

/// `Hmac` does not implement `ZeroizeOnDrop` itself. It consists of two states of the hash and a buffer.
fn assert_parts_wiped_on_drop<D: EagerHash>()
where
    D::Core: ZeroizeOnDrop,
    Buffer<HmacCore<D>>: ZeroizeOnDrop,
{
    assert_eq!(size_of::<Hmac<D>>(), size_of::<([D::Core; 2], Buffer<HmacCore<D>>)>());
}

#[test]
fn states_and_buffer_of_hmac_are_wiped_on_drop() {
    assert_parts_wiped_on_drop::<Sha256>();
    assert_parts_wiped_on_drop::<Sha512>();
}
