//! Step 8: the constraints at ζ.

use alloc::vec::Vec;

use lvm_air::field::{CHALLENGE_DEGREE, Challenge, Val};
use lvm_isa::segment::Statement;
use p3_air::RowWindow;
use p3_field::{BasedVectorSpace, PrimeCharacteristicRing};

use crate::stark::domain::{self, Selectors};
use crate::stark::folder::Folder;
use crate::stark::interactions::BusChallenges;
use crate::stark::links::{self, Link, LinkAt, LinkRow};
use crate::stark::{Opened, Plan, Tree};

/// Triples of base polynomials' values as the values of the polynomials over the challenges that
/// they make up.
pub(super) fn combine(values: &[Challenge]) -> impl Iterator<Item = Challenge> {
    values.chunks_exact(CHALLENGE_DEGREE).map(|coefficients| {
        let basis = (0..).map(|i| {
            Challenge::from_basis_coefficients_fn(|j| if i == j { Val::ONE } else { Val::ZERO })
        });
        coefficients.iter().zip(basis).map(|(&coefficient, basis)| coefficient * basis).sum()
    })
}

/// The combined constraints at ζ of all tables of one height.
#[expect(clippy::too_many_arguments, reason = "called once")]
pub(super) fn constraints_at(
    plan: &Plan,
    statement: &Statement,
    buses: &BusChallenges<Challenge>,
    links: &[Link],
    powers: &[Challenge],
    zeta: Challenge,
    log_height: usize,
    opened: &Opened,
) -> Option<Challenge> {
    let mut sum = Challenge::ZERO;
    let mut powers = powers;
    let tables = plan.tables.iter().zip(&plan.demands).enumerate();
    for (instance, (&(table, log), demands)) in tables {
        if log != log_height {
            continue;
        }
        let cells = |tree: Tree| {
            let Some((group, part)) = plan.layout(tree).part(instance) else { return &[][..] };
            let values = opened.values.get(tree as usize).and_then(|groups| groups.get(group));
            values.and_then(|v| v.get(part.columns())).unwrap_or_default()
        };
        let main = cells(Tree::of_main(table));
        let next = plan
            .with_next_row()
            .zip(&opened.next)
            .find(|((i, ..), _)| *i == instance)
            .map_or(main, |(_, next)| next.as_slice());
        let (next, next_kernels) = next.split_at_checked(main.len())?;
        let preprocessed = cells(Tree::Preprocessed);
        let columns: Vec<Challenge> = combine(cells(Tree::Interactions)).collect();
        let selectors = if demands.reads_next_row {
            domain::selectors(zeta, log_height)?
        } else {
            Selectors::default()
        };
        let (mine, others) = powers.split_at_checked(demands.powers())?;
        powers = others;
        let (columns, of_link) = columns.split_at_checked(demands.message_columns())?;
        let periodic = links::periodic_at(table, zeta, log_height)?;
        let mut folder = Folder {
            main: RowWindow::from_two_rows(main, next),
            preprocessed: RowWindow::from_two_rows(preprocessed, preprocessed),
            selectors,
            periodic: &periodic,
            columns,
            buses,
            roles: &demands.roles,
            powers: mine,
            sum,
            pending: [None, None],
            is_short: false,
        };
        table.eval(statement, &mut folder);
        let link = plan.with_layers().zip(links).find(|((at, _), _)| *at == instance);
        if let Some((_, link)) = link {
            let &[products, before, after] = of_link else { return None };
            let mut next = combine(next_kernels);
            let row = LinkRow {
                products,
                kernels: [before, after],
                next: [next.next()?, next.next()?],
                ratios: links::ratios_at(link, zeta)?,
                first: selectors.first,
                padding: *periodic.last()?,
            };
            folder.link(&row, &LinkAt::new(link));
        }
        sum = folder.finish()?;
    }
    Some(sum)
}
