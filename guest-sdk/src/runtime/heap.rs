//! The heap: free lists by size class over a region that is handed out from its start.
//!
//! What counts on the machine is the number of instructions and of distinct memory words, so
//! there are no headers: `Layout` says to which class a block belongs. Taking a block from a free
//! list is a load and a store, giving it back two stores. A free block's first word links to the
//! next free block of its class. Blocks are never split or joined; their classes are fine (16
//! bytes up to 1 KiB, a quarter of a power of two above), and bytes that only round a size up are
//! never touched, so that they cost nothing.
//!
//! Invariants: every block is 16-aligned, has its class's size and is either on the free list of
//! its class or in use; nothing at or above `next` is in use; nothing at or above `touched` has
//! been written, except that `touched` may be less than `next`, which then takes its place.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr;

/// Alignment of every block; what is aligned more strictly is rounded up within a larger block.
const ALIGN: usize = 16;
/// Largest size of the classes that are multiples of [`ALIGN`].
const FINE_MAX: usize = 1 << FINE_MAX_LOG;
const FINE_MAX_LOG: u32 = 10;
/// Classes of sizes up to [`FINE_MAX`], class `i` having blocks of `16·i` bytes.
const FINE_CLASSES: usize = FINE_MAX / ALIGN + 1;
/// Largest size of a block; it is also more than the machine's heap has.
const SIZE_MAX: usize = 1 << SIZE_MAX_LOG;
const SIZE_MAX_LOG: u32 = 34;
/// All classes: above [`FINE_MAX`] there are four for each power of two.
const CLASSES: usize = FINE_CLASSES + 4 * (SIZE_MAX_LOG - FINE_MAX_LOG) as usize;

/// The class of the smallest blocks that hold `size <= SIZE_MAX` bytes.
#[inline(always)]
const fn class_of(size: usize) -> usize {
    if size <= FINE_MAX {
        return size.div_ceil(ALIGN);
    }
    // The three leading bits of `size - 1` and their place make the class. The machine has no
    // instruction for logarithms, and most sizes take few turns.
    let mut class = FINE_CLASSES;
    let mut leading = (size - 1) >> (FINE_MAX_LOG - 2);
    while leading > 7 {
        leading >>= 1;
        class += 4;
    }
    class + leading - 4
}

/// The size of the blocks of `class`.
#[inline(always)]
const fn size_of_class(class: usize) -> usize {
    if class < FINE_CLASSES {
        return class * ALIGN;
    }
    let coarse = class - FINE_CLASSES;
    (5 + coarse % 4) << (FINE_MAX_LOG as usize - 2 + coarse / 4)
}

struct State {
    /// First address that was never handed out.
    next: *mut u8,
    /// No address from here on, nor any from `next` on if that is more, was ever handed out.
    touched: *mut u8,
    end: *mut u8,
    /// The first free block of each class, or null.
    free: [*mut u8; CLASSES],
}

impl State {
    /// A free block of `class`, if there is one.
    #[inline(always)]
    fn reuse(&mut self, class: usize) -> Option<*mut u8> {
        let block = self.free[class];
        if block.is_null() {
            return None;
        }
        // SAFETY: a block on a free list is unused memory whose first word is the link.
        self.free[class] = unsafe { block.cast::<*mut u8>().read() };
        Some(block)
    }

    /// A block of `class` that was not on a free list, or null when there is no more memory.
    #[inline]
    fn extend(&mut self, class: usize) -> *mut u8 {
        let block = self.next;
        if size_of_class(class) > self.end.addr() - block.addr() {
            return ptr::null_mut();
        }
        self.next = block.wrapping_add(size_of_class(class));
        block
    }

    #[inline(always)]
    fn allocate(&mut self, class: usize) -> *mut u8 {
        match self.reuse(class) {
            Some(block) => block,
            None => self.extend(class),
        }
    }

