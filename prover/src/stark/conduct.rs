//! What a prover does with what it is about to say, so that tests of the protocol can have a
//! prover lie in the middle of it, after challenges that its lie depends on.

use lvm_air::field::Challenge;
use lvm_verifier::stark::{Opened, Totals};

use crate::stark::commit::Cells;

/// A prover's conduct. Each method is told what an honest prover would go on with, and may change
/// it; columns are on their evaluation domains.
pub(crate) trait Conduct {
    /// The border columns' values at η, before they are sent.
    fn border(&self, _values: &mut [Vec<Challenge>]) {}

    /// The interaction columns and totals, before they are committed.
    fn interactions(&self, _extended: &mut [Cells], _totals: &mut [Totals]) {}

    /// The quotients, before they are committed.
    fn quotients(&self, _extended: &mut [Cells]) {}

    /// The values at ζ, before they are sent.
    fn opened(&self, _zeta: Challenge, _opened: &mut Opened) {}

    /// Whether columns have so high a degree that their values on one half of the domain don't give
    /// those on the other.
    fn is_of_high_degree(&self) -> bool {
        false
    }

    /// The factor with which a height's function joins the folding.
    fn joining(&self, factor: Challenge) -> Challenge {
        factor
    }
}

/// Does what the protocol says.
pub(crate) struct Honest;

impl Conduct for Honest {}

#[cfg(test)]
mod tests {
    use lvm_air::field::{CHALLENGE_DEGREE, Val};
    use lvm_air::table::Part;
    use lvm_isa::segment::{Budget, Statement};
    use lvm_verifier::Profile;
    use lvm_verifier::shape::Shape;
    use lvm_verifier::stark::domain::{LOG_BLOWUP, SHIFT, point};
    use lvm_verifier::stark::fri::FriError;
    use lvm_verifier::stark::global::GlobalChallenges;
    use lvm_verifier::stark::{Plan, StarkError, Subject, Tree, verify};
    use lvm_vm::assemble::Assembler;
    use lvm_vm::execute::Options;
    use lvm_vm::record::record;
    use p3_field::{Field, PrimeCharacteristicRing};
    use p3_matrix::Matrix;

    use super::*;
    use crate::stark::{begin_as, prove_as};
    use crate::{Program, Prover};

    /// The heights of the small program's tables, as a plan has them.
    const LOG_HEIGHTS: [usize; 3] = [16, 6, 4];

    /// What the verifier says of a run of a small program.
    fn verdict(conduct: &dyn Conduct) -> Result<(), StarkError> {
        let mut a = Assembler::new();
        a.li(5, 7).halt(0);
        let program = Program::from(a.load());
        let options = Options::default();
        let recording = record(program.loaded(), &[], &options, &Budget::UNLIMITED, &mut |_| {})
            .expect("it runs");
        let prover = Prover::new(program).expect("it fits");
        let setup = prover.setup();
        let tables = prover.fill(&recording).expect("they fit").segments.remove(0).tables;
        let heights: Vec<(u8, u8)> = tables
            .iter()
            .map(|filled| (filled.table.id(), filled.rows.height().trailing_zeros() as u8))
            .collect();
        let shape = Shape::new(Part::Segment, &heights, &setup.material).expect("a shape");
        let plan = Plan::new(shape.tables());
        assert_eq!(plan.log_heights, LOG_HEIGHTS);
        let statement = Statement { entry: setup.material.entry, ..Statement::default() };
        let parameters = Profile::Provable100.parameters();
        let preprocessed = setup.preprocessed(Part::Segment);
        let bordered = begin_as(conduct, &setup.reused, [1; 32], &plan, preprocessed, &tables);
        let (border, begun) = (bordered.border.clone(), bordered.begun.clone());
        let global = GlobalChallenges::of([2; 32]);
        let proof = prove_as(
            conduct,
            &setup.reused,
            &parameters,
            &plan,
            &statement,
            preprocessed,
            bordered,
            &global,
            tables,
        );
        let subject = Subject {
            plan: &plan,
            statement: &statement,
            output: &[],
            preprocessed: setup.material.root(Part::Segment),
        };
        verify(&parameters, &subject, &begun, &global, &border, &proof).map(drop)
    }

