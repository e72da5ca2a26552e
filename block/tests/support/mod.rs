//! The real blocks that are shared between checkouts, where they are.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The names of the files.
pub(crate) const BLOCKS: [&str; 3] = ["hoodi_1265656", "mainnet_23587691", "mainnet_24647140"];

/// The file of the block `name`; `None`, with a message, where the blocks aren't.
pub(crate) fn block(name: &str) -> Option<Vec<u8>> {
    let folder = env::var_os("LVM_BLOCKS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/blocks"),
        PathBuf::from,
    );
    let path = folder.join(format!("{name}.rlp"));
    if !path.is_file() {
        println!("skipped: there is no {}; LVM_BLOCKS names the folder", path.display());
        return None;
    }
    Some(fs::read(&path).expect("the block's file is readable"))
}

/// Numbers that are the same in every run (splitmix64).
#[derive(Clone, Debug)]
#[expect(dead_code, reason = "not all tests need numbers")]
pub(crate) struct Seed(u64);

#[expect(dead_code, reason = "not all tests need numbers")]
impl Seed {
    /// Numbers that depend on `name`.
    pub(crate) fn new(name: &str) -> Self {
        Self(name.bytes().fold(0, |seed, byte| seed.wrapping_mul(257).wrapping_add(byte.into())))
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not zero.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}
