//! Panics of a guest without the standard library: the message goes to the host.

use alloc::string::ToString;
use core::panic::PanicInfo;

use lvm_syscalls::panic::panic;

#[panic_handler]
fn on_panic(info: &PanicInfo) -> ! {
    panic(info.to_string().as_bytes())
}
