//! What a prover does with what it is about to say, so that tests of the protocol can have a
//! prover lie in the middle of it, after challenges that its lie depends on.

use lvm_air::field::Challenge;
use lvm_verifier::stark::keccak_layers::{Ends, LayersProof};
use lvm_verifier::stark::links::Link;
use lvm_verifier::stark::transcript::Transcript;
use lvm_verifier::stark::{Opened, Totals};

use crate::stark::commit::Cells;
use crate::stark::interactions::Columns;

/// A prover's conduct. Each method is told what an honest prover would go on with, and may change
/// it; columns are on their evaluation domains.
pub(crate) trait Conduct {
    /// The border columns' values at η, before they are sent.
    fn border(&self, _values: &mut [Vec<Challenge>]) {}

    /// What is said of the layers of as many permutations (log2), and what that leaves to be shown;
    /// none if it is the truth.
    fn layers(&self, _log: usize, _transcript: &mut Transcript) -> Option<(LayersProof, Ends)> {
        None
    }

    /// The columns that tie layers to a table's main columns, from column `offset` on, before they
    /// are extended.
    fn link(&self, _link: &Link, _main: &Columns<'_>, _offset: usize, _filled: &mut Cells) {}

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
    use lvm_air::keccak_f::{BITS, LANES};
    use lvm_air::table::{PERIOD, Part, Table};
    use lvm_air::tables::keccak::BEFORE;
    use lvm_air::trace::Filled;
    use lvm_isa::segment::{Budget, Statement};
    use lvm_verifier::Profile;
    use lvm_verifier::shape::Shape;
    use lvm_verifier::stark::domain::{LOG_BLOWUP, SHIFT, point};
    use lvm_verifier::stark::fri::FriError;
    use lvm_verifier::stark::global::GlobalChallenges;
    use lvm_verifier::stark::keccak_layers::{
        self, Claims, Layer, LayerClaim, LayerProof, Weights, draw_output, evaluate,
    };
    use lvm_verifier::stark::{Plan, StarkError, Subject, Tree, verify};
    use lvm_vm::assemble::Assembler;
    use lvm_vm::execute::Options;
    use lvm_vm::record::record;
    use p3_field::{BasedVectorSpace, Field, PrimeCharacteristicRing};
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
        let check = |plan: &Plan| assert_eq!(plan.log_heights, LOG_HEIGHTS);
        verdict_of(&a, conduct, |_| {}, check)
    }

