//! What holds for every table: no column is left out, nothing that is written down is left
//! unregistered, and messages and degrees fit the protocol.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use lvm_air::builder::Side;
use lvm_air::bus::Bus;
use lvm_air::columns::Column;
use lvm_air::degree::Degrees;
use lvm_air::describe::{Constraint, Description, Expression, Message};
use lvm_air::table::{LOG_HEIGHT_MAX, Part, Table};
use lvm_isa::segment::SEGMENTS_MAX;
use lvm_syscalls::layout::PUBLIC_OUTPUT_MAX;
use p3_field::PrimeField64;
use p3_goldilocks::Goldilocks;

/// The largest degree of a constraint.
const DEGREE_MAX: usize = 3;
/// What selects rows in expressions.
const SELECTORS: [&str; 6] = [
    "is_first_row",
    "is_last_row",
    "is_transition",
    "is_first_word",
    "is_inner_word",
    "is_padding_word",
];

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

/// Columns that neither a message carries nor a constraint connects to another column. One that
/// only its own range or booleanness mentions is as good as none.
fn alone(description: &Description) -> Vec<&str> {
    let connected: BTreeSet<String> = description
        .messages
        .iter()
        .flat_map(|message| message.fields.iter().chain([&message.multiplicity]))
        .flat_map(|part| names(&part.text))
        .chain(
            description
                .constraints
                .iter()
                .map(|constraint| names(&constraint.zero.text))
                .filter(|names| names.len() > 1)
                .flatten(),
        )
        .collect();
    let columns = description.columns.iter().chain(&description.preprocessed);
    columns.map(|column| column.name.as_str()).filter(|name| !connected.contains(*name)).collect()
}

#[test]
fn every_column_matters_to_another() {
    for description in descriptions() {
        let found = alone(&description);
        assert!(found.is_empty(), "{}: {found:?}", description.table.name());
    }
}

#[test]
fn columns_that_do_not_matter_are_found() {
    let mut description = Description::of(Table::Add);
    let range = |text: &str| Expression { text: text.to_owned(), degree: 2 };
    let unused = Column { name: "unused".to_owned(), doc: String::new() };
    description.columns.push(unused);
    assert_eq!(alone(&description), ["unused"]);
    let label = "unused is boolean";
    description.constraints.push(Constraint { label, zero: range("unused·(unused − 1)") });
    assert_eq!(alone(&description), ["unused"]);
    // Without the write, what it finds and when is in no message.
    description.messages.retain(|message| {
        !message.fields.iter().chain([&message.multiplicity]).any(|f| f.text.contains("write."))
    });
    assert_eq!(alone(&description), ["write.before.lo", "write.before.hi", "write.time", "unused"]);
}

/// The names of columns and constants in an expression.
fn names(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || "_.[]".contains(c)))
        .filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()))
        // Selectors of rows stand beside a column.
        .filter(|word| !SELECTORS.contains(word))
        .map(str::to_owned)
        .collect()
}

/// What the proof protocol plans with is what the description says, constraint by constraint and
/// message by message: their number, their order, their degrees.
#[test]
fn the_protocol_sees_every_constraint_and_message() {
    for description in descriptions() {
        let degrees = Degrees::of(description.table);
        let name = description.table.name();
        let expected: Vec<usize> =
            description.constraints.iter().map(|constraint| constraint.zero.degree).collect();
        assert_eq!(degrees.constraints.len(), expected.len(), "{name}");
        // The description has simplified expressions, so its degrees may be lower.
        let pairs = degrees.constraints.iter().zip(&expected);
        assert!(pairs.clone().all(|(found, expected)| found >= expected), "{name}");
        assert_eq!(degrees.messages.len(), description.messages.len(), "{name}");
        for (found, expected) in degrees.messages.iter().zip(&description.messages) {
            assert_eq!(found.bus, expected.bus, "{name}");
            let fields = expected.fields.iter().map(|field| field.degree).max();
            assert!(found.fields >= fields.unwrap_or(0), "{name}: {}", found.bus.name());
            assert!(found.multiplicity >= expected.multiplicity.degree, "{name}");
        }
    }
}

