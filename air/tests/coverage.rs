//! What holds for every table: no column is left out, and messages and degrees fit the protocol.

use lvm_air::builder::Side;
use lvm_air::bus::Bus;
use lvm_air::describe::Description;
use lvm_air::table::Table;

/// The largest degree of a constraint.
const DEGREE_MAX: usize = 3;

fn descriptions() -> Vec<Description> {
    Table::ALL.map(Description::of).into()
}

/// Columns that neither a constraint nor a message mentions, and why.
const UNMENTIONED: [(Table, &str); 0] = [];

#[test]
fn every_column_is_mentioned() {
    let mut unmentioned = Vec::new();
    for description in descriptions() {
        for column in &description.unmentioned {
            unmentioned.push((description.table, column.clone()));
        }
    }
    assert_eq!(unmentioned, UNMENTIONED.map(|(table, column)| (table, column.to_owned())));
}

#[test]
fn columns_are_documented_and_have_different_names() {
    for description in descriptions() {
        let table = description.table.name();
        assert_eq!(description.columns.len(), description.table.width(), "{table}");
        assert_eq!(
            description.preprocessed.len(),
            description.table.preprocessed_width(),
            "{table}"
        );
        let columns = || description.columns.iter().chain(&description.preprocessed);
        let mut names: Vec<&str> = columns().map(|column| column.name.as_str()).collect();
        names.sort_unstable();
        assert!(names.is_sorted_by(|a, b| a < b), "{table}: {names:?}");
        for column in columns() {
            assert!(!column.doc.is_empty(), "{table}: {}", column.name);
        }
    }
}

#[test]
fn messages_have_their_buss_arity() {
    for description in descriptions() {
        for message in &description.messages {
            let (table, bus) = (description.table.name(), message.bus);
            assert_eq!(message.fields.len(), bus.arity(), "{table}: {}", bus.name());
        }
    }
}

#[test]
fn every_bus_has_both_sides() {
    let descriptions = descriptions();
    for bus in Bus::ALL {
        for side in [Side::Send, Side::Receive] {
            let found = descriptions.iter().any(|description| description.is_on(bus, side));
            assert!(found, "{}: {side:?}", bus.name());
        }
    }
}

#[test]
fn constraints_have_low_degree() {
    for description in descriptions() {
        for constraint in &description.constraints {
            let (degree, label) = (constraint.zero.degree, constraint.label);
            let table = description.table.name();
            assert!(degree <= DEGREE_MAX, "{table}: {label}: degree {degree}");
        }
    }
}

#[test]
fn constraints_demand_something() {
    for description in descriptions() {
        let table = description.table.name();
        for constraint in &description.constraints {
            assert_ne!(constraint.zero.text, "0", "{table}: {}", constraint.label);
        }
    }
}

/// Two messages of a table on one bus share an interaction column, whose constraint has the product
/// of both; a message on its own has room for one degree more.
#[test]
fn messages_have_low_degree() {
    let mut high = Vec::new();
    for description in descriptions() {
        for message in &description.messages {
            let bus = message.bus;
            let degree_max = if description.messages_on(bus).count() == 1 { 2 } else { 1 };
            let fields = bus.fields().iter().copied().zip(&message.fields);
            for (name, part) in fields.chain([("multiplicity", &message.multiplicity)]) {
                if part.degree > degree_max {
                    let table = description.table.name();
                    high.push(format!(
                        "{table}: {}.{name}: {}: {}",
                        bus.name(),
                        part.degree,
                        part.text
                    ));
                }
            }
        }
    }
    assert!(high.is_empty(), "{high:#?}");
}

#[test]
fn constraints_have_labels() {
    for description in descriptions() {
        let unlabelled =
            description.constraints.iter().filter(|constraint| constraint.label.is_empty()).count();
        // The permutation's constraints are p3-keccak-air's.
        let expected =
            if description.table == Table::Keccak { description.constraints.len() } else { 0 };
        assert_eq!(unlabelled, expected, "{}", description.table.name());
    }
}
