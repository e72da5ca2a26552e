//! The first instructions of a guest, up to `main` and after it, and the heap that it allocates
//! from.

use core::ptr;

use lvm_syscalls::halt::halt;
use lvm_syscalls::layout::PRIVATE_INPUT_START;

use super::heap::Heap;

unsafe extern "C" {
    /// First address of the heap, by the linker script. A multiple of 16. In a program with C,
    /// what lies before the script's `_heap_end` is left to the program.
    #[cfg_attr(feature = "c", link_name = "_heap_end")]
    static mut _heap_start: u8;

    /// What `fn main` of a program with the standard library compiles to, or `entry!` defines.
    fn main(argc: isize, argv: *const *const u8) -> isize;
}

/// The first address after the heap. It is too far away from code for a symbol.
const HEAP_END: *mut u8 = PRIVATE_INPUT_START as *mut u8;

#[global_allocator]
pub(super) static HEAP: Heap = Heap::new();

core::arch::global_asm!(
    ".section .text._start, \"ax\", @progbits",
    ".globl _start",
    ".type _start, @function",
    "_start:",
    ".option push",
    ".option norelax",
    "la gp, __global_pointer$",
    ".option pop",
    "la sp, _stack_top",
    "tail {run}",
    ".size _start, . - _start",
    ".text",
    run = sym run,
);

/// Runs the program and halts with what `main` returns, which is an `int` in the C sense.
extern "C" fn run() -> ! {
    // SAFETY: this is the first thing that a run does; the linker script gives the range to nobody
    // else, and memory is zero when a run starts.
    unsafe { HEAP.give(&raw mut _heap_start, HEAP_END) };
    #[cfg(feature = "std")]
    super::std_platform::report_failed_allocations();
    // SAFETY: no other code has run, and the heap has its memory.
    #[cfg(feature = "c")]
    unsafe {
        super::c::set_thread_pointer();
        super::c::run_constructors();
    }
    // SAFETY: the platform's `main` has this signature; with `argc` zero it doesn't look at `argv`.
    let code = unsafe { main(0, ptr::null()) };
    #[cfg(feature = "c")]
    super::c::run_exit_handlers();
    halt(u64::from(code as u32))
}