/// The protocol opens the next row of main columns only, of the tables that look at it, and the
/// messages of a row are made of that row alone.
#[test]
fn rows_look_at_no_other_rows_than_the_protocol_opens() {
    for description in descriptions() {
        let (table, name) = (description.table, description.table.name());
        let elsewhere = |text: &str| text.contains('\'') || SELECTORS.iter().any(|s| has(text, s));
        let constraints = description.constraints.iter().map(|constraint| &constraint.zero);
        let reads_next_row = constraints.clone().any(|zero| elsewhere(&zero.text));
        assert_eq!(Degrees::of(table).reads_next_row, reads_next_row, "{name}");
        assert_eq!(reads_next_row, table == Table::Keccak, "{name}");
        for zero in constraints {
            for column in &description.preprocessed {
                let next = format!("{}'", column.name);
                assert!(!zero.text.contains(&next), "{name}: {}", zero.text);
            }
        }
        for message in &description.messages {
            for part in message.fields.iter().chain([&message.multiplicity]) {
                assert!(!elsewhere(&part.text), "{name}: {}", part.text);
            }
        }
    }
}

/// Whether a word occurs in an expression.
fn has(text: &str, word: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || "_.[]".contains(c))).any(|w| w == word)
}

/// Files below `folder` that tables and gadgets are written in, without their unit tests.
fn sources(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            let text = fs::read_to_string(&path).expect("a readable file");
            let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            found.push((path, text.to_owned()));
        }
    }
}

/// The labels that follow `constrain(` and `constrain_bool(`.
fn labels(text: &str) -> Vec<String> {
    text.match_indices("constrain")
        .filter_map(|(at, _)| {
            let rest = &text[at..];
            let rest = rest.strip_prefix("constrain_bool(").or(rest.strip_prefix("constrain("))?;
            let label = rest.trim_start().strip_prefix('"')?;
            Some(label.split('"').next()?.to_owned())
        })
        .collect()
}

/// A constraint that is written in a function that nobody calls is no constraint.
#[test]
fn constraints_that_are_written_are_registered() {
    let registered: BTreeSet<&str> = descriptions()
        .iter()
        .flat_map(|description| &description.constraints)
        .map(|constraint| constraint.label)
        .collect();
    let mut files = Vec::new();
    for folder in ["src/gadgets", "src/tables"] {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
    }
    let mut written = 0;
    for (path, text) in files {
        for label in labels(&text) {
            let file = path.display();
            assert!(registered.contains(label.as_str()), "{file}: {label:?} is in no table");
            written += 1;
        }
    }
    assert!(written > 100, "only {written} labels were found in the sources");
}

#[test]
fn labels_are_found_in_sources() {
    let text = "b.constrain(\n    \"one\",\n x); b.constrain_bool(\"two\", y); g.constrain(b, z);";
    assert_eq!(labels(text), ["one", "two"]);
}

