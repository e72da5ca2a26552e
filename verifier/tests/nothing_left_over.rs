//! Pieces of the protocol that are given too little or too much say so, instead of going on with
//! what is there.

use lvm_air::field::{Challenge, Val};
use lvm_air::keccak_f::BITS;
use lvm_air::table::Table;
use lvm_isa::segment::Statement;
use lvm_verifier::stark::domain::Selectors;
use lvm_verifier::stark::folder::Folder;
use lvm_verifier::stark::interactions::{AlphaBeta, BusChallenges, Demands, Role};
use lvm_verifier::stark::links::{self, LinkAt, LinkRow};
use lvm_verifier::stark::merkle::{
    Dimensions, MerkleError, TreeOpening, hash_pair, hash_row, verify,
};
use lvm_verifier::stark::openings::Combination;
use lvm_verifier::stark::{Border, Opened, Plan, Totals, Tree};
use p3_air::RowWindow;
use p3_field::{PrimeCharacteristicRing, TwoAdicField};

/// Whether a table's constraints are combined, from so many powers, interaction columns and these
/// roles.
fn is_folded(table: Table, powers: usize, columns: usize, roles: &[Role]) -> bool {
    let cells =
        |width: usize| -> Vec<Challenge> { (1..=width as u64).map(Challenge::from_u64).collect() };
    let (main, fixed) = (cells(table.width()), cells(table.preprocessed_width()));
    let (powers, columns) = (cells(powers), cells(columns));
    let periodic = cells(table.periodic().len());
    let of_link = if table.has_layers() { links::COLUMNS } else { 0 };
    let (columns, of_link) = columns.split_at(columns.len().saturating_sub(of_link));
    let challenges = |alpha: u64| AlphaBeta {
        alpha: Challenge::from_u64(alpha),
        beta: Challenge::from_u64(alpha + 1),
    };
    let buses = BusChallenges::new(challenges(5), challenges(7));
    let mut folder = Folder {
        main: RowWindow::from_two_rows(&main, &main),
        preprocessed: RowWindow::from_two_rows(&fixed, &fixed),
        selectors: Selectors::default(),
        periodic: &periodic,
        columns,
        buses: &buses,
        roles,
        powers: &powers,
        sum: Challenge::ZERO,
        pending: [None, None],
        is_short: false,
    };
    table.eval(&Statement::default(), &mut folder);
    if let &[products, before, after] = of_link {
        let zero = Challenge::ZERO;
        let (kernels, next, ratios) = ([before, after], [zero; 2], [zero; 2]);
        let row = LinkRow { products, kernels, next, ratios, first: zero, padding: zero };
        folder.link(&row, &LinkAt { bits: [[zero; BITS]; 2], starts: [zero; 2] });
    }
    folder.finish().is_some()
}

#[test]
fn folding_takes_exactly_what_a_table_demands() {
    for table in Table::ALL {
        let demands = Demands::of(table);
        let (columns, powers) = (demands.columns(), demands.powers());
        let roles = demands.roles;
        let name = table.name();
        assert!(is_folded(table, powers, columns, &roles), "{name}");
        for other in [0, powers - 1, powers + 1] {
            assert!(!is_folded(table, other, columns, &roles), "{name}: {other} powers");
        }
        for other in [columns.checked_sub(1), Some(columns + 1)].into_iter().flatten() {
            assert!(!is_folded(table, powers, other, &roles), "{name}: {other} columns");
        }
        let longer = [&roles[..], &[Role::Single]].concat();
        assert!(!is_folded(table, powers, columns, &longer), "{name}: a role too many");
        if let Some((_, shorter)) = roles.split_last() {
            assert!(!is_folded(table, powers, columns, shorter), "{name}: a role too few");
        }
        if roles.last() == Some(&Role::Single) {
            // A first message whose second one never comes.
            let mut open = roles.clone();
            *open.last_mut().expect("it has roles") = Role::First;
            assert!(!is_folded(table, powers - 1, columns - 1, &open), "{name}: an open pair");
        }
    }
}

/// The root of two rows of two elements, and an opening of both.
fn tree() -> ([u8; 32], TreeOpening) {
    let rows: Vec<Val> = (1..=4).map(Val::from_u64).collect();
    let root = hash_pair(&hash_row(&rows[..2]), &hash_row(&rows[2..]));
    (root, TreeOpening { rows, siblings: Vec::new() })
}

/// A matrix that is not hashed on the way to the root is bound by nothing.
#[test]
fn every_matrix_is_hashed() {
    let (root, opening) = tree();
    let matrix = |log_height: usize| Dimensions { log_height, width: 2 };
    let honest = verify(&root, &[matrix(1)], &[0, 1], &opening).expect("the opening is honest");
    assert_eq!(honest, [[&opening.rows[..2], &opening.rows[2..]]]);
    // A second matrix of the same height, or of a greater one, whose rows are anything.
    for log_height in [1, 2, 5] {
        let mut longer = opening.clone();
        longer.rows.extend([Val::from_u64(77); 4]);
        let matrices = [matrix(1), matrix(log_height)];
        assert_eq!(verify(&root, &matrices, &[0, 1], &longer), Err(MerkleError::Order));
    }
}

/// The function of a height is a value of all of its columns: rows that are missing or of another
/// width are no zeros.
#[test]
fn every_column_is_combined() {
    let plan = Plan::new(&[(Table::Range, 16), (Table::Boundary, 6), (Table::Ecall, 4)]);
    let values = Tree::ALL.map(|tree| {
        let groups = &plan.layout(tree).groups;
        groups.iter().map(|group| vec![Challenge::ONE; group.width]).collect()
    });
    let opened = Opened { values, next: Vec::new() };
    let border = Border { root: [0; 32], values: opened.values[Tree::Border as usize].clone() };
    let totals = vec![Totals::default(); plan.log_heights.len()];
    let points = [333, 12345, 6789].map(Challenge::from_u64);
    let combination = Combination::new(&plan, points, &border, &opened, &totals);
    let y = Val::two_adic_generator(5);
    for &log_height in &plan.log_heights {
        let widths =
            Tree::ALL.map(|tree| plan.layout(tree).group(log_height).map(|(_, g)| g.width));
        let rows = widths.map(|width| width.map(|width| vec![Val::ONE; width]));
        let value = |rows: &[Option<Vec<Val>>]| {
            let rows: Vec<Option<&[Val]>> = rows.iter().map(Option::as_deref).collect();
            combination.value(log_height, y, &rows)
        };
        assert!(value(&rows).is_some());
        for tree in Tree::ALL {
            let mut changed = rows.clone();
            let Some(row) = &mut changed[tree as usize] else {
                // A row where there are no columns.
                changed[tree as usize] = Some(vec![Val::ONE]);
                assert_eq!(value(&changed), None, "{tree:?}");
                continue;
            };
            row.push(Val::ZERO);
            assert_eq!(value(&changed), None, "{tree:?}");
            changed[tree as usize].as_mut().expect("a row").truncate(1);
            assert_eq!(value(&changed), None, "{tree:?}");
            changed[tree as usize] = None;
            assert_eq!(value(&changed), None, "{tree:?}");
        }
        assert_eq!(value(&rows[..4]), None);
    }
}
