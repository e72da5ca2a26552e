//! LogUp: sums and messages that a prover may not bend.

use lvm_air::table::Table;
use lvm_isa::instruction::Operation::{Add, Addi};
use lvm_syscalls::halt;
use lvm_verifier::config::Challenge;
use lvm_verifier::security::largest_shape;
use lvm_verifier::shape::TableConstraints;
use lvm_verifier::{Proof, VerifyError};
use lvm_vm::assemble::{Assembler, ecall, i, r};
use p3_air::{AirBuilder, ExtensionBuilder, PermutationAirBuilder};
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;
use p3_lookup::{LogUpGadget, LookupProtocol, LookupTerminal};
use p3_matrix::dense::RowMajorMatrix;

use crate::lie::{Lie, copy};

fn sum() -> Assembler {
    let mut a = Assembler::new();
    a.li(17, halt::NUMBER).li(5, 5).li(6, 6).push(r(Add, 10, 5, 6)).push(ecall());
    a
}

/// Evaluates the running sum's constraints on one row of a table of `sums.len()` rows.
struct SumChecker<'a> {
    sums: &'a [Challenge],
    fractions: &'a [Vec<Challenge>],
    row: usize,
    main: RowMajorMatrix<Goldilocks>,
    failures: usize,
}

impl SumChecker<'_> {
    fn cells(&self, row: usize) -> impl Iterator<Item = Challenge> {
        let row = row % self.sums.len();
        [self.sums[row]].into_iter().chain(self.fractions[row].iter().copied())
    }
}

impl AirBuilder for SumChecker<'_> {
    type F = Goldilocks;
    type Expr = Goldilocks;
    type Var = Goldilocks;
    type PreprocessedWindow = RowMajorMatrix<Goldilocks>;
    type MainWindow = RowMajorMatrix<Goldilocks>;
    type PublicVar = Goldilocks;
    type PeriodicVar = Goldilocks;

    fn main(&self) -> Self::MainWindow {
        self.main.clone()
    }

    fn preprocessed(&self) -> &Self::PreprocessedWindow {
        &self.main
    }

    fn is_first_row(&self) -> Goldilocks {
        Goldilocks::from_bool(self.row == 0)
    }

    fn is_last_row(&self) -> Goldilocks {
        Goldilocks::from_bool(self.row + 1 == self.sums.len())
    }

    fn is_transition(&self) -> Goldilocks {
        Goldilocks::from_bool(self.row + 1 < self.sums.len())
    }

    fn assert_zero<I: Into<Goldilocks>>(&mut self, zero: I) {
        self.failures += usize::from(zero.into() != Goldilocks::ZERO);
    }
}

impl ExtensionBuilder for SumChecker<'_> {
    type EF = Challenge;
    type ExprEF = Challenge;
    type VarEF = Challenge;

    fn assert_zero_ext<I: Into<Challenge>>(&mut self, zero: I) {
        self.failures += usize::from(zero.into() != Challenge::ZERO);
    }
}

impl PermutationAirBuilder for SumChecker<'_> {
    type MP = RowMajorMatrix<Challenge>;
    type RandomVar = Challenge;
    type PermutationVar = Challenge;

    fn permutation(&self) -> Self::MP {
        let cells = self.cells(self.row).chain(self.cells(self.row + 1)).collect();
        RowMajorMatrix::new(cells, 1 + self.fractions[0].len())
    }

    fn permutation_randomness(&self) -> &[Challenge] {
        &[]
    }

    fn permutation_values(&self) -> &[Challenge] {
        &[]
    }
}

