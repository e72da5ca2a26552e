//! What compilers call for atomic operations on a machine without atomic instructions.
//!
//! There is one thread and nothing interrupts it, so that plain loads and stores do. Memory orders
//! are ignored. Names and contracts are those of GCC's library `libatomic`. GCC calls the
//! functions for one size, clang mostly those for any.

use core::ffi::c_int;
use core::{ptr, slice};

/// Defines the operations on objects of one size.
macro_rules! operations {
    ($integer:ty: $load:ident $store:ident $exchange:ident $compare_exchange:ident
     $($fetch:ident $changed:ident $combine:expr;)*) => {
        /// # Safety
        /// `object` is valid for a read.
        #[linkage = "weak"]
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $load(object: *const $integer, _order: c_int) -> $integer {
            // SAFETY: by this function's contract.
            unsafe { object.read() }
        }

        /// # Safety
        /// `object` is valid for a write.
        #[linkage = "weak"]
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $store(object: *mut $integer, value: $integer, _order: c_int) {
            // SAFETY: by this function's contract.
            unsafe { object.write(value) };
        }

        /// # Safety
        /// `object` is valid for a read and a write.
        #[linkage = "weak"]
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $exchange(
            object: *mut $integer,
            value: $integer,
            _order: c_int,
        ) -> $integer {
            // SAFETY: by this function's contract.
            unsafe { object.replace(value) }
        }

        /// # Safety
        /// `object` and `expected` are valid for a read and a write.
        #[linkage = "weak"]
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $compare_exchange(
            object: *mut $integer,
            expected: *mut $integer,
            desired: $integer,
            _success_order: c_int,
            _failure_order: c_int,
        ) -> bool {
            // SAFETY: by this function's contract.
            unsafe {
                let value = object.read();
                let equal = value == expected.read();
                if equal { object.write(desired) } else { expected.write(value) }
                equal
            }
        }

        $(
            /// # Safety
            /// `object` is valid for a read and a write.
            #[linkage = "weak"]
            #[unsafe(no_mangle)]
            unsafe extern "C" fn $fetch(
                object: *mut $integer,
                operand: $integer,
                _order: c_int,
            ) -> $integer {
                let combine: fn($integer, $integer) -> $integer = $combine;
                // SAFETY: by this function's contract.
                unsafe { object.replace(combine(object.read(), operand)) }
            }

            /// # Safety
            /// `object` is valid for a read and a write.
            #[linkage = "weak"]
            #[unsafe(no_mangle)]
            unsafe extern "C" fn $changed(
                object: *mut $integer,
                operand: $integer,
                _order: c_int,
            ) -> $integer {
                let combine: fn($integer, $integer) -> $integer = $combine;
                // SAFETY: by this function's contract.
                unsafe {
                    object.write(combine(object.read(), operand));
                    object.read()
                }
            }
        )*
    };
}