/// Fields of messages that are constants, as `table: bus.field = value`. A bus that is sent a
/// constant where a column belongs balances whatever the column holds.
///
/// The operands that an instruction doesn't have are 0 on the bus `program`, and a table of one
/// operation has one code; `tables/program.rs` lists them, and they are left out here.
const CONSTANT_FIELDS: [&str; 79] = [
    "boundary: cell.is_writable = 1",
    "boundary: cell.segment = (statement.segment − 1)",
    "boundary: cell.segment = statement.segment",
    "boundary: execution.pc = statement.entry",
    "boundary: execution.pc = statement.next_entry",
    "boundary: execution.time = 4",
    "boundary: halt.hi = statement.exit_code.hi",
    "boundary: halt.lo = statement.exit_code.lo",
    "boundary: register.time = 0",
    "compare: register.hi = 0",
    "copy: memory.is_writable = 1",
    "ecall: commit.remaining = 0",
    "ecall: copy.carry_hi = 0",
    "ecall: copy.carry_lo = 0",
    "ecall: register.hi = 0",
    "ecall: register.register = 10",
    "ecall: register.register = 11",
    "ecall: register.register = 12",
    "ecall: register.register = 17",
    "ecall: register.register = 33",
    "image: cell.segment = 0",
    "keccak: memory.is_writable = 1",
    "ladder: point.curve = 0",
    "ladder: point.is_double = 0",
    "ladder: point.is_double = 1",
    "ladder: point.q.x[0] = 0",
    "ladder: point.q.x[1] = 0",
    "ladder: point.q.x[2] = 0",
    "ladder: point.q.x[3] = 0",
    "ladder: point.q.x[4] = 0",
    "ladder: point.q.x[5] = 0",
    "ladder: point.q.x[6] = 0",
    "ladder: point.q.x[7] = 0",
    "ladder: point.q.y[0] = 0",
    "ladder: point.q.y[1] = 0",
    "ladder: point.q.y[2] = 0",
    "ladder: point.q.y[3] = 0",
    "ladder: point.q.y[4] = 0",
    "ladder: point.q.y[5] = 0",
    "ladder: point.q.y[6] = 0",
    "ladder: point.q.y[7] = 0",
    "ledger: cell.hi = 0",
    "ledger: cell.is_writable = 1",
    "ledger: cell.lo = 0",
    "ledger: cell.segment = 0",
    "ledger: memory_order.address = 4088",
    "memory: cell.hi = 0",
    "memory: cell.is_writable = 1",
    "memory: cell.lo = 0",
    "memory: cell.segment = 0",
    "modular_256: memory.is_writable = 1",
    "modular_256: register.register = 13",
    "modular_384: memory.is_writable = 1",
    "modular_384: register.register = 13",
    "multiply_x: call.number = 2^33 − 11",
    "multiply_x: call.takes_a1 = 1",
    "multiply_x: call.takes_a2 = 1",
    "multiply_x: ladder.remaining = 0",
    "multiply_x: ladder_bit.position = 0 to 254",
    "multiply_x: memory.is_writable = 1",
    "point_memory: call.takes_a2 = 0",
    "point_memory: memory.is_writable = 1",
    "private_input: cell.is_writable = 1",
    "private_input: cell.segment = 0",
    "quadratic_256: memory.is_writable = 1",
    "quadratic_384: memory.is_writable = 1",
    "sha256: call.number = 1064",
    "sha256: call.takes_a1 = 1",
    "sha256: call.takes_a2 = 0",
    "sha256: memory.is_writable = 1",
    "sha256: sha256_block.step = 0",
    "sha256: sha256_block.step = 1",
    "sha256: sha256_state.step = 0",
    "sha256: sha256_state.step = 8",
    "shift_word: shift_amount.by_32 = 0",
    "store_double: memory.is_writable = 1",
    "store_narrow: memory.is_writable = 1",
    "touched: cell.segment = statement.segment",
    "touched: memory.time = 0",
];

#[test]
fn constants_in_messages_are_known() {
    let mut found = BTreeSet::new();
    let mut positions = Vec::new();
    for description in descriptions() {
        for message in &description.messages {
            let bus = message.bus;
            for (name, field) in bus.fields().iter().zip(&message.fields) {
                if field.degree == 0 && bus != Bus::Program {
                    let table = description.table.name();
                    if bus == Bus::LadderBit && *name == "position" {
                        positions.push(field.text.clone());
                        continue;
                    }
                    found.insert(format!("{table}: {}.{name} = {}", bus.name(), field.text));
                }
            }
        }
    }
    // One position for each message, in order, by the only table that has messages for them.
    assert_eq!(positions, (0..255).map(|position| format!("{position}")).collect::<Vec<_>>());
    found.insert("multiply_x: ladder_bit.position = 0 to 254".to_owned());
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(found, CONSTANT_FIELDS);
}