    /// What the verifier says of a run of a program whose tables were changed.
    fn verdict_of(
        a: &Assembler,
        conduct: &dyn Conduct,
        change: impl FnOnce(&mut [Filled]),
        check: impl FnOnce(&Plan),
    ) -> Result<(), StarkError> {
        let program = Program::from(a.load());
        let options = Options::default();
        let recording = record(program.loaded(), &[], &options, &Budget::UNLIMITED, &mut |_| {})
            .expect("it runs");
        let prover = Prover::new(program).expect("it fits");
        let setup = prover.setup();
        let mut tables = prover.fill(&recording).expect("they fit").segments.remove(0).tables;
        change(&mut tables);
        let heights: Vec<(u8, u8)> = tables
            .iter()
            .map(|filled| (filled.table.id(), filled.rows.height().trailing_zeros() as u8))
            .collect();
        let shape = Shape::new(Part::Segment, &heights, &setup.material).expect("a shape");
        let plan = Plan::new(shape.tables());
        check(&plan);
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

    /// How a prover who says another output of a permutation makes the columns that tie the layers to
    /// the table sum up to what they must.
    #[derive(Clone, Copy, Debug)]
    enum OtherLink {
        /// Not at all.
        Honest,
        /// By another product in this row.
        Product(usize),
        /// By another kernel of this side in this row, with the product that follows from it.
        Kernel(usize, usize),
        /// By a multiple of this side's kernel.
        Multiple(usize),
    }

    impl OtherLink {
        fn weighted_bits(link: &Link, main: &Columns<'_>, side: usize, row: usize) -> Challenge {
            let bits = &main.row(row)[BEFORE + side * BITS..][..BITS];
            bits.iter().zip(link.sides[side].bits).map(|(&bit, weight)| weight * bit).sum()
        }
    }

    impl Conduct for OtherLink {
        fn link(&self, link: &Link, main: &Columns<'_>, offset: usize, filled: &mut Cells) {
            let width = filled.width;
            let height = filled.values.len() / width;
            let at = |row: usize, column: usize| row * width + offset + CHALLENGE_DEGREE * column;
            let read = |filled: &Cells, row: usize, column: usize| {
                let cells = &filled.values[at(row, column)..][..CHALLENGE_DEGREE];
                Challenge::from_basis_coefficients_fn(|i| cells[i])
            };
            let add = |filled: &mut Cells, row: usize, column: usize, value: Challenge| {
                let sum = read(filled, row, column) + value;
                filled.values[at(row, column)..][..CHALLENGE_DEGREE]
                    .copy_from_slice(sum.as_basis_coefficients_slice());
            };
            let found: Challenge = (0..height).map(|row| read(filled, row, 0)).sum();
            let missing = link.sum() - found;
            let weighted = |side: usize, row: usize| Self::weighted_bits(link, main, side, row);
            match *self {
                Self::Honest => {}
                Self::Product(row) => add(filled, row, 0, missing),
                Self::Kernel(side, row) => {
                    let more = missing * weighted(side, row).inverse();
                    add(filled, row, 1 + side, more);
                    add(filled, row, 0, missing);
                }
                Self::Multiple(side) => {
                    let of_side = |row: usize| {
                        let is_word = Val::from_bool(row % PERIOD < LANES);
                        read(filled, row, 1 + side) * weighted(side, row) * is_word
                    };
                    let sum: Challenge = (0..height).map(of_side).sum();
                    let factor = missing * sum.inverse();
                    for row in 0..height {
                        let product = of_side_product(filled, row, read, weighted(side, row), side);
                        let kernel = read(filled, row, 1 + side) * factor;
                        add(filled, row, 0, product * factor);
                        add(filled, row, 1 + side, kernel);
                    }
                }
            }
            let found: Challenge = (0..height).map(|row| read(filled, row, 0)).sum();
            assert!(matches!(self, Self::Honest) || found == link.sum(), "the lie is consistent");
        }
    }

    /// A side's part of the product in a row.
    fn of_side_product(
        filled: &Cells,
        row: usize,
        read: impl Fn(&Cells, usize, usize) -> Challenge,
        weighted: Challenge,
        side: usize,
    ) -> Challenge {
        read(filled, row, 1 + side) * weighted * Val::from_bool(row % PERIOD < LANES)
    }

    /// The sum over the rows of a table is what the layers end with, so a prover who says other bits
    /// has to say other products, or other kernels; each constraint on them stands in the way.
    #[test]
    fn links_that_are_not_the_layers_are_refused() {
        let mut a = Assembler::new();
        for _ in 0..3 {
            a.keccak_f(Assembler::DATA_START);
        }
        a.halt(0);
        // A bit after a permutation that wasn't called, so that memory has nothing to say.
        let other_bit = |tables: &mut [Filled]| {
            let keccak = tables.iter_mut().find(|filled| filled.table == Table::Keccak);
            let rows = &mut keccak.expect("there are calls").rows;
            let cell = &mut rows.values[(3 * PERIOD + 7) * rows.width + BEFORE + BITS];
            *cell = Val::ONE - *cell;
        };
        let lie = |conduct: OtherLink| verdict_of(&a, &conduct, other_bit, |_| {});
        assert_eq!(verdict_of(&a, &OtherLink::Honest, |_| {}, |_| {}), Ok(()));
        // A lie that has nothing to make up for changes nothing.
        let nothing = OtherLink::Product(5);
        assert_eq!(verdict_of(&a, &nothing, |_| {}, |_| {}), Ok(()));
        assert_eq!(lie(OtherLink::Honest), Err(StarkError::Balance));
        let height = 4 * PERIOD;
        let lies = [
            OtherLink::Product(0),
            OtherLink::Product(3 * PERIOD + 7),
            OtherLink::Product(LANES),
            OtherLink::Product(height - 1),
            OtherLink::Kernel(0, PERIOD),
            OtherLink::Kernel(1, 0),
            OtherLink::Kernel(0, 2 * PERIOD),
            OtherLink::Kernel(1, PERIOD + 11),
            OtherLink::Multiple(0),
            OtherLink::Multiple(1),
        ];
        for conduct in lies {
            let verdict = lie(conduct);
            assert_eq!(verdict, Err(StarkError::Constraints { log_height: 7 }), "{conduct:?}");
        }
    }

    /// Says that all lanes have the value 7 after the permutations, and of each layer what follows from
    /// what was said of the one after it: polynomials that are constant, and inputs that the gates
    /// make the claim of. It follows the protocol in all but the truth.
    struct OtherLayers;

    impl Conduct for OtherLayers {
        fn layers(&self, log: usize, transcript: &mut Transcript) -> Option<(LayersProof, Ends)> {
            let start = transcript.clone();
            let (bit, permutation) = draw_output(log, transcript);
            let output = vec![Challenge::from_u8(7); LANES];
            transcript.absorb(&output);
            let (mut point, mut values) = (bit, output.clone());
            let mut layers = Vec::new();
            let mut rows = permutation.clone();
            for (round, layer) in Layer::all() {
                let gamma = transcript.draw();
                let claim = LayerClaim::new(round, layer, point, &values, gamma)?;
                let mut first = vec![Challenge::ZERO; BITS * layer.chunks()];
                first[0] = match claim.weights {
                    Weights::Common { .. } => claim.sum,
                    _ => claim.sum * Val::from_usize(BITS).inverse(),
                };
                transcript.absorb(&first);
                point = transcript.draw();
                let sum = evaluate(&first, point);
                let mut constant = vec![Challenge::ZERO; layer.degree() + 1];
                constant[0] = sum;
                let rounds: Vec<Vec<Challenge>> = (0..log).map(|_| constant.clone()).collect();
                for coordinate in rows.iter_mut().rev() {
                    transcript.absorb(&constant);
                    *coordinate = transcript.draw();
                }
                // The gates are linear in each input, so one of them can make up for the others.
                values = (0..layer.inputs()).map(|i| Challenge::from_usize(i + 2)).collect();
                let weights = claim.at(point)?;
                let [at_zero, at_one] = [Challenge::ZERO, Challenge::ONE].map(|value| {
                    values[0] = value;
                    weights.gates(layer, &values)
                });
                values[0] = (sum - at_zero?) * (at_one? - at_zero?).inverse();
                transcript.absorb(&values);
                layers.push(LayerProof { first, rounds, values: values.clone() });
            }
            let claims = |bit, permutation, values: &[Challenge]| Claims {
                bit,
                permutation,
                values: core::array::from_fn(|lane| values[lane]),
            };
            let proof = LayersProof { output: output.clone(), layers };
            let ends = Ends {
                input: claims(point, rows, &values),
                output: claims(bit, permutation, &output),
            };
            let verified = keccak_layers::verify(log, &proof, &mut start.clone());
            assert_eq!(verified.as_ref(), Ok(&ends), "the lie is consistent");
            Some((proof, ends))
        }
    }

    /// Layers by themselves can be said to be anything; what they leave is refused.
    #[test]
    fn layers_that_are_not_the_columns_are_refused() {
        let mut a = Assembler::new();
        a.keccak_f(Assembler::DATA_START).keccak_f(Assembler::DATA_START).halt(0);
        let verdict = verdict_of(&a, &OtherLayers, |_| {}, |_| {});
        assert_eq!(verdict, Err(StarkError::Balance));
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
