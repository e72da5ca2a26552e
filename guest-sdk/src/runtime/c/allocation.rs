//! `malloc` and its relatives over the guest's heap.
//!
//! `free` isn't told the size of what it frees, so that a header before each object says it.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr;

use crate::runtime::heap::Heap;

/// The alignment that C wants of every object (`max_align_t`), and the size of the header.
const ALIGN: usize = 16;

/// What lies right before an object.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
struct Header {
    /// The object's size.
    size: usize,
    /// The object's alignment, which is also its distance from the start of its block.
    align: usize,
}

impl Header {
    /// The block that holds the object; `None` when no block can.
    fn block(self) -> Option<Layout> {
        Layout::from_size_align(self.size.checked_add(self.align)?, self.align).ok()
    }
}

/// An allocator with C's contract.
struct Allocator<'a>(&'a Heap);

impl Allocator<'_> {
    /// An object of `size` bytes, or null. `align` is a power of two.
    fn allocate(&self, size: usize, align: usize, zeroed: bool) -> *mut u8 {
        let header = Header { size, align: align.max(ALIGN) };
        let Some(block) = header.block() else { return ptr::null_mut() };
        // SAFETY: the block's size is at least that of the header.
        let start =
            unsafe { if zeroed { self.0.alloc_zeroed(block) } else { self.0.alloc(block) } };
        if start.is_null() {
            return start;
        }
        // SAFETY: the header lies within the block, directly before the object.
        unsafe { finish(start, header) }
    }

    /// # Safety
    /// `object` is null or in use, and is not used any more.
    unsafe fn free(&self, object: *mut u8) {
        if object.is_null() {
            return;
        }
        // SAFETY: an object in use has its header, and its block has the layout that it had when
        // the object was made.
        unsafe {
            let header = header(object);
            if let Some(block) = header.block() {
                self.0.dealloc(object.sub(header.align), block);
            }
        }
    }

    /// # Safety
    /// `object` is null or in use. Unless null is returned, it is not used any more.
    unsafe fn resize(&self, object: *mut u8, size: usize) -> *mut u8 {
        if object.is_null() {
            return self.allocate(size, ALIGN, false);
        }
        // SAFETY: as for `free`. The new size of the block is valid, since it has a layout.
        unsafe {
            let old = header(object);
            let new = Header { size, ..old };
            let (Some(from), Some(to)) = (old.block(), new.block()) else {
                return ptr::null_mut();
            };
            let start = self.0.realloc(object.sub(old.align), from, to.size());
            if start.is_null() { start } else { finish(start, new) }
        }
    }
}

/// Writes the header of an object into its block and returns the object.
///
/// # Safety
/// `start` is the start of `header.block()`.
unsafe fn finish(start: *mut u8, header: Header) -> *mut u8 {
    // SAFETY: the alignment is at least the header's size, so that the header is in the block.
    unsafe {
        let object = start.add(header.align);
        object.cast::<Header>().sub(1).write(header);
        object
    }
}

/// # Safety
/// `object` is in use.
unsafe fn header(object: *mut u8) -> Header {
    // SAFETY: the header lies right before the object.
    unsafe { object.cast::<Header>().sub(1).read() }
}

#[cfg(all(target_arch = "riscv64", target_os = "zkvm"))]
mod symbols {
    use core::ffi::c_int;
    use core::ptr;

    use super::{ALIGN, Allocator, header};
    use crate::runtime::start::HEAP;

    const ALLOCATOR: Allocator<'static> = Allocator(&HEAP);

    /// `ENOMEM`, as in every C library.
    const ENOMEM: c_int = 12;
    /// `EINVAL`, as in every C library.
    const EINVAL: c_int = 22;

    #[linkage = "weak"]
    #[unsafe(no_mangle)]
    extern "C" fn malloc(size: usize) -> *mut u8 {
        ALLOCATOR.allocate(size, ALIGN, false)
    }

    #[linkage = "weak"]
    #[unsafe(no_mangle)]
    extern "C" fn calloc(count: usize, size: usize) -> *mut u8 {
        match count.checked_mul(size) {
            Some(size) => ALLOCATOR.allocate(size, ALIGN, true),
            None => ptr::null_mut(),
        }
    }

    /// # Safety
    /// As for C's `realloc`.
    #[linkage = "weak"]
    #[unsafe(no_mangle)]
    unsafe extern "C" fn realloc(object: *mut u8, size: usize) -> *mut u8 {
        // SAFETY: the contract is the same.
        unsafe { ALLOCATOR.resize(object, size) }
    }

    /// # Safety
    /// As for C's `free`.
    #[linkage = "weak"]
    #[unsafe(no_mangle)]
    unsafe extern "C" fn free(object: *mut u8) {
        // SAFETY: the contract is the same.
        unsafe { ALLOCATOR.free(object) }
    }

