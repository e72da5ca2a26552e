//! The openings of all columns, combined into one function for each height.
//!
//! If a column p has the value v at z, `(v − p(X))/(z − X)` is a polynomial. For each height all
//! its columns' quotients are added up with powers of a challenge γ:
//!
//! ```text
//! at ζ            every column of every commitment, in order
//! at ζ·g          main columns of the tables that read the next row (g: the subgroup's generator)
//! at 0            the sum of the interaction columns, whose value is the height's total / n
//! itself          that sum
//! ```
//!
//! The last one is there because a quotient of degree below n allows a column of degree n. For
//! values on the subgroup that makes no difference, but the sum's value at 0 is its mean over the
//! subgroup only if its degree is below n: else `κ·(Xⁿ − 1)`, which is zero on the subgroup, would
//! move the total by any amount.

use alloc::vec::Vec;

use lvm_air::field::{CHALLENGE_DEGREE, Challenge, Val};
use p3_field::{BasedVectorSpace, Field, PrimeCharacteristicRing, TwoAdicField};

use crate::stark::domain::SHIFT;
use crate::stark::{Opened, Plan, Tree};

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
    pub weights: [Vec<Challenge>; 4],
    /// The weighted sum of the columns' values at ζ.
    pub at_zeta: Challenge,
    /// What is opened at the next row.
    pub next: Vec<NextRow>,
    /// Weight of the sum of interaction columns, opened at 0.
    pub total_weight: Challenge,
    /// The value at 0 of that sum.
    pub total: Challenge,
    /// Weight of that sum itself.
    pub sum_weight: Challenge,
}

/// The combined openings of a table's main columns at the next row.
#[derive(Clone, Debug)]
pub struct NextRow {
    /// First column in the matrix of main columns.
    pub offset: usize,
    /// Weights of the columns.
    pub weights: Vec<Challenge>,
    /// The point.
    pub point: Challenge,
    /// The weighted sum of the columns' values there.
    pub value: Challenge,
}

impl Combination {
    /// Combines the openings with powers of `gamma`.
    #[must_use]
    pub fn new(
        plan: &Plan,
        zeta: Challenge,
        gamma: Challenge,
        opened: &Opened,
        totals: &[Challenge],
    ) -> Self {
        let heights = plan.log_heights.iter().zip(totals).map(|(&log_height, &total)| {
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
            let next = plan
                .with_next_row()
                .zip(&opened.next)
                .filter(|((_, _, log), _)| *log == log_height)
                .filter_map(|((instance, table, _), values)| {
                    let (_, part) = plan.layout(Tree::Main).part(instance)?;
                    let weights: Vec<Challenge> = powers.by_ref().take(table.width()).collect();
                    let value = dot(&weights, values);
                    let point = zeta * Val::two_adic_generator(log_height);
                    Some(NextRow { offset: part.offset, weights, point, value })
                })
                .collect();
            let total_weight = powers.next().unwrap_or_default();
            let sum_weight = powers.next().unwrap_or_default();
            let n = Val::TWO.exp_u64(log_height as u64);
            let total = total * n.inverse();
            HeightCombination {
                log_height,
                weights,
                at_zeta,
                next,
                total_weight,
                total,
                sum_weight,
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
        for next in &height.next {
            let cells = row(Tree::Main).get(next.offset..).unwrap_or_default();
            let sum = next.value - dot_base(&next.weights, cells);
            value += sum * (next.point - x).try_inverse()?;
        }
        let mut sums = [Val::ZERO; CHALLENGE_DEGREE];
        for coefficients in row(Tree::Interactions).chunks_exact(CHALLENGE_DEGREE) {
            for (sum, coefficient) in sums.iter_mut().zip(coefficients) {
                *sum += *coefficient;
            }
        }
        let mut sums = sums.into_iter();
        let sum = Challenge::from_basis_coefficients_fn(|_| sums.next().unwrap_or_default());
        value += height.interactions(sum, x.inverse());
        Some(value)
    }
}

impl HeightCombination {
    /// What the sum C of the interaction columns adds at a point, from its value and the point's
    /// inverse: `(total/n − C(x))/(0 − x)` and C itself, weighted.
    #[inline]
    pub fn interactions(&self, sum: Challenge, x_inverse: Val) -> Challenge {
        self.total_weight * (sum - self.total) * x_inverse + self.sum_weight * sum
    }
}

fn dot(weights: &[Challenge], values: &[Challenge]) -> Challenge {
    weights.iter().zip(values).map(|(&weight, &value)| weight * value).sum()
}

fn dot_base(weights: &[Challenge], values: &[Val]) -> Challenge {
    weights.iter().zip(values).map(|(&weight, &value)| weight * value).sum()
}
