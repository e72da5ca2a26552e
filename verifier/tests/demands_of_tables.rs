//! How messages lie in interaction columns: each in one, and no constraint of too high a degree.

use lvm_air::degree::Degrees;
use lvm_air::table::Table;
use lvm_verifier::stark::interactions::{DEGREE_MAX, Demands, Role};

/// The degree of `column·f − m`, or of `column·f·g − f·n − g·m`, where f, g are the fingerprints
/// of an interaction column's messages and m, n their multiplicities; each is given as its degrees.
fn degree(messages: &[(usize, usize)]) -> usize {
    match *messages {
        [(f, m)] => (1 + f).max(m),
        [(f, m), (g, n)] => (1 + f + g).max(f + n).max(g + m),
        _ => panic!("{} messages in a column", messages.len()),
    }
}

/// The messages of each column of a table, as the folder takes them by their roles.
fn columns(demands: &Demands, degrees: &Degrees) -> Vec<Vec<(usize, usize)>> {
    let mut columns = Vec::new();
    let mut first = None;
    for (role, message) in demands.roles.iter().zip(&degrees.messages) {
        let message = (message.fields, message.multiplicity);
        match role {
            Role::Single => columns.push(vec![message]),
            Role::First => assert_eq!(first.replace(message), None, "two firsts"),
            Role::Second => columns.push(vec![first.take().expect("a first"), message]),
        }
    }
    assert_eq!(first, None, "a first without a second");
    columns
}

#[test]
fn every_constraint_has_low_degree() {
    for table in Table::ALL {
        let (name, degrees, demands) = (table.name(), Degrees::of(table), Demands::of(table));
        assert!(degrees.constraints.iter().all(|degree| *degree <= DEGREE_MAX), "{name}");
        for messages in columns(&demands, &degrees) {
            assert!(degree(&messages) <= DEGREE_MAX, "{name}: {messages:?}");
        }
    }
}

#[test]
fn demands_are_the_tables() {
    for table in Table::ALL {
        let (name, degrees, demands) = (table.name(), Degrees::of(table), Demands::of(table));
        assert_eq!(demands.constraints, degrees.constraints.len(), "{name}");
        assert_eq!(demands.roles.len(), degrees.messages.len(), "{name}");
        assert_eq!(demands.columns, columns(&demands, &degrees).len(), "{name}");
        let buses: Vec<_> = degrees.messages.iter().map(|message| message.bus).collect();
        assert_eq!(demands.buses, buses, "{name}");
        assert_eq!(demands.reads_next_row, degrees.reads_next_row, "{name}");
    }
}

#[test]
fn degrees_of_columns() {
    assert_eq!(degree(&[(2, 3)]), 3);
    assert_eq!(degree(&[(3, 1)]), 4);
    assert_eq!(degree(&[(1, 2), (1, 2)]), 3);
    assert_eq!(degree(&[(1, 3), (1, 0)]), 4);
    assert_eq!(degree(&[(2, 1), (1, 1)]), 4);
}