operations! {
    u8: __atomic_load_1 __atomic_store_1 __atomic_exchange_1 __atomic_compare_exchange_1
    __atomic_fetch_add_1 __atomic_add_fetch_1 |a, b| a.wrapping_add(b);
    __atomic_fetch_sub_1 __atomic_sub_fetch_1 |a, b| a.wrapping_sub(b);
    __atomic_fetch_and_1 __atomic_and_fetch_1 |a, b| a & b;
    __atomic_fetch_or_1 __atomic_or_fetch_1 |a, b| a | b;
    __atomic_fetch_xor_1 __atomic_xor_fetch_1 |a, b| a ^ b;
    __atomic_fetch_nand_1 __atomic_nand_fetch_1 |a, b| !(a & b);
}
operations! {
    u16: __atomic_load_2 __atomic_store_2 __atomic_exchange_2 __atomic_compare_exchange_2
    __atomic_fetch_add_2 __atomic_add_fetch_2 |a, b| a.wrapping_add(b);
    __atomic_fetch_sub_2 __atomic_sub_fetch_2 |a, b| a.wrapping_sub(b);
    __atomic_fetch_and_2 __atomic_and_fetch_2 |a, b| a & b;
    __atomic_fetch_or_2 __atomic_or_fetch_2 |a, b| a | b;
    __atomic_fetch_xor_2 __atomic_xor_fetch_2 |a, b| a ^ b;
    __atomic_fetch_nand_2 __atomic_nand_fetch_2 |a, b| !(a & b);
}
operations! {
    u32: __atomic_load_4 __atomic_store_4 __atomic_exchange_4 __atomic_compare_exchange_4
    __atomic_fetch_add_4 __atomic_add_fetch_4 |a, b| a.wrapping_add(b);
    __atomic_fetch_sub_4 __atomic_sub_fetch_4 |a, b| a.wrapping_sub(b);
    __atomic_fetch_and_4 __atomic_and_fetch_4 |a, b| a & b;
    __atomic_fetch_or_4 __atomic_or_fetch_4 |a, b| a | b;
    __atomic_fetch_xor_4 __atomic_xor_fetch_4 |a, b| a ^ b;
    __atomic_fetch_nand_4 __atomic_nand_fetch_4 |a, b| !(a & b);
}
operations! {
    u64: __atomic_load_8 __atomic_store_8 __atomic_exchange_8 __atomic_compare_exchange_8
    __atomic_fetch_add_8 __atomic_add_fetch_8 |a, b| a.wrapping_add(b);
    __atomic_fetch_sub_8 __atomic_sub_fetch_8 |a, b| a.wrapping_sub(b);
    __atomic_fetch_and_8 __atomic_and_fetch_8 |a, b| a & b;
    __atomic_fetch_or_8 __atomic_or_fetch_8 |a, b| a | b;
    __atomic_fetch_xor_8 __atomic_xor_fetch_8 |a, b| a ^ b;
    __atomic_fetch_nand_8 __atomic_nand_fetch_8 |a, b| !(a & b);
}

/// # Safety
/// `object` is valid for reads of `size` bytes, `result` for writes.
#[linkage = "weak"]
#[unsafe(no_mangle)]
unsafe extern "C" fn __atomic_load(size: usize, object: *const u8, result: *mut u8, _order: c_int) {
    // SAFETY: by this function's contract.
    unsafe { ptr::copy(object, result, size) };
}

/// # Safety
/// `object` is valid for writes of `size` bytes, `value` for reads.
#[linkage = "weak"]
#[unsafe(no_mangle)]
unsafe extern "C" fn __atomic_store(size: usize, object: *mut u8, value: *const u8, _order: c_int) {
    // SAFETY: by this function's contract.
    unsafe { ptr::copy(value, object, size) };
}

/// # Safety
/// `object` is valid for reads and writes of `size` bytes, `value` for reads, `result` for writes.
#[linkage = "weak"]
#[unsafe(no_mangle)]
unsafe extern "C" fn __atomic_exchange(
    size: usize,
    object: *mut u8,
    value: *const u8,
    result: *mut u8,
    _order: c_int,
) {
    // `value` and `result` may be the same.
    for i in 0..size {
        // SAFETY: by this function's contract.
        unsafe {
            let before = object.add(i).replace(value.add(i).read());
            result.add(i).write(before);
        }
    }
}

/// # Safety
/// `object` and `expected` are valid for reads and writes of `size` bytes, `desired` for reads.
#[linkage = "weak"]
#[unsafe(no_mangle)]
unsafe extern "C" fn __atomic_compare_exchange(
    size: usize,
    object: *mut u8,
    expected: *mut u8,
    desired: *const u8,
    _success_order: c_int,
    _failure_order: c_int,
) -> bool {
    // SAFETY: by this function's contract.
    unsafe {
        let equal = slice::from_raw_parts(object, size) == slice::from_raw_parts(expected, size);
        if equal {
            ptr::copy(desired, object, size)
        } else {
            ptr::copy(object, expected, size)
        }
        equal
    }
}