    /// # Safety
    /// `block` is a block of `class` which is in use, and is not used any more.
    #[inline(always)]
    unsafe fn free(&mut self, block: *mut u8, class: usize) {
        // SAFETY: a block of a class above 0 has at least 16 bytes and is 16-aligned.
        unsafe { block.cast::<*mut u8>().write(self.free[class]) };
        self.free[class] = block;
    }

    /// Makes the last block, of class `from`, one of class `to`; false when it's not the last.
    #[inline]
    fn resize_last(&mut self, block: *mut u8, from: usize, to: usize) -> bool {
        if block.wrapping_add(size_of_class(from)) != self.next
            || size_of_class(to) > self.end.addr() - block.addr()
        {
            return false;
        }
        self.touched = self.touched.max(self.next);
        self.next = block.wrapping_add(size_of_class(to));
        true
    }
}

/// An allocator for a machine with one thread.
pub(crate) struct Heap(UnsafeCell<State>);

// SAFETY: the machine has one thread and no interrupts; `GlobalAlloc`'s methods don't call
// anything that allocates, so that no two references to the state exist at a time.
unsafe impl Sync for Heap {}

impl Heap {
    /// A heap without memory.
    pub(crate) const fn new() -> Self {
        Self(UnsafeCell::new(State {
            next: ptr::null_mut(),
            touched: ptr::null_mut(),
            end: ptr::null_mut(),
            free: [ptr::null_mut(); CLASSES],
        }))
    }

    /// Gives the heap the memory `start..end`.
    ///
    /// # Safety
    /// Nothing was allocated yet. The range is zeroed memory which nothing else uses, its start a
    /// multiple of 16.
    pub(crate) unsafe fn give(&self, start: *mut u8, end: *mut u8) {
        let state = self.state();
        state.next = start;
        state.touched = start;
        state.end = end;
    }

    #[expect(clippy::mut_from_ref, reason = "exclusive because of the machine's single thread")]
    #[inline(always)]
    fn state(&self) -> &mut State {
        // SAFETY: see `impl Sync`.
        unsafe { &mut *self.0.get() }
    }

    /// The size of the block below an object that is aligned more strictly than blocks are: room
    /// to round up, and before the object a word with the block's address.
    fn padded(layout: Layout) -> usize {
        layout.size().saturating_add(layout.align())
    }

    #[cold]
    fn allocate_aligned(&self, layout: Layout) -> *mut u8 {
        if Self::padded(layout) > SIZE_MAX {
            return ptr::null_mut();
        }
        let block = self.state().allocate(class_of(Self::padded(layout)));
        if block.is_null() {
            return block;
        }
        let object = block.map_addr(|address| (address + layout.align()) & !(layout.align() - 1));
        // SAFETY: the object begins at least 16 bytes after the block, as both are 16-aligned.
        unsafe { object.cast::<*mut u8>().sub(1).write(block) };
        object
    }

    /// # Safety
    /// `object` comes from [`Self::allocate_aligned`] with the same layout.
    #[cold]
    unsafe fn free_aligned(&self, object: *mut u8, layout: Layout) {
        // SAFETY: `allocate_aligned` stored the block's address there.
        unsafe {
            let block = object.cast::<*mut u8>().sub(1).read();
            self.state().free(block, class_of(Self::padded(layout)));
        }
    }
}

