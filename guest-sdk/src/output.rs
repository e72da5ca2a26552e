//! What a guest gives back: public output, text for its host, an exit code.

use core::fmt;

use serde::Serialize;

use crate::machine;

/// Appends `bytes` to the public output.
///
/// The public output of a run can have at most 1 MiB; the machine traps when it would have more.
#[inline]
pub fn commit(bytes: &[u8]) {
    machine::commit(bytes);
}

/// Appends `value` in postcard's format to the public output.
///
/// # Errors
/// When `value` refuses to be serialized. Nothing is committed then.
pub fn commit_value<T: Serialize + ?Sized>(value: &T) -> Result<(), postcard::Error> {
    commit(&postcard::to_allocvec(value)?);
    Ok(())
}

/// Ends the run. Zero is success, any other code is a failure.
pub fn exit(code: u32) -> ! {
    machine::exit(code)
}

/// Prints formatted text to whoever runs the guest; `print!` and `println!` are shorter.
///
/// What is printed is no part of what is proved.
pub fn print(text: fmt::Arguments) {
    match text.as_str() {
        Some(text) => machine::print(text.as_bytes()),
        None => machine::print(alloc::fmt::format(text).as_bytes()),
    }
}
