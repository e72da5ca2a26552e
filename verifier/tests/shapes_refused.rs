//! Shapes that no honest prover makes are refused, each with its own error.

use lvm_air::table::{LOG_HEIGHT_MAX, LOG_HEIGHT_MAX_OF_COMPUTATIONS, Part, Table};
use lvm_verifier::key::KeyMaterial;
use lvm_verifier::shape::{Shape, ShapeError, TABLES_MAX};

fn key() -> KeyMaterial {
    KeyMaterial { segment: [7; 32], ledger: [9; 32], entry: 0x1000, log_program: 10, log_image: 9 }
}

/// The tables that every proof of a part has, and another.
fn honest(part: Part) -> Vec<(u8, u8)> {
    let tables: &[(Table, u8)] = match part {
        Part::Segment => &[
            (Table::Program, 10),
            (Table::Range, 16),
            (Table::Byte, 16),
            (Table::ShiftAmount, 6),
            (Table::Boundary, 6),
            (Table::Ecall, 4),
        ],
        Part::Ledger => {
            &[(Table::Range, 16), (Table::Image, 9), (Table::Ledger, 6), (Table::Memory, 4)]
        }
    };
    tables.iter().map(|&(table, log_height)| (table.id(), log_height)).collect()
}

const PARTS: [Part; 2] = [Part::Ledger, Part::Segment];

/// The table that isn't preprocessed.
const fn last(part: Part) -> Table {
    match part {
        Part::Ledger => Table::Memory,
        Part::Segment => Table::Ecall,
    }
}

#[track_caller]
fn refused(part: Part, tables: &[(u8, u8)], error: ShapeError) {
    assert_eq!(Shape::new(part, tables, &key()).err(), Some(error));
}

#[track_caller]
fn accepted(part: Part, tables: &[(u8, u8)]) {
    let shape = Shape::new(part, tables, &key()).expect("the shape is honest");
    let found = shape.tables().iter().map(|&(table, log)| (table.id(), log as u8));
    assert!(found.eq(tables.iter().copied()));
}

#[test]
fn an_honest_shape_is_accepted() {
    for part in PARTS {
        accepted(part, &honest(part));
        // Without the table that isn't preprocessed there is a part, too.
        let mut tables = honest(part);
        tables.pop();
        accepted(part, &tables);
        assert_eq!(tables.len(), part.preprocessed().len());
    }
}

#[test]
fn tables_must_be_known_and_ascending() {
    for part in PARTS {
        for id in [Table::ALL.len() as u8, 200, 255] {
            let mut tables = honest(part);
            tables.push((id, 4));
            refused(part, &tables, ShapeError::UnknownTable { id });
        }
        for at in 1..honest(part).len() {
            let mut tables = honest(part);
            let table = Table::from_id(tables[at - 1].0).expect("a table");
            tables.swap(at - 1, at);
            refused(part, &tables, ShapeError::Order { table });
        }
    }
}

#[test]
fn tables_are_those_of_the_part() {
    for (part, other) in [(Part::Ledger, Part::Segment), (Part::Segment, Part::Ledger)] {
        for table in Table::ALL.into_iter().filter(|table| !table.is_of(part)) {
            let mut tables = honest(part);
            tables.push((table.id(), 4));
            refused(part, &tables, ShapeError::OtherPart { table, part });
        }
        let tables = honest(other);
        assert!(matches!(Shape::new(part, &tables, &key()), Err(ShapeError::OtherPart { .. })));
        accepted(other, &tables);
    }
    assert!(Table::ALL.iter().all(|table| PARTS.iter().any(|part| table.is_of(*part))));
}

/// A table may be there several times, from the highest to the lowest.
#[test]
fn repeated_tables_descend_in_height() {
    for part in PARTS {
        let table = last(part);
        let with = |heights: &[u8]| {
            let mut tables = honest(part);
            tables.pop();
            tables.extend(heights.iter().map(|&height| (table.id(), height)));
            tables
        };
        for heights in [&[4][..], &[4, 4], &[9, 4], &[20, 20, 4, 4]] {
            accepted(part, &with(heights));
        }
        for heights in [&[4, 5][..], &[20, 4, 5], &[4, 26]] {
            refused(part, &with(heights), ShapeError::Order { table });
        }
        // Nor does another table between them hide it.
        let between = match part {
            Part::Ledger => Table::PrivateInput,
            Part::Segment => Table::Commit,
        };
        let mut tables = with(&[4]);
        tables.extend([(between.id(), 4), (table.id(), 4)]);
        refused(part, &tables, ShapeError::Order { table });
    }
}

