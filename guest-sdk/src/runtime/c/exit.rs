//! How a program with C ends: what was registered runs in reverse order, then destructors.

use alloc::vec::Vec;
use core::cell::UnsafeCell;
use core::ffi::{c_int, c_void};

use lvm_syscalls::halt::halt;

use super::{Function, between};

/// A function to be called at the end.
#[derive(Clone, Copy)]
enum Handler {
    Plain(Function),
    WithArgument(extern "C" fn(*mut c_void), *mut c_void),
}

/// The functions to be called at the end, the last first.
struct Handlers(UnsafeCell<Vec<Handler>>);

// SAFETY: the machine has one thread and no interrupts; the methods call nothing that calls them,
// so that no two references to the vector exist at a time.
unsafe impl Sync for Handlers {}

static HANDLERS: Handlers = Handlers(UnsafeCell::new(Vec::new()));

impl Handlers {
    fn push(&self, handler: Handler) {
        // SAFETY: see `impl Sync`.
        unsafe { (*self.0.get()).push(handler) };
    }

    fn pop(&self) -> Option<Handler> {
        // SAFETY: see `impl Sync`.
        unsafe { (*self.0.get()).pop() }
    }
}

/// Calls what was registered with `atexit`, and the destructors of global objects.
///
/// A handler may register others and may call `exit`, which goes on with those that are left.
pub(in crate::runtime) fn run_exit_handlers() {
    unsafe extern "C" {
        static __fini_array_start: Function;
        static __fini_array_end: Function;
    }
    while let Some(handler) = HANDLERS.pop() {
        match handler {
            Handler::Plain(function) => function(),
            Handler::WithArgument(function, argument) => function(argument),
        }
    }
    // SAFETY: the linker script defines the symbols so.
    let destructors =
        unsafe { between(&raw const __fini_array_start, &raw const __fini_array_end) };
    destructors.iter().rev().for_each(|destructor| destructor());
}

#[linkage = "weak"]
#[unsafe(no_mangle)]
extern "C" fn atexit(function: Function) -> c_int {
    HANDLERS.push(Handler::Plain(function));
    0
}

/// What C++ compilers register destructors with. There are no shared objects to tell apart.
#[linkage = "weak"]
#[unsafe(no_mangle)]
extern "C" fn __cxa_atexit(
    function: extern "C" fn(*mut c_void),
    argument: *mut c_void,
    _object: *mut c_void,
) -> c_int {
    HANDLERS.push(Handler::WithArgument(function, argument));
    0
}

#[linkage = "weak"]
#[unsafe(no_mangle)]
extern "C" fn exit(code: c_int) -> ! {
    run_exit_handlers();
    _exit(code)
}

#[linkage = "weak"]
#[unsafe(no_mangle)]
extern "C" fn _exit(code: c_int) -> ! {
    halt(u64::from(code.cast_unsigned()))
}

#[linkage = "weak"]
#[unsafe(no_mangle)]
extern "C" fn _Exit(code: c_int) -> ! {
    _exit(code)
}
