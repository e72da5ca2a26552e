//! Shapes that no honest prover makes are refused, each with its own error.

use lvm_air::table::{LOG_HEIGHT_MAX, Table};
use lvm_syscalls::layout::PUBLIC_OUTPUT_MAX;
use lvm_verifier::key::KeyMaterial;
use lvm_verifier::shape::{Shape, ShapeError};

fn key() -> KeyMaterial {
    KeyMaterial { root: [7; 32], entry: 0x1000, log_program: 10, log_image: 9 }
}

/// The tables that every proof has, and an instruction table.
fn honest() -> Vec<(u8, u8)> {
    [
        (Table::Program, 10),
        (Table::Image, 9),
        (Table::Range, 16),
        (Table::Byte, 16),
        (Table::ShiftAmount, 6),
        (Table::Boundary, 6),
        (Table::Ecall, 4),
    ]
    .map(|(table, log_height)| (table.id(), log_height))
    .to_vec()
}

fn refused(tables: &[(u8, u8)], error: ShapeError) {
    assert_eq!(Shape::new(tables, &key(), b"x").err(), Some(error));
}

#[test]
fn an_honest_shape_is_accepted() {
    let shape = Shape::new(&honest(), &key(), b"x").expect("the shape is honest");
    assert_eq!(shape.tables().len(), 7);
}

#[test]
fn tables_must_be_known_ascending_and_single() {
    let mut tables = honest();
    tables.push((200, 4));
    refused(&tables, ShapeError::UnknownTable { id: 200 });

    let found = Table::ALL.len() + 1;
    refused(&vec![(0, 10); found], ShapeError::TooMany { found });

    let mut tables = honest();
    tables.push((Table::Ecall.id(), 4));
    refused(&tables, ShapeError::Order { table: Table::Ecall });

    let mut tables = honest();
    tables.swap(0, 1);
    refused(&tables, ShapeError::Order { table: Table::Program });
}

#[test]
fn fixed_tables_must_be_there_with_their_heights() {
    for position in 0..6 {
        let mut tables = honest();
        let (id, _) = tables.remove(position);
        let table = Table::from_id(id).expect("a table");
        refused(&tables, ShapeError::Missing { table });

        let mut tables = honest();
        let expected = usize::from(tables[position].1);
        tables[position].1 += 1;
        refused(&tables, ShapeError::FixedHeight { table, expected, found: expected + 1 });
    }
}

#[test]
fn heights_have_limits() {
    for found in [0, 3, LOG_HEIGHT_MAX + 1, 255] {
        let mut tables = honest();
        tables[6].1 = found as u8;
        refused(&tables, ShapeError::Height { table: Table::Ecall, found });
    }
}

#[test]
fn public_output_has_a_limit() {
    let bytes = PUBLIC_OUTPUT_MAX as usize + 1;
    let shape = Shape::new(&honest(), &key(), &vec![0; bytes]);
    assert_eq!(shape.err(), Some(ShapeError::OutputTooLong { bytes }));
}

#[test]
fn a_key_depends_on_everything_that_it_stands_for() {
    let honest = key().verifying_key();
    let changes: [fn(&mut KeyMaterial); 4] = [
        |key| key.root = [8; 32],
        |key| key.entry += 4,
        |key| key.log_program += 1,
        |key| key.log_image += 1,
    ];
    for change in changes {
        let mut other = key();
        change(&mut other);
        assert_ne!(other.verifying_key(), honest);
    }
}
