//! The test cases of RFC 2202: HMAC over MD5 and SHA-1.

use crate::util::{WAYS, assert_answer, hex, hmacs};

struct Case {
    md5_key: &'static [u8],
    sha1_key: &'static [u8],
    data: &'static [u8],
    md5: &'static str,
    sha1: &'static str,
}

#[test]
fn rfc_2202_cases_pass() {
    let mut checked = 0;
    for (case, number) in CASES.iter().zip(1..) {
        for (hash, key, expected) in [("md5", case.md5_key, case.md5), ("sha1", case.sha1_key, case.sha1)] {
            for signer in hmacs(hash, key) {
                assert_answer(&signer, case.data, &hex(expected), &format!("test case {number}, {hash}"));
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 7 * 2 * WAYS);
}

const COUNTING: &[u8] =
    &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25];

const CASES: [Case; 7] = [
    Case {
        md5_key: &[0x0b; 16],
        sha1_key: &[0x0b; 20],
        data: b"Hi There",
        md5: "9294727a3638bb1c13f48ef8158bfc9d",
        sha1: "b617318655057264e28bc0b6fb378c8ef146be00",
    },
    Case {
        md5_key: b"Jefe",
        sha1_key: b"Jefe",
        data: b"what do ya want for nothing?",
        md5: "750c783e6ab0b503eaa86e310a5db738",
        sha1: "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
    },
    Case {
        md5_key: &[0xaa; 16],
        sha1_key: &[0xaa; 20],
        data: &[0xdd; 50],
        md5: "56be34521d144c88dbb8c733f0e8b3f6",
        sha1: "125d7342b9ac11cd91a39af48aa17b4f63f175d3",
    },
    Case {
        md5_key: COUNTING,
        sha1_key: COUNTING,
        data: &[0xcd; 50],
        md5: "697eaf0aca3a3aea3a75164746ffaa79",
        sha1: "4c9007f4026250c6bc8414f9bf50c86c2d7235da",
    },
    // The RFC also gives these tags truncated to 96 bits. Truncated tags do not verify here.
    Case {
        md5_key: &[0x0c; 16],
        sha1_key: &[0x0c; 20],
        data: b"Test With Truncation",
        md5: "56461ef2342edc00f9bab995690efd4c",
        sha1: "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04",
    },
    Case {
        md5_key: &[0xaa; 80],
        sha1_key: &[0xaa; 80],
        data: b"Test Using Larger Than Block-Size Key - Hash Key First",
        md5: "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd",
        sha1: "aa4ae5e15272d00e95705637ce8a3b55ed402112",
    },
    Case {
        md5_key: &[0xaa; 80],
        sha1_key: &[0xaa; 80],
        data: b"Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data",
        md5: "6f630fad67cda0ee1fb1f562db3aa53e",
        sha1: "e8e99d0f45237d786d6bbaa7965c7808bbff1a91",
    },
];