/// No multiplicity that tables bound can add up to the field's order, whatever the heights.
#[test]
fn multiplicities_cannot_wrap() {
    // A global bus has the messages of all parts.
    let parts = |bus: Bus| if bus.is_global() { u128::from(SEGMENTS_MAX) + 1 } else { 1 };
    let bounded: u128 = descriptions()
        .iter()
        .flat_map(|description| &description.messages)
        .map(|message| {
            parts(message.bus) * (u128::from(message.multiplicity_max) << LOG_HEIGHT_MAX)
        })
        .chain([u128::from(PUBLIC_OUTPUT_MAX)])
        .sum();
    assert!(bounded < u128::from(Goldilocks::ORDER_U64), "{bounded}");
    // What is provided without a bound is provided by lookup tables only.
    for description in descriptions() {
        let table = description.table;
        for message in description.messages.iter().filter(|m| m.multiplicity_max == 0) {
            assert!(table.preprocessed_width() > 0, "{}: {}", table.name(), message.bus.name());
        }
    }
}

/// What is on a bus between parts is the border's, which is committed before its challenges are
/// drawn, and nothing that isn't depends on what is committed later.
#[test]
fn global_messages_are_the_borders() {
    for description in descriptions() {
        let is_global = |message: &Message| message.bus.is_global();
        let table = description.table;
        assert_eq!(
            description.messages.iter().any(is_global),
            table.is_border(),
            "{}",
            table.name()
        );
        for message in description.messages.iter().filter(|message| is_global(message)) {
            assert_eq!(message.multiplicity_max, 1, "{}", table.name());
        }
    }
}

/// Each table is one of a part's, `range` of both, and every bus but the global ones has both sides
/// among one part's tables.
#[test]
fn parts_balance_by_themselves() {
    let shared: Vec<Table> = Table::ALL
        .into_iter()
        .filter(|table| table.is_of(Part::Ledger) && table.is_of(Part::Segment))
        .collect();
    assert_eq!(shared, [Table::Range]);
    for part in [Part::Ledger, Part::Segment] {
        let mut descriptions = descriptions();
        descriptions.retain(|description| description.table.is_of(part));
        for bus in Bus::ALL {
            let [sent, received] = [Side::Send, Side::Receive]
                .map(|side| descriptions.iter().any(|description| description.is_on(bus, side)));
            // Of the other lookups `range` has, the ledger asks for one only.
            let is_offered = (part, bus) == (Part::Ledger, Bus::Sign16);
            let is_statements = bus == Bus::Output;
            assert!(
                sent == received || is_offered || is_statements,
                "{} {}",
                part.name(),
                bus.name()
            );
            assert_eq!(sent && bus.is_global(), bus.is_global(), "{} {}", part.name(), bus.name());
        }
    }
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
    for message in descriptions.iter().flat_map(|description| &description.messages) {
        assert!(Bus::ALL.contains(&message.bus), "{} is not listed", message.bus.name());
    }
    for bus in Bus::ALL {
        for side in [Side::Send, Side::Receive] {
            let found = descriptions.iter().any(|description| description.is_on(bus, side));
            // The public output is received by the statement itself.
            let is_statements = (bus, side) == (Bus::Output, Side::Receive);
            assert!(found != is_statements, "{}: {side:?}", bus.name());
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

/// A message that has an interaction column for itself is multiplied with that column.
#[test]
fn messages_have_low_degree() {
    let mut high = Vec::new();
    for table in Table::ALL {
        for message in Degrees::of(table).messages {
            if message.fields + 1 > DEGREE_MAX || message.multiplicity > DEGREE_MAX {
                high.push(format!("{}: {message:?}", table.name()));
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
        assert_eq!(unlabelled, 0, "{}", description.table.name());
    }
}
