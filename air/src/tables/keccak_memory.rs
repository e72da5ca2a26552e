//! `keccak_memory`: the memory accesses of keccak-f calls, one row a word.
//!
//! Statement: the word at `address` is replaced, at the call's time plus 2, by what `keccak` says.

use lvm_isa::event::Access;
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::KeccakWordMsg;
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::memory::MemoryWrite;
use crate::gadgets::value::Value;

columns! {
    /// One word of one keccak-f call.
    pub struct KeccakMemoryRow {
        /// 1 in a row that is used; 0 or 1.
        is_real: cell,
        /// Time at which the ECALL starts.
        time: cell,
        /// Address of the word.
        address: cell,
        /// The word after the permutation; canonical, as `keccak` guarantees.
        after: Value,
        /// Write of the word.
        word: MemoryWrite,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = KeccakMemoryRow::<AB::Var>::of(builder.main().current_slice());
    builder.constrain_bool("is_real is boolean", row.is_real);
    KeccakWordMsg {
        time: row.time.into(),
        address: row.address.into(),
        before_lo: row.word.before.lo.into(),
        before_hi: row.word.before.hi.into(),
        after_lo: row.after.lo.into(),
        after_hi: row.after.hi.into(),
    }
    .receive(builder, row.is_real);
    let now = row.time + AB::Expr::TWO;
    row.word.constrain(builder, row.address, row.after.into_exprs(), now, row.is_real);
}

/// The row of the word at `address`, found by a call at `time` as `word` and left as `after`.
pub fn fill(
    time: u32,
    address: u64,
    word: Access,
    after: u64,
    counts: &mut Counts,
) -> KeccakMemoryRow<Goldilocks> {
    KeccakMemoryRow {
        is_real: Goldilocks::ONE,
        time: Goldilocks::from_u32(time),
        address: Goldilocks::from_u64(address),
        after: Value::from_u64(after),
        word: MemoryWrite::fill(word, time + 2, counts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::testing::*;

    #[test]
    fn a_word_is_replaced() {
        let mut counts = Counts::new(1);
        let honest = fill(400, 0x3008, Access { value: 5, time: 2 }, u64::MAX, &mut counts);
        expect_honest("keccak_memory", &honest, &counts, eval);
        assert_eq!(memory_sends(&honest, eval), [(0x3008, u64::MAX, 402)]);
        let mut row = honest;
        row.word.time = Goldilocks::from_u32(402);
        expect_violation(&row, "range16", eval);
        row.is_real = Goldilocks::TWO;
        expect_violation(&row, "is_real is boolean", eval);
        expect_padding::<KeccakMemoryRow<Goldilocks>>(eval);
    }
}
