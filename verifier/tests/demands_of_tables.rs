//! How messages lie in interaction columns: each in one, and no constraint of too high a degree.

use lvm_air::degree::{Degrees, MessageDegrees};
use lvm_air::table::Table;
use lvm_verifier::stark::interactions::{DEGREE_MAX, Demands, Kind, Role};
use lvm_verifier::stark::links;

/// The degree of `column·f − m`, or of `column·f·g − f·n − g·m`, where f, g are the fingerprints
/// of an interaction column's messages and m, n their multiplicities; each is given as its degrees.
fn degree(messages: &[(usize, usize)]) -> usize {
    match *messages {
        [(f, m)] => (1 + f).max(m),
        [(f, m), (g, n)] => (1 + f + g).max(f + n).max(g + m),
        _ => panic!("{} messages in a column", messages.len()),
    }
}

/// The messages of each column of a table, as the folder takes them by their roles: those of the
/// part's buses and those of global ones make pairs of their own.
fn columns(demands: &Demands, degrees: &Degrees) -> Vec<Vec<MessageDegrees>> {
    let mut columns = Vec::new();
    let mut firsts = [None; 2];
    for (role, &message) in demands.roles.iter().zip(&degrees.messages) {
        let first = &mut firsts[usize::from(message.bus.is_global())];
        match role {
            Role::Single => columns.push(vec![message]),
            Role::First => assert_eq!(first.replace(message), None, "two firsts"),
            Role::Second => columns.push(vec![first.take().expect("a first"), message]),
        }
    }
    assert_eq!(firsts, [None; 2], "a first without a second");
    columns
}

/// The degrees of a column's messages, of fields and of multiplicities.
fn degrees_of(messages: &[MessageDegrees]) -> Vec<(usize, usize)> {
    messages.iter().map(|message| (message.fields, message.multiplicity)).collect()
}

#[test]
fn every_constraint_has_low_degree() {
    for table in Table::ALL {
        let (name, degrees, demands) = (table.name(), Degrees::of(table), Demands::of(table));
        assert!(degrees.constraints.iter().all(|degree| *degree <= DEGREE_MAX), "{name}");
        for messages in columns(&demands, &degrees) {
            assert!(degree(&degrees_of(&messages)) <= DEGREE_MAX, "{name}: {messages:?}");
        }
    }
}

#[test]
fn demands_are_the_tables() {
    for table in Table::ALL {
        let (name, degrees, demands) = (table.name(), Degrees::of(table), Demands::of(table));
        assert_eq!(demands.constraints, degrees.constraints.len(), "{name}");
        assert_eq!(demands.roles.len(), degrees.messages.len(), "{name}");
        let columns = columns(&demands, &degrees);
        assert_eq!(demands.message_columns(), columns.len(), "{name}");
        let of_link = |count: usize| if table.has_layers() { count } else { 0 };
        let of_messages = demands.constraints + columns.len();
        assert_eq!(demands.powers(), of_messages + of_link(links::CONSTRAINTS), "{name}");
        assert_eq!(demands.columns(), columns.len() + of_link(links::COLUMNS), "{name}");
        let kernels = demands.kinds.iter().filter(|kind| **kind == Kind::Kernel).count();
        assert_eq!(kernels, of_link(links::SIDES), "{name}");
        let buses: Vec<_> = degrees.messages.iter().map(|message| message.bus).collect();
        assert_eq!(demands.buses, buses, "{name}");
        assert_eq!(demands.reads_next_row, degrees.reads_next_row, "{name}");
    }
}

/// A column is added to the part's sum or to the global one, so all its messages are of one kind.
#[test]
fn no_column_has_both_kinds_of_messages() {
    let mut global = Vec::new();
    for table in Table::ALL {
        let (name, degrees, demands) = (table.name(), Degrees::of(table), Demands::of(table));
        for (messages, &kind) in columns(&demands, &degrees).iter().zip(&demands.kinds) {
            let expected = |m: &MessageDegrees| match m.bus.is_global() {
                true => Kind::Global,
                false => Kind::Local,
            };
            assert!(messages.iter().all(|m| expected(m) == kind), "{name}: {messages:?}");
        }
        if demands.kinds.contains(&Kind::Global) {
            global.push(table);
        }
    }
    // What is on a global bus is committed before its challenges are drawn.
    let border: Vec<Table> = Table::ALL.into_iter().filter(|table| table.is_border()).collect();
    assert_eq!(global, border);
}

#[test]
fn degrees_of_columns() {
    assert_eq!(degree(&[(2, 3)]), 3);
    assert_eq!(degree(&[(3, 1)]), 4);
    assert_eq!(degree(&[(1, 2), (1, 2)]), 3);
    assert_eq!(degree(&[(1, 3), (1, 0)]), 4);
    assert_eq!(degree(&[(2, 1), (1, 1)]), 4);
}
