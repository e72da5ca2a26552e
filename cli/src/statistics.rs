//! What a run consisted of, and what proving it takes: `lvm execute --stats`.
//!
//! Invariant: the counts of instructions add up to the run's cycles, by instruction and by table.

use std::collections::BTreeMap;

use lvm_isa::instruction::{Class, Operation};
use lvm_isa::segment::Cell;
use lvm_prover::{Estimate, Program, TableSize, budget};
use lvm_syscalls::layout::{PRIVATE_INPUT_END, PRIVATE_INPUT_START};
use lvm_syscalls::modular::{WORDS_256, WORDS_384};
use lvm_syscalls::quadratic::{WORDS_BLS12_381, WORDS_BN254};
use lvm_syscalls::{
    commit, copy_words, curve, halt, keccak_f, modular, multiply_x, panic, print, quadratic, sha256,
};
use lvm_vm::profile::Profile;
use serde::Serialize;

use crate::display::{counted, entry, line, number};
use crate::profile::Function;

/// Functions that are shown.
const FUNCTIONS_MAX: usize = 20;
/// Bytes of a memory cell.
const CELL_BYTES: u64 = 8;

/// What `--json` shows.
#[derive(Serialize)]
pub(crate) struct Statistics {
    cycles: u64,
    functions: Vec<FunctionCycles>,
    /// By mnemonic.
    instructions: BTreeMap<&'static str, u64>,
    /// By the name of the table that proves them.
    instruction_tables: BTreeMap<&'static str, u64>,
    system_calls: BTreeMap<&'static str, u64>,
    touched_bytes: TouchedBytes,
    proving: Proving,
}

#[derive(Serialize)]
struct FunctionCycles {
    name: String,
    exclusive: u64,
    inclusive: u64,
}

/// Bytes of the cells that the run read or wrote, by where they are.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct TouchedBytes {
    /// Below everything that the file loads, where the stack of our guests is.
    stack: u64,
    /// From the first to the last thing that the file loads.
    image: u64,
    /// Between the image and the private input.
    heap: u64,
    private_input: u64,
    /// Above the private input.
    above: u64,
}

#[derive(Serialize)]
struct Proving {
    segments: usize,
    /// Of each segment but the last, about.
    segment_cells: u64,
    cells: u64,
    tables: Vec<TableCost>,
}

#[derive(Serialize)]
struct TableCost {
    name: &'static str,
    rows: u64,
    cells: u64,
}

impl Statistics {
    pub(crate) fn new(
        program: &Program,
        profile: &Profile,
        functions: &[Function],
        estimate: &Estimate,
    ) -> Self {
        let functions = functions.iter().take(FUNCTIONS_MAX).map(|function| FunctionCycles {
            name: function.name.clone(),
            exclusive: function.exclusive,
            inclusive: function.inclusive,
        });
        let operations = Operation::ALL.into_iter().zip(profile.operations(program.loaded()));
        let classes = Class::ALL.into_iter().zip(estimate.classes);
        let calls = profile.system_calls.iter();
        let cost = |table: &TableSize| TableCost {
            name: table.name,
            rows: table.rows,
            cells: table.cells(),
        };
        Self {
            cycles: profile.cycles,
            functions: functions.collect(),
            instructions: executed(operations.map(|(it, count)| (it.mnemonic(), count))),
            instruction_tables: executed(
                classes.map(|(class, count)| (budget::table_of(class).name(), count)),
            ),
            system_calls: executed(calls.map(|(&number, &count)| (call_name(number), count))),
            touched_bytes: TouchedBytes::of(program, &estimate.ledger.cells),
            proving: Proving {
                segments: estimate.segments.len(),
                segment_cells: budget::CELLS_DEFAULT,
                cells: estimate.cells(),
                tables: estimate.tables.iter().map(cost).collect(),
            },
        }
    }

    /// Shows everything as text.
    pub(crate) fn show(&self) -> anyhow::Result<()> {
        line("")?;
        line("cycles by function, its own and with what it called:")?;
        for function in &self.functions {
            let FunctionCycles { name, exclusive, inclusive } = function;
            let (own, all) = (self.percent(*exclusive), self.percent(*inclusive));
            line(format_args!("{:>16} {own:>7} {all:>7}  {name}", number(*exclusive)))?;
        }
        self.show_counts("instructions:", &self.instructions)?;
        self.show_counts("instructions by table:", &self.instruction_tables)?;
        line("")?;
        line("system calls:")?;
        for (name, count) in by_count(&self.system_calls) {
            line(format_args!("{:>16}  {name}", number(count)))?;
        }
        line("")?;
        line("touched bytes of memory:")?;
        let TouchedBytes { stack, image, heap, private_input, above } = self.touched_bytes;
        let regions = [
            ("stack", stack),
            ("image", image),
            ("heap", heap),
            ("private input", private_input),
            ("above", above),
        ];
        for (name, bytes) in regions.into_iter().filter(|&(_, bytes)| bytes > 0) {
            line(format_args!("{:>16}  {name}", number(bytes)))?;
        }
        line("")?;
        line("proving, rows and cells with padding:")?;
        let Proving { segments, cells, ref tables, .. } = self.proving;
        let mut tables: Vec<_> = tables.iter().collect();
        tables.sort_by_key(|table| core::cmp::Reverse(table.cells));
        for TableCost { name, rows, cells } in tables {
            line(format_args!("{:>16} {:>16}  {name}", number(*rows), number(*cells)))?;
        }
        entry(
            "proving",
            format_args!("{}, {}", counted(segments as u64, "segment"), counted(cells, "cell")),
        )
    }