/// The rows in which the constraints of a table's running sum fail.
fn failing_rows(
    table: Table,
    start: Challenge,
    total: impl Fn(Challenge) -> Challenge,
) -> Vec<usize> {
    const ROWS: u64 = 16;
    let airs = largest_shape(16).expect("a shape").airs(0, 0, &[0]);
    let air = airs.iter().find(|air| air.table == table).expect("all tables are there");
    let lookups = TableConstraints::of(air).interactions;
    // Any fractions will do: they have constraints of their own.
    let fraction = |row: u64, at: usize| Challenge::from_u64(row * 1000 + at as u64 + 1);
    let fractions: Vec<Vec<_>> =
        (0..ROWS).map(|row| (0..lookups.len()).map(|at| fraction(row, at)).collect()).collect();
    let mut sums = vec![start];
    for row in &fractions {
        let next = sums[sums.len() - 1] + row.iter().copied().sum::<Challenge>();
        sums.push(next);
    }
    let total = total(sums.pop().expect("one sum more than rows"));
    (0..ROWS as usize)
        .filter(|&row| {
            let main = RowMajorMatrix::new(vec![], 1);
            let mut checker =
                SumChecker { sums: &sums, fractions: &fractions, row, main, failures: 0 };
            LogUpGadget::new().eval_accumulator(&mut checker, &lookups, total);
            checker.failures > 0
        })
        .collect()
}

/// LambdaVM: the constraint on the first row of a running sum was a tautology.
#[test]
fn running_sums_begin_at_zero() {
    let none: [usize; 0] = [];
    for table in [Table::Boundary, Table::Range, Table::Add, Table::Ecall] {
        assert_eq!(failing_rows(table, Challenge::ZERO, |sum| sum), none);
        // A start that makes any total of the liar's choice come out.
        let start = Challenge::from_u64(12345);
        assert_eq!(failing_rows(table, start, |sum| sum), [0]);
        assert_eq!(failing_rows(table, Challenge::ZERO, |sum| sum - start), [15]);
    }
}

/// Tables whose buses don't balance, with totals that add up to zero all the same.
#[test]
fn totals_made_to_add_up_are_refused() {
    let mut lie = Lie::about(&sum());
    lie.exit(12);
    let mut proof = lie.run.prove(&lie.tables);
    let reason = |proof: &Proof| match lie.run.verify(proof) {
        Err(VerifyError::Stark { reason }) => reason,
        other => panic!("{other:?}"),
    };
    let sum: Challenge = proof.stark.lookup_terminals.iter().flatten().map(|total| total.0).sum();
    assert_ne!(sum, Challenge::ZERO);
    let before = reason(&proof);
    let total = proof.stark.lookup_terminals[0].as_mut().expect("each table has a total");
    *total = LookupTerminal(total.0 - sum);
    assert_ne!(reason(&proof), before, "the totals must be refused for another reason");
}

/// SP1: the sums of the tables were not bound to what followed.
#[test]
fn totals_that_move_between_tables_are_refused() {
    let lie = Lie::about(&sum());
    let honest = lie.run.prove(&lie.tables);
    lie.run.verify(&copy(&honest)).expect("the twin is honest");
    let mut moved = honest;
    let totals = &mut moved.stark.lookup_terminals;
    for (at, by) in [(0, Challenge::ONE), (1, -Challenge::ONE)] {
        let total = totals[at].as_mut().expect("each table has a total");
        *total = LookupTerminal(total.0 + by);
    }
    assert!(matches!(lie.run.verify(&moved), Err(VerifyError::Stark { .. })));
}

/// Multiplicities: what tables provide may be asked for any number of times, but what is provided
/// −1 times doesn't pay for what nobody provides.
#[test]
fn multiplicities_do_not_pay_for_each_other() {
    let mut a = Assembler::new();
    a.li(17, halt::NUMBER).push(i(Addi, 10, 0, 1)).push(ecall());
    for (value, by) in [(5, -Goldilocks::ONE), (5, Goldilocks::ONE), (0xFFFF, -Goldilocks::TWO)] {
        let lie = Lie::about(&a);
        let mut tables = lie.tables;
        let range = tables.iter_mut().find(|filled| filled.table == Table::Range);
        let rows = &mut range.expect("every run has the table").rows;
        let width = rows.width;
        rows.values[value * width] += by;
        // Without correcting the multiplicities, which are the lie.
        lie.run.expect_refused(&tables, "bus range16");
    }
}