#[test]
fn preprocessed_tables_are_there_once() {
    for part in PARTS {
        for at in 0..part.preprocessed().len() {
            let mut tables = honest(part);
            let (id, log_height) = tables[at];
            let table = Table::from_id(id).expect("a table");
            assert!(table.preprocessed_width() > 0);
            tables.insert(at + 1, (id, log_height));
            refused(part, &tables, ShapeError::Order { table });
            // Nor once more with another height.
            tables[at + 1].1 = 4;
            refused(part, &tables, ShapeError::Order { table });
        }
    }
    let of_parts = |table| PARTS.iter().any(|part| part.preprocessed().contains(&table));
    for table in Table::ALL {
        assert_eq!(table.preprocessed_width() > 0, of_parts(table), "{}", table.name());
    }
}

/// Sums along chains of messages can't wrap, however often a table is there.
#[test]
fn the_rows_of_a_table_have_a_limit() {
    const MAX: u8 = LOG_HEIGHT_MAX as u8;
    for part in PARTS {
        let table = last(part);
        let with = |heights: &[u8]| {
            let mut tables = honest(part);
            tables.pop();
            tables.extend(heights.iter().map(|&height| (table.id(), height)));
            tables
        };
        accepted(part, &with(&[MAX]));
        accepted(part, &with(&[MAX - 1, MAX - 1]));
        accepted(part, &with(&[MAX - 1, MAX - 2, MAX - 3, MAX - 3]));
        for heights in [&[MAX, 4][..], &[MAX, MAX], &[MAX - 1, MAX - 1, 4], &[MAX - 1; 3]] {
            refused(part, &with(heights), ShapeError::Rows { table });
        }
        // The limit is each table's own.
        let other = match part {
            Part::Ledger => Table::PrivateInput,
            Part::Segment => Table::Commit,
        };
        let mut tables = with(&[MAX]);
        tables.push((other.id(), MAX));
        accepted(part, &tables);
    }
}

/// A row of a call that computes makes many accesses, so that there may be fewer.
#[test]
fn the_rows_of_calls_that_compute_have_a_lower_limit() {
    const MAX: u8 = LOG_HEIGHT_MAX_OF_COMPUTATIONS as u8;
    for table in [
        Table::Modular256,
        Table::Modular384,
        Table::Quadratic256,
        Table::Quadratic384,
        Table::PointMemory,
    ] {
        let with = |heights: &[u8]| {
            let mut tables = honest(Part::Segment);
            tables.extend(heights.iter().map(|&height| (table.id(), height)));
            tables
        };
        accepted(Part::Segment, &with(&[MAX]));
        accepted(Part::Segment, &with(&[MAX - 1, MAX - 1]));
        let found = usize::from(MAX) + 1;
        refused(Part::Segment, &with(&[MAX + 1]), ShapeError::Height { table, found });
        for heights in [&[MAX, 4][..], &[MAX - 1, MAX - 1, 4]] {
            refused(Part::Segment, &with(heights), ShapeError::Rows { table });
        }
    }
}

#[test]
fn tables_have_a_largest_number() {
    for part in PARTS {
        let mut tables = honest(part);
        tables.resize(TABLES_MAX, (last(part).id(), 4));
        accepted(part, &tables);
        tables.push((last(part).id(), 4));
        refused(part, &tables, ShapeError::TooMany { found: TABLES_MAX + 1 });
        // Before any of them is looked at.
        refused(part, &vec![(200, 255); 255], ShapeError::TooMany { found: 255 });
    }
}

#[test]
fn fixed_tables_must_be_there_with_their_heights() {
    for part in PARTS {
        for position in 0..part.preprocessed().len() {
            let mut tables = honest(part);
            let (id, _) = tables.remove(position);
            let table = Table::from_id(id).expect("a table");
            refused(part, &tables, ShapeError::Missing { table });

            let mut tables = honest(part);
            let expected = usize::from(tables[position].1);
            for found in [expected - 1, expected + 1] {
                tables[position].1 = found as u8;
                refused(part, &tables, ShapeError::FixedHeight { table, expected, found });
            }
        }
    }
}

#[test]
fn heights_have_limits() {
    for part in PARTS {
        for found in [0, 3, LOG_HEIGHT_MAX + 1, 64, 255] {
            let mut tables = honest(part);
            tables.last_mut().expect("there are some").1 = found as u8;
            refused(part, &tables, ShapeError::Height { table: last(part), found });
        }
    }
}

#[test]
fn a_key_depends_on_everything_that_it_stands_for() {
    let honest = key().verifying_key();
    let changes: [fn(&mut KeyMaterial); 6] = [
        |key| key.segment = [8; 32],
        |key| key.ledger = [8; 32],
        |key| core::mem::swap(&mut key.segment, &mut key.ledger),
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