    fn show_counts(&self, title: &str, counts: &BTreeMap<&str, u64>) -> anyhow::Result<()> {
        line("")?;
        line(title)?;
        for (name, count) in by_count(counts) {
            line(format_args!("{:>16} {:>7}  {name}", number(count), self.percent(count)))?;
        }
        Ok(())
    }

    fn percent(&self, cycles: u64) -> String {
        format!("{:.1} %", cycles as f64 * 100.0 / self.cycles.max(1) as f64)
    }
}

/// Those that happened.
fn executed(counts: impl Iterator<Item = (&'static str, u64)>) -> BTreeMap<&'static str, u64> {
    counts.filter(|&(_, count)| count > 0).collect()
}

/// The most frequent first.
fn by_count<'a>(counts: &BTreeMap<&'a str, u64>) -> Vec<(&'a str, u64)> {
    let mut counts: Vec<_> = counts.iter().map(|(&name, &count)| (name, count)).collect();
    counts.sort_by_key(|&(_, count)| core::cmp::Reverse(count));
    counts
}

/// What a system call is called. Others than these don't happen: they trap.
fn call_name(number: u64) -> &'static str {
    match number {
        print::NUMBER => "print",
        panic::NUMBER => "panic",
        commit::NUMBER => "commit",
        halt::NUMBER => "halt",
        copy_words::NUMBER => "copy_words",
        keccak_f::NUMBER => "keccak_f",
        sha256::NUMBER => "sha256",
        multiply_x::NUMBER => "multiply_x",
        _ => operation_name(number).unwrap_or("unknown"),
    }
}

/// What a call that computes is called: its table or its curve, and its operation. The operations
/// are in the order of their calls.
fn operation_name(number: u64) -> Option<&'static str> {
    const MODULAR: [[&str; 4]; 2] = [
        [
            "modular_256 multiply",
            "modular_256 multiply_add",
            "modular_256 multiply_subtract",
            "modular_256 invert",
        ],
        [
            "modular_384 multiply",
            "modular_384 multiply_add",
            "modular_384 multiply_subtract",
            "modular_384 invert",
        ],
    ];
    const QUADRATIC: [[&str; 3]; 2] = [
        ["quadratic_256 multiply", "quadratic_256 multiply_add", "quadratic_256 multiply_subtract"],
        ["quadratic_384 multiply", "quadratic_384 multiply_add", "quadratic_384 multiply_subtract"],
    ];
    const CURVE: [[&str; 2]; 3] = [
        ["secp256k1 add", "secp256k1 double"],
        ["secp256r1 add", "secp256r1 double"],
        ["bn254 add", "bn254 double"],
    ];
    let mut modulars = MODULAR.into_iter().zip([WORDS_256, WORDS_384]);
    let mut quadratics = QUADRATIC.into_iter().zip([WORDS_BN254, WORDS_BLS12_381]);
    modulars
        .find_map(|(names, words)| {
            modular::operation(words, number).map(|operation| names[operation as usize])
        })
        .or_else(|| {
            quadratics.find_map(|(names, words)| {
                quadratic::operation(words, number).map(|operation| names[operation as usize])
            })
        })
        .or_else(|| {
            let (curve, operation) = curve::operation(number)?;
            Some(CURVE[curve as usize][operation as usize])
        })
}

impl TouchedBytes {
    fn of(program: &Program, cells: &[Cell]) -> Self {
        let segments = program.loaded().segments();
        let start = segments.first().map_or(0, |segment| segment.range.start & !(CELL_BYTES - 1));
        let end = segments.last().map_or(0, |segment| segment.range.end);
        let mut touched = Self::default();
        for cell in cells {
            let region = match cell.address {
                address if address < start => &mut touched.stack,
                address if address < end => &mut touched.image,
                address if address < PRIVATE_INPUT_START => &mut touched.heap,
                address if address < PRIVATE_INPUT_END => &mut touched.private_input,
                _ => &mut touched.above,
            };
            *region += CELL_BYTES;
        }
        touched
    }
}