    #[track_caller]
    fn refused_by_fri(conduct: &dyn Conduct) {
        let verdict = verdict(conduct);
        let is_expected =
            matches!(verdict, Err(StarkError::Fri(FriError::Folding { .. } | FriError::Last)));
        assert!(is_expected, "{verdict:?}");
    }

    /// Adds `κ·(Xⁿ − 1)` to a column of a matrix of height n.
    fn add_vanishing(matrix: &mut Cells, column: usize, kappa: Val) {
        let height = matrix.height() >> LOG_BLOWUP;
        let s = SHIFT.exp_u64(height as u64);
        for (row, cells) in matrix.values.chunks_mut(matrix.width).enumerate() {
            let power = if row < height { s } else { -s };
            cells[column] += kappa * (power - Val::ONE);
        }
    }

    /// What an honest evaluation of such a column leaves out: it takes the first half of the
    /// domain only, where Xⁿ is constant.
    fn correct_vanishing(value: &mut Challenge, zeta: Challenge, log_height: usize, kappa: Val) {
        let s = SHIFT.exp_power_of_2(log_height);
        *value += (zeta.exp_power_of_2(log_height) - s) * kappa;
    }

    #[test]
    fn honest_conduct_is_accepted() {
        assert_eq!(verdict(&Honest), Ok(()));
    }

    /// The prover says another value of a border column at η than it has, and goes on with that.
    #[test]
    fn border_values_that_are_not_the_columns_are_refused() {
        struct OtherBorder(usize);

        impl Conduct for OtherBorder {
            fn border(&self, values: &mut [Vec<Challenge>]) {
                values[0][self.0] += Challenge::ONE;
            }
        }

        for column in 0..5 {
            refused_by_fri(&OtherBorder(column));
        }
    }

    /// A part of one height's total is claimed by another height: the sum over all is right.
    #[test]
    fn totals_that_are_not_the_sums_are_refused() {
        struct OtherTotals(usize, usize);

        impl Conduct for OtherTotals {
            fn interactions(&self, _extended: &mut [Cells], totals: &mut [Totals]) {
                totals[self.0].local += Challenge::ONE;
                totals[self.1].local -= Challenge::ONE;
            }
        }

        refused_by_fri(&OtherTotals(0, 1));
        refused_by_fri(&OtherTotals(2, 0));
    }

    /// The part claims another sum of the global buses than it has, or one in place of its own.
    #[test]
    fn global_totals_that_are_not_the_sums_are_refused() {
        struct OtherGlobal(usize, bool);

        impl Conduct for OtherGlobal {
            fn interactions(&self, _extended: &mut [Cells], totals: &mut [Totals]) {
                let totals = &mut totals[self.0];
                if self.1 {
                    core::mem::swap(&mut totals.local, &mut totals.global);
                } else {
                    totals.global += Challenge::ONE;
                }
            }
        }

        for height in 0..LOG_HEIGHTS.len() {
            refused_by_fri(&OtherGlobal(height, false));
        }
        // The registers' table is 64 rows high and has messages of both kinds.
        let verdict = verdict(&OtherGlobal(1, true));
        assert_eq!(verdict, Err(StarkError::Balance));
    }

    /// All of one height's total is claimed by another height.
    #[test]
    fn totals_moved_to_another_height_are_refused() {
        struct MovedTotal;

        impl Conduct for MovedTotal {
            fn interactions(&self, _extended: &mut [Cells], totals: &mut [Totals]) {
                assert_ne!(totals[2].local, Challenge::ZERO);
                let total = core::mem::take(&mut totals[2].local);
                totals[0].local += total;
            }
        }

        refused_by_fri(&MovedTotal);
    }

