//! The functions that C++ compilers call without being asked, for programs without exceptions.
//!
//! Names and contracts are those of the Itanium C++ ABI. A `new` that finds no memory ends the
//! run, as there is nothing to throw.

use core::ffi::{c_int, c_void};

use lvm_syscalls::panic::panic;

unsafe extern "C" {
    safe fn aligned_alloc(align: usize, size: usize) -> *mut c_void;
    safe fn malloc(size: usize) -> *mut c_void;
    fn free(object: *mut c_void);
}

/// Tells shared objects apart, of which there is one.
struct Handle(#[expect(dead_code, reason = "only the address counts")] *const c_void);

// SAFETY: it is never read.
unsafe impl Sync for Handle {}

#[linkage = "weak"]
#[unsafe(no_mangle)]
static __dso_handle: Handle = Handle(core::ptr::null());

fn new(object: *mut c_void) -> *mut c_void {
    if object.is_null() {
        panic(b"out of memory");
    }
    object
}

/// Defines a form of `operator new`.
macro_rules! operator_new {
    ($name:ident, $($argument:ident),*; $object:expr) => {
        #[linkage = "weak"]
        #[unsafe(no_mangle)]
        extern "C" fn $name($($argument: usize),*) -> *mut c_void {
            new($object)
        }
    };
}

/// Defines a form of `operator delete`, which may be told the size and the alignment.
macro_rules! operator_delete {
    ($($name:ident($($ignored:ident),*))*) => {$(
        /// # Safety
        /// As for C++'s `operator delete`.
        #[linkage = "weak"]
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(object: *mut c_void $(, $ignored: usize)*) {
            // SAFETY: the contract is the same.
            unsafe { free(object) };
        }
    )*};
}

operator_new!(_Znwm, size; malloc(size));
operator_new!(_Znam, size; malloc(size));
operator_new!(_ZnwmSt11align_val_t, size, align; aligned_alloc(align, size));
operator_new!(_ZnamSt11align_val_t, size, align; aligned_alloc(align, size));
operator_delete! {
    _ZdlPv()
    _ZdaPv()
    _ZdlPvm(_size)
    _ZdaPvm(_size)
    _ZdlPvSt11align_val_t(_align)
    _ZdaPvSt11align_val_t(_align)
    _ZdlPvmSt11align_val_t(_size, _align)
    _ZdaPvmSt11align_val_t(_size, _align)
}

#[linkage = "weak"]
#[unsafe(no_mangle)]
extern "C" fn __cxa_pure_virtual() -> ! {
    panic(b"a pure virtual function was called")
}

/// Says whether the caller has to initialize a function's static variable.
///
/// # Safety
/// `guard` is the variable's guard object of 8 bytes.
#[linkage = "weak"]
#[unsafe(no_mangle)]
unsafe extern "C" fn __cxa_guard_acquire(guard: *mut u8) -> c_int {
    // SAFETY: by this function's contract. The first byte is the compiler's, too.
    c_int::from(unsafe { guard.read() } == 0)
}

/// # Safety
/// As for [`__cxa_guard_acquire`].
#[linkage = "weak"]
#[unsafe(no_mangle)]
unsafe extern "C" fn __cxa_guard_release(guard: *mut u8) {
    // SAFETY: by this function's contract.
    unsafe { guard.write(1) };
}