    #[linkage = "weak"]
    #[unsafe(no_mangle)]
    extern "C" fn aligned_alloc(align: usize, size: usize) -> *mut u8 {
        if align.is_power_of_two() {
            ALLOCATOR.allocate(size, align, false)
        } else {
            ptr::null_mut()
        }
    }

    #[linkage = "weak"]
    #[unsafe(no_mangle)]
    extern "C" fn memalign(align: usize, size: usize) -> *mut u8 {
        aligned_alloc(align, size)
    }

    /// # Safety
    /// `result` is valid for a write.
    #[linkage = "weak"]
    #[unsafe(no_mangle)]
    unsafe extern "C" fn posix_memalign(result: *mut *mut u8, align: usize, size: usize) -> c_int {
        if !align.is_power_of_two() || align < size_of::<usize>() {
            return EINVAL;
        }
        let object = ALLOCATOR.allocate(size, align, false);
        if object.is_null() {
            return ENOMEM;
        }
        // SAFETY: by this function's contract.
        unsafe { result.write(object) };
        0
    }

    /// # Safety
    /// `object` is null or was allocated and not freed.
    #[linkage = "weak"]
    #[unsafe(no_mangle)]
    unsafe extern "C" fn malloc_usable_size(object: *mut u8) -> usize {
        // SAFETY: by this function's contract.
        if object.is_null() { 0 } else { unsafe { header(object).size } }
    }
}

#[cfg(test)]
mod tests {
    use core::slice;

    use super::*;

    /// Runs `test` with an allocator over `bytes` bytes.
    fn with(bytes: usize, test: impl FnOnce(&Allocator)) {
        let mut memory = vec![0_u128; bytes / 16];
        let range = memory.as_mut_ptr_range();
        let heap = Heap::new();
        // SAFETY: the memory is zeroed, 16-aligned, only used by the heap, and lives as long.
        unsafe { heap.give(range.start.cast(), range.end.cast()) };
        test(&Allocator(&heap));
    }

    fn bytes<'a>(object: *mut u8, length: usize) -> &'a mut [u8] {
        // SAFETY: called for objects in use of at least this length only.
        unsafe { slice::from_raw_parts_mut(object, length) }
    }

    #[test]
    fn objects_are_aligned_disjoint_and_keep_their_bytes() {
        with(1 << 20, |allocator| {
            let objects: Vec<_> = (0..200_usize)
                .map(|i| {
                    let (size, align) = (i * 13 % 700, 1 << (i % 9));
                    let object = allocator.allocate(size, align, false);
                    assert_eq!(object.addr() % align.max(16), 0);
                    bytes(object, size).fill(i as u8);
                    (object, size, i as u8)
                })
                .collect();
            for (i, (object, size, fill)) in objects.into_iter().enumerate() {
                assert!(bytes(object, size).iter().all(|byte| *byte == fill));
                // SAFETY: the object is in use; of two sizes, one is larger than before.
                unsafe {
                    let size_now = if i % 2 == 0 { size / 2 } else { size * 2 };
                    let moved = allocator.resize(object, size_now);
                    assert!(bytes(moved, size.min(size_now)).iter().all(|byte| *byte == fill));
                    allocator.free(moved);
                }
            }
        });
    }

    #[test]
    fn freed_memory_is_used_again_and_zeroed_when_wanted() {
        with(1 << 12, |allocator| {
            for _ in 0..1000 {
                let object = allocator.allocate(1000, 1, true);
                assert!(bytes(object, 1000).iter().all(|byte| *byte == 0));
                bytes(object, 1000).fill(0xFF);
                // SAFETY: the object is in use and not used after this.
                unsafe { allocator.free(object) };
            }
        });
    }

    #[test]
    fn no_memory_is_null_and_null_is_no_object() {
        with(1 << 12, |allocator| {
            for size in [1 << 12, usize::MAX, usize::MAX - 15, isize::MAX as usize] {
                assert!(allocator.allocate(size, 1, false).is_null(), "{size}");
            }
            assert!(allocator.allocate(1, 1 << 63, false).is_null());
            // SAFETY: null is allowed; the object is in use until it is freed.
            unsafe {
                allocator.free(ptr::null_mut());
                let object = allocator.resize(ptr::null_mut(), 5);
                bytes(object, 5).fill(1);
                assert!(allocator.resize(object, 1 << 40).is_null());
                assert_eq!(bytes(object, 5), [1; 5]);
                allocator.free(object);
            }
            let empty = allocator.allocate(0, 1, false);
            assert!(!empty.is_null() && empty != allocator.allocate(0, 1, false));
        });
    }
}
