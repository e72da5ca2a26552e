//! Numbers that look random but are the same in every run.
//!
//! A run must depend on nothing but the program and its input, so there is nothing random to give.
//! `HashMap` takes its keys from here: whoever chooses the input can make its buckets collide,
//! which costs only their own proving time. Never make a secret from these numbers.
//!
//! With the feature `getrandom`, the crate of that name gives them out too.

use core::sync::atomic::{AtomicU64, Ordering};

/// The next number of SplitMix64 from a fixed seed (Steele, Lea and Flood, "Fast splittable
/// pseudorandom number generators", OOPSLA 2014).
pub(super) fn next() -> u64 {
    static STATE: AtomicU64 = AtomicU64::new(0);
    let state = STATE.load(Ordering::Relaxed).wrapping_add(0x9E37_79B9_7F4A_7C15);
    STATE.store(state, Ordering::Relaxed);
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(feature = "getrandom")]
fn fill(bytes: &mut [u8]) {
    for chunk in bytes.chunks_mut(8) {
        chunk.copy_from_slice(&next().to_le_bytes()[..chunk.len()]);
    }
}

/// What `getrandom` from version 0.3 on calls when it's compiled with the backend `custom`, as the
/// guest builder does.
#[cfg(feature = "getrandom")]
#[unsafe(no_mangle)]
unsafe extern "Rust" fn __getrandom_v03_custom(
    destination: *mut u8,
    length: usize,
) -> Result<(), getrandom::Error> {
    // SAFETY: the caller passes the parts of a buffer, whose bytes need not be initialized; they
    // are before a reference to them is made.
    fill(unsafe {
        destination.write_bytes(0, length);
        core::slice::from_raw_parts_mut(destination, length)
    });
    Ok(())
}

/// What `getrandom` 0.2 calls with its feature `custom`.
#[cfg(feature = "getrandom")]
fn fill_02(bytes: &mut [u8]) -> Result<(), getrandom_02::Error> {
    fill(bytes);
    Ok(())
}

#[cfg(feature = "getrandom")]
getrandom_02::register_custom_getrandom!(fill_02);
