//! The openings of all columns, combined into one function for each height.
//!
//! If a column p has the value v at z, `(v − p(X))/(z − X)` is a polynomial. For each height all
//! its columns' quotients are added up with powers of a challenge γ:
//!
//! ```text
//! at ζ            every column of every commitment, in order
//! at η            border columns, whose values there were sent before the global challenges
//! at ζ·g          main columns of the tables that read the next row, and their kernels (g: the
//!                 subgroup's generator)
//! at 0            the sum of the interaction columns of the part's buses, whose value is their
//!                 total / n, and the sum of those of global buses likewise
//! themselves      those two sums
//! ```
//!
//! The last ones are there because a quotient of degree below n allows a column of degree n. For
//! values on the subgroup that makes no difference, but a sum's value at 0 is its mean over the
//! subgroup only if its degree is below n: else `κ·(Xⁿ − 1)`, which is zero on the subgroup, would
//! move the total by any amount.

use alloc::vec::Vec;

use lvm_air::field::{CHALLENGE_DEGREE, Challenge, Val};
use p3_field::{Algebra, BasedVectorSpace, Field, PrimeCharacteristicRing, TwoAdicField};

use crate::stark::domain::SHIFT;
use crate::stark::interactions::Kind;
use crate::stark::{Border, Opened, Plan, Totals, Tree};

/// The combined openings of all heights.
#[derive(Clone, Debug)]
pub struct Combination {
    zeta: Challenge,
    /// One for each height, in descending order.
    pub heights: Vec<HeightCombination>,
}

/// The combined openings of one height.
#[derive(Clone, Debug)]
pub struct HeightCombination {
    /// Log2 of the height.
    pub log_height: usize,
    /// For each commitment, in the order of [`Tree::ALL`], the weights of its columns; none if it
    /// has no columns of this height.
    pub weights: [Vec<Challenge>; Tree::ALL.len()],
    /// The weighted sum of the columns' values at ζ.
    pub at_zeta: Challenge,
    /// What is opened elsewhere: border columns at η, main columns and kernels at the next row.
    pub elsewhere: Vec<Elsewhere>,
    /// What each interaction column is.
    pub kinds: Vec<Kind>,
    /// The sum of the interaction columns of the part's buses, and of those of global ones.
    pub sums: [SumCombination; 2],
}

/// The combined openings of some columns at another point than ζ.
#[derive(Clone, Debug)]
pub struct Elsewhere {
    /// The commitment.
    pub tree: Tree,
    /// First column in its matrix of this height.
    pub offset: usize,
    /// Weights of the columns.
    pub weights: Vec<Challenge>,
    /// The point.
    pub point: Challenge,
    /// The weighted sum of the columns' values there.
    pub value: Challenge,
}

/// A sum of interaction columns.
#[derive(Clone, Copy, Debug, Default)]
pub struct SumCombination {
    /// Weight of the sum opened at 0.
    pub total_weight: Challenge,
    /// The sum's value at 0.
    pub total: Challenge,
    /// Weight of the sum itself.
    pub weight: Challenge,
}

impl Combination {
    /// Combines the openings with powers of `gamma`.
    #[must_use]
    pub fn new(
        plan: &Plan,
        [eta, zeta, gamma]: [Challenge; 3],
        border: &Border,
        opened: &Opened,
        totals: &[Totals],
    ) -> Self {
        let heights = plan.log_heights.iter().zip(totals).map(|(&log_height, totals)| {
            let mut powers = gamma.powers();
            let mut at_zeta = Challenge::ZERO;
            let weights = Tree::ALL.map(|tree| {
                let Some((index, group)) = plan.layout(tree).group(log_height) else {
                    return Vec::new();
                };
                let weights: Vec<Challenge> = powers.by_ref().take(group.width).collect();
                let values = opened.values.get(tree as usize).and_then(|groups| groups.get(index));
                at_zeta += dot(&weights, values.map_or(&[], Vec::as_slice));
                weights
            });
            let mut elsewhere = Vec::new();
            let mut open = |tree: Tree, offset: usize, point: Challenge, values: &[Challenge]| {
                let weights: Vec<Challenge> = powers.by_ref().take(values.len()).collect();
                let value = dot(&weights, values);
                elsewhere.push(Elsewhere { tree, offset, weights, point, value });
            };
            let border_group = plan.layout(Tree::Border).group(log_height);
            if let Some(values) = border_group.and_then(|(index, _)| border.values.get(index)) {
                open(Tree::Border, 0, eta, values);
            }
            for ((instance, table, log), values) in plan.with_next_row().zip(&opened.next) {
                let tree = Tree::of_main(table);
                if log == log_height
                    && let Some((_, part)) = plan.layout(tree).part(instance)
                {
                    let point = zeta * Val::two_adic_generator(log_height);
                    let (main, kernels) =
                        values.split_at_checked(table.width()).unwrap_or((values, &[]));
                    open(tree, part.offset, point, main);
                    if let Some(offset) = plan.kernels(instance) {
                        open(Tree::Interactions, offset, point, kernels);
                    }
                }
            }
            let n = Val::TWO.exp_u64(log_height as u64);
            let mut sum = |total: Challenge| SumCombination {
                total_weight: powers.next().unwrap_or_default(),
                total: total * n.inverse(),
                weight: powers.next().unwrap_or_default(),
            };
            HeightCombination {
                log_height,
                weights,
                at_zeta,
                elsewhere,
                kinds: plan.kinds(log_height),
                sums: [sum(totals.local), sum(totals.global)],
            }
        });
        Self { zeta, heights: heights.collect() }
    }