// SAFETY: blocks in use are disjoint, at least as long as asked for, and aligned.
unsafe impl GlobalAlloc for Heap {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > ALIGN {
            return self.allocate_aligned(layout);
        }
        if layout.size() > SIZE_MAX {
            return ptr::null_mut();
        }
        self.state().allocate(class_of(layout.size()))
    }

    #[inline]
    unsafe fn dealloc(&self, object: *mut u8, layout: Layout) {
        // SAFETY: the caller gives back what it got for this layout.
        unsafe {
            if layout.align() > ALIGN {
                self.free_aligned(object, layout);
            } else {
                self.state().free(object, class_of(layout.size()));
            }
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.align() > ALIGN || layout.size() > SIZE_MAX {
            // SAFETY: the contract is the same.
            let object = unsafe { self.alloc(layout) };
            if !object.is_null() {
                // SAFETY: the object has that many bytes.
                unsafe { object.write_bytes(0, layout.size()) };
            }
            return object;
        }
        let state = self.state();
        let class = class_of(layout.size());
        let (block, written) = match state.reuse(class) {
            Some(block) => (block, layout.size()),
            None => {
                let block = state.extend(class);
                (block, state.touched.addr().saturating_sub(block.addr()).min(layout.size()))
            }
        };
        if !block.is_null() {
            // SAFETY: the block has at least that many bytes. Those after it were never written,
            // and memory is zero when a run starts.
            unsafe { block.write_bytes(0, written) };
        }
        block
    }

    unsafe fn realloc(&self, object: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if layout.align() <= ALIGN && size <= SIZE_MAX {
            let (from, to) = (class_of(layout.size()), class_of(size));
            if from == to || self.state().resize_last(object, from, to) {
                return object;
            }
        }
        // SAFETY: the caller has checked that the new size is a valid one for the alignment.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: both objects have at least the number of bytes that are copied, and are disjoint.
        unsafe {
            let moved = self.alloc(wanted);
            if !moved.is_null() {
                ptr::copy_nonoverlapping(object, moved, layout.size().min(size));
                self.dealloc(object, layout);
            }
            moved
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_class_is_the_smallest_that_fits() {
        let check = |size: usize| {
            let class = class_of(size);
            assert!(size <= size_of_class(class), "{size}");
            assert!(class == 0 || size > size_of_class(class - 1), "{size}");
            assert_eq!(size_of_class(class) % ALIGN, 0, "{size}");
        };
        (0..10_000).for_each(check);
        (13..=SIZE_MAX_LOG).map(|log| 1 << log).for_each(|size| {
            check(size - 1);
            check(size);
            if size < SIZE_MAX {
                check(size + 1);
            }
        });
        assert_eq!(class_of(SIZE_MAX), CLASSES - 1);
    }

    /// A heap in memory of its own.
    struct Arena {
        heap: Heap,
        _memory: Vec<u128>,
    }

    impl Arena {
        fn new(bytes: usize) -> Self {
            let mut memory = vec![0_u128; bytes / 16];
            let range = memory.as_mut_ptr_range();
            let heap = Heap::new();
            // SAFETY: the memory is zeroed, 16-aligned, only used by the heap, and lives as long.
            unsafe { heap.give(range.start.cast(), range.end.cast()) };
            Self { heap, _memory: memory }
        }
    }

    /// An object in use, filled with one byte.
    struct Object {
        address: *mut u8,
        layout: Layout,
        fill: u8,
    }

    impl Object {
        fn write(address: *mut u8, layout: Layout, fill: u8) -> Self {
            assert_eq!(address.addr() % layout.align(), 0);
            // SAFETY: the heap says that the object has that many bytes.
            unsafe { address.write_bytes(fill, layout.size()) };
            Self { address, layout, fill }
        }

        fn check(&self, length: usize) {
            assert!(bytes(self.address, length).iter().all(|byte| *byte == self.fill));
        }
    }

    fn bytes<'a>(address: *const u8, length: usize) -> &'a [u8] {
        // SAFETY: called for initialized objects of at least this length only.
        unsafe { core::slice::from_raw_parts(address, length) }
    }

    #[derive(Clone, Debug)]
    enum Action {
        Allocate(usize, usize),
        AllocateZeroed(usize, usize),
        Free(usize),
        Resize(usize, usize),
    }

    fn action() -> impl Strategy<Value = Action> {
        let size = || prop_oneof![4 => 1..64_usize, 3 => 1..2000_usize, 1 => 1..40_000_usize];
        let align = || prop_oneof![8 => 0..5_u32, 1 => 5..10_u32].prop_map(|log| 1 << log);
        prop_oneof![
            3 => (size(), align()).prop_map(|(size, align)| Action::Allocate(size, align)),
            1 => (size(), align()).prop_map(|(size, align)| Action::AllocateZeroed(size, align)),
            3 => any::<usize>().prop_map(Action::Free),
            3 => (any::<usize>(), size()).prop_map(|(index, size)| Action::Resize(index, size)),
        ]
    }

    proptest! {
        #[test]
        fn objects_keep_their_bytes(actions in prop::collection::vec(action(), 1..300)) {
            let arena = Arena::new(1 << 21);
            let mut objects: Vec<Object> = Vec::new();
            for (step, action) in actions.into_iter().enumerate() {
                let fill = step as u8 | 1;
                match action {
                    Action::Allocate(size, align) => {
                        let layout = Layout::from_size_align(size, align).unwrap();
                        // SAFETY: the size is not zero.
                        let address = unsafe { arena.heap.alloc(layout) };
                        if !address.is_null() {
                            objects.push(Object::write(address, layout, fill));
                        }
                    }
                    Action::AllocateZeroed(size, align) => {
                        let layout = Layout::from_size_align(size, align).unwrap();
                        // SAFETY: the size is not zero.
                        let address = unsafe { arena.heap.alloc_zeroed(layout) };
                        if !address.is_null() {
                            prop_assert!(bytes(address, size).iter().all(|byte| *byte == 0));
                            objects.push(Object::write(address, layout, fill));
                        }
                    }
                    Action::Free(index) if !objects.is_empty() => {
                        let object = objects.swap_remove(index % objects.len());
                        object.check(object.layout.size());
                        // SAFETY: the object comes from this heap and isn't used after this.
                        unsafe { arena.heap.dealloc(object.address, object.layout) };
                    }
                    Action::Resize(index, size) if !objects.is_empty() => {
                        let index = index % objects.len();
                        let old = &mut objects[index];
                        let layout = Layout::from_size_align(size, old.layout.align()).unwrap();
                        // SAFETY: the object comes from this heap; the size is not zero.
                        let address =
                            unsafe { arena.heap.realloc(old.address, old.layout, size) };
                        if !address.is_null() {
                            old.address = address;
                            old.check(size.min(old.layout.size()));
                            *old = Object::write(address, layout, fill);
                        }
                    }
                    Action::Free(_) | Action::Resize(..) => {}
                }
            }
            objects.iter().for_each(|object| object.check(object.layout.size()));
        }
    }

    #[test]
    fn the_last_block_grows_in_place() {
        let arena = Arena::new(1 << 16);
        let layout = Layout::from_size_align(100, 8).unwrap();
        // SAFETY: sizes are not zero, and objects are used as they were allocated.
        unsafe {
            let first = arena.heap.alloc(layout);
            assert_eq!(arena.heap.realloc(first, layout, 30_000), first);
            let second = arena.heap.alloc(layout);
            assert!(second >= first.add(30_000));
        }
    }

    #[test]
    fn freed_blocks_are_used_again() {
        let arena = Arena::new(1 << 12);
        let layout = Layout::from_size_align(1500, 8).unwrap();
        for _ in 0..100 {
            // SAFETY: the size is not zero, and the object is freed as it was allocated.
            unsafe {
                let object = arena.heap.alloc(layout);
                assert!(!object.is_null());
                arena.heap.dealloc(object, layout);
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_null() {
        let arena = Arena::new(1 << 12);
        for (size, align) in [(1 << 12 | 1, 8), (1 << 40, 8), (1 << 12, 64), (8, 1 << 20)] {
            let layout = Layout::from_size_align(size, align).unwrap();
            // SAFETY: the size is not zero.
            unsafe {
                assert!(arena.heap.alloc(layout).is_null());
                assert!(arena.heap.alloc_zeroed(layout).is_null());
            }
        }
    }
}