    /// `κ·(Xⁿ − 1)` is zero on the subgroup, so all constraints hold, but it changes the value
    /// at 0, from which the total is read.
    #[test]
    fn interactions_of_degree_n_are_refused() {
        struct DegreeN;

        impl DegreeN {
            /// κ of the two largest heights, so that what they add to the totals cancels.
            fn kappas() -> impl Iterator<Item = (usize, Val)> {
                let of_height = |(log, sign): (usize, Val)| {
                    (log, sign * Val::TWO * Val::TWO.exp_u64(log as u64).inverse())
                };
                LOG_HEIGHTS.into_iter().zip([Val::ONE, -Val::ONE]).map(of_height)
            }
        }

        impl Conduct for DegreeN {
            fn is_of_high_degree(&self) -> bool {
                true
            }

            fn interactions(&self, extended: &mut [Cells], totals: &mut [Totals]) {
                for ((matrix, total), (log, kappa)) in
                    extended.iter_mut().zip(totals).zip(Self::kappas())
                {
                    add_vanishing(matrix, 0, kappa);
                    total.local -= kappa * Val::TWO.exp_u64(log as u64);
                }
            }

            fn opened(&self, zeta: Challenge, opened: &mut Opened) {
                let values = opened.values[Tree::Interactions as usize].iter_mut();
                for (values, (log, kappa)) in values.zip(Self::kappas()) {
                    correct_vanishing(&mut values[0], zeta, log, kappa);
                }
            }
        }

        refused_by_fri(&DegreeN);
    }

    /// Only the sum of a height's interaction columns must have a degree below n: single columns
    /// of degree n have the same values on the subgroup, and move no total if they cancel.
    #[test]
    fn interactions_of_degree_n_that_cancel_are_accepted() {
        struct Cancelling;

        /// The first coefficients of two interaction columns, with their κ.
        const COLUMNS: [(usize, Val); 2] = [(0, Val::ONE), (CHALLENGE_DEGREE, Val::NEG_ONE)];

        impl Conduct for Cancelling {
            fn is_of_high_degree(&self) -> bool {
                true
            }

            fn interactions(&self, extended: &mut [Cells], _totals: &mut [Totals]) {
                for matrix in extended {
                    for (column, kappa) in COLUMNS {
                        add_vanishing(matrix, column, kappa);
                    }
                }
            }

            fn opened(&self, zeta: Challenge, opened: &mut Opened) {
                let values = opened.values[Tree::Interactions as usize].iter_mut();
                for (values, log) in values.zip(LOG_HEIGHTS) {
                    for (column, kappa) in COLUMNS {
                        correct_vanishing(&mut values[column], zeta, log, kappa);
                    }
                }
            }
        }

        assert_eq!(verdict(&Cancelling), Ok(()));
    }

    /// One height's quotient has a column of too high a degree, with the value at ζ of the honest
    /// one, so that the constraints hold there: FRI alone must find it, whatever the height.
    #[test]
    fn functions_of_high_degree_are_refused_at_every_height() {
        /// The position of the height.
        struct HighDegree(usize);

        /// Beyond the height, the degree of what is added.
        const BEYOND: u64 = 5;

        impl Conduct for HighDegree {
            fn is_of_high_degree(&self) -> bool {
                true
            }

            fn quotients(&self, extended: &mut [Cells]) {
                let matrix = &mut extended[self.0];
                let log_size = LOG_HEIGHTS[self.0] + LOG_BLOWUP;
                let degree = (1 << LOG_HEIGHTS[self.0]) + BEYOND;
                for (row, cells) in matrix.values.chunks_mut(matrix.width).enumerate() {
                    cells[0] += (SHIFT * point(row, log_size)).exp_u64(degree);
                }
            }

            fn opened(&self, zeta: Challenge, opened: &mut Opened) {
                // On the half of the domain that honest evaluation takes, Xⁿ is constant.
                let s = SHIFT.exp_power_of_2(LOG_HEIGHTS[self.0]);
                let values = &mut opened.values[Tree::Quotient as usize][self.0];
                values[0] -= zeta.exp_u64(BEYOND) * s;
            }
        }

        for height in 0..LOG_HEIGHTS.len() {
            assert_eq!(verdict(&HighDegree(height)), Err(StarkError::Fri(FriError::Last)));
        }
    }

    /// A height's function joins with a power of the folding challenge, drawn after the function
    /// was fixed, and with no factor that is known before.
    #[test]
    fn functions_that_join_without_a_challenge_are_refused() {
        struct WithoutChallenge;

        impl Conduct for WithoutChallenge {
            fn joining(&self, _factor: Challenge) -> Challenge {
                Challenge::ONE
            }
        }

        refused_by_fri(&WithoutChallenge);
    }
}