    /// The function of a height at the point `SHIFT·y`, from the rows there of each commitment.
    #[must_use]
    pub fn value(&self, log_height: usize, y: Val, rows: &[Option<&[Val]>]) -> Option<Challenge> {
        let height = self.heights.iter().find(|height| height.log_height == log_height)?;
        let x = SHIFT * y;
        let row = |tree: Tree| rows.get(tree as usize).copied().flatten().unwrap_or_default();
        // Columns that were left out would not be tested.
        let widths = Tree::ALL.into_iter().map(|tree| row(tree).len());
        if !widths.eq(height.weights.iter().map(Vec::len)) {
            return None;
        }

        let mut sum = height.at_zeta;
        for (tree, weights) in Tree::ALL.into_iter().zip(&height.weights) {
            sum -= dot_base(weights, row(tree));
        }
        let mut value = sum * (self.zeta - x).try_inverse()?;
        for opening in &height.elsewhere {
            let cells = row(opening.tree).get(opening.offset..).unwrap_or_default();
            let sum = opening.value - dot_base(&opening.weights, cells);
            value += sum * (opening.point - x).try_inverse()?;
        }
        value += height.interactions(row(Tree::Interactions), x.inverse());
        Some(value)
    }
}

impl HeightCombination {
    /// What the two sums of interaction columns add at a point, from the columns there and the
    /// point's inverse.
    fn interactions(&self, row: &[Val], x_inverse: Val) -> Challenge {
        let [mut local, mut global] = [[Val::ZERO; CHALLENGE_DEGREE]; 2];
        let (columns, _) = row.as_chunks::<CHALLENGE_DEGREE>();
        for (coefficients, kind) in columns.iter().zip(&self.kinds) {
            let sums = match kind {
                Kind::Local => &mut local,
                Kind::Global => &mut global,
                Kind::Kernel => continue,
            };
            for (sum, coefficient) in sums.iter_mut().zip(coefficients) {
                *sum += *coefficient;
            }
        }
        let mut value = Challenge::ZERO;
        for (combination, sums) in self.sums.iter().zip([local, global]) {
            let mut sums = sums.into_iter();
            let sum = Challenge::from_basis_coefficients_fn(|_| sums.next().unwrap_or_default());
            value += combination.value(sum, x_inverse);
        }
        value
    }
}

impl SumCombination {
    /// What a sum C adds at a point, from its value there and the point's inverse:
    /// `(total/n − C(x))/(0 − x)` and C itself, weighted.
    #[inline]
    #[must_use]
    #[expect(clippy::arithmetic_side_effects, reason = "of fields, which is total")]
    pub fn value<B, E>(&self, sum: E, x_inverse: B) -> E
    where
        E: Algebra<B> + From<Challenge> + Copy,
    {
        let [total_weight, total, weight] =
            [self.total_weight, self.total, self.weight].map(E::from);
        total_weight * (sum - total) * x_inverse + weight * sum
    }
}

fn dot(weights: &[Challenge], values: &[Challenge]) -> Challenge {
    weights.iter().zip(values).map(|(&weight, &value)| weight * value).sum()
}

fn dot_base(weights: &[Challenge], values: &[Val]) -> Challenge {
    weights.iter().zip(values).map(|(&weight, &value)| weight * value).sum()
}
