//! The report: what was tried, what was refused, what survived and why.

use std::fmt::Write;

use super::Arguments;
use super::cells::TableOutcome;
use super::forgeries::KindOutcome;

/// Columns of one reason that are named at most.
const NAMED: usize = 12;

/// What the verifier said.
#[derive(Debug, Default)]
pub(super) struct Proved {
    /// Proofs refused, as the checker said.
    pub(super) refused: usize,
    /// Proofs accepted, as the checker said.
    pub(super) accepted: usize,
}

impl Proved {
    /// All proofs.
    pub(super) const fn total(&self) -> usize {
        self.refused + self.accepted
    }
}

/// The report as Markdown.
pub(super) fn markdown(
    arguments: &Arguments,
    tables: &[TableOutcome],
    forged: &[KindOutcome],
    proved: &Proved,
) -> String {
    let mut text = String::from(INTRODUCTION);
    let Arguments { seed, prove_max, .. } = arguments;
    _ = writeln!(text, "Seed: {seed}.\n");
    _ = writeln!(text, "## Single cells\n\n{CELLS}");
    text.push_str(
        "| table | columns | changes | refused | survivors | in unused rows: changes | refused |\n",
    );
    text.push_str("| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    let mut sums = [0; 6];
    for table in tables {
        let TableOutcome { name, columns, used, unused, .. } = table;
        let left = used.tried - used.refused;
        let row = [*columns, used.tried, used.refused, left, unused.tried, unused.refused];
        line(&mut text, name, row);
        sums.iter_mut().zip(row).for_each(|(sum, number)| *sum += number);
    }
    line(&mut text, "all", sums);

    _ = writeln!(text, "\n## Survivors and their reasons\n\n{SURVIVORS}");
    text.push_str("| table | columns | survivors | reason |\n| --- | --- | ---: | --- |\n");
    for table in tables {
        for (why, (columns, number)) in &table.survivors {
            let name = &table.name;
            _ = writeln!(text, "| {name} | {} | {number} | {why} |", names(columns));
        }
    }
    let unexplained = tables.iter().flat_map(|table| &table.unexplained);
    for survivor in unexplained.chain(forged.iter().flat_map(|kind| &kind.unexplained)) {
        _ = writeln!(text, "| **without a reason** | {survivor} | | |");
    }

    if !forged.is_empty() {
        _ = writeln!(text, "\n## Forged rows and messages\n\n{FORGED}");
        text.push_str(
            "| forgery | table or bus | tried | refused | survivors and their reasons |\n",
        );
        text.push_str("| --- | --- | ---: | ---: | --- |\n");
    }
    for KindOutcome { kind, place, tally, .. } in forged {
        _ = writeln!(text, "| {kind} | {place} | {} | {} |", tally.tried, tally.refused);
    }

    _ = writeln!(text, "\n## The verifier\n\n{VERIFIER}");
    if proved.total() == 0 {
        text.push_str("This report was made without proofs.\n");
    } else {
        _ = writeln!(
            text,
            "{} changed runs were proved: for each table one change of each of at most {prove_max} \
             columns, one survivor for each reason, and one forgery for each line of the list above. The verifier refused {} of them \
             and accepted {}, exactly as the checker had said.",
            proved.total(),
            proved.refused,
            proved.accepted
        );
    }
    text
}

fn line(text: &mut String, name: &str, numbers: [usize; 6]) {
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    _ = writeln!(text, "| {name} | {} |", numbers.join(" | "));
}

/// The first few names.
fn names(columns: &[String]) -> String {
    let mut columns = columns.to_vec();
    columns.dedup();
    let more = columns.len().saturating_sub(NAMED);
    let named: Vec<String> = columns.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", named.join(", "))
}

const INTRODUCTION: &str = "\
<!-- Written by `cargo run --release -p xtask -- mutate --prove --write`; do not edit. -->

# Mutations

`cargo xtask mutate` makes one honest run in two segments that has rows in every table, changes its \
cells, and requires that each change is refused. A change that survives needs a reason in \
`xtask/src/commands/mutate/reasons.rs`, or the command fails.

A change is refused if a constraint of a touched row fails or a bus gets unbalanced. The judge is \
lenient: if a change only asks the preprocessed tables for other entries that \
they do have, their multiplicities are corrected, and the change survives. So a cell that is held \
by nothing but a range check counts as free, unless it leaves the range.

";

const CELLS: &str = "\
Each column is changed in up to 48 random rows that are used, to up to five values: \
one more, one less, 0 for 1 or 1 for 0, a random field element, the cell of another row. A column \
whose changes are never refused, in no part of the run, makes the command fail, whatever the reason. Rows that no message \
uses (padding, and entries that nobody looks up) are tried too, two for each column: most of their \
cells are free by design, since nothing follows from them, and are only counted.
";

const SURVIVORS: &str = "\
In used rows. Each reason is bound to the rows in which it holds.
";

const FORGED: &str = "\
Several cells are changed at once: all cells of a row to zero; a row repeated over another one, used \
or not; the times of two rows exchanged, one column's or all; a message's field changed alike in the \
row that sends it and the row that receives it, so that this bus stays balanced. No forgery may \
survive, except that those of cells that are free one by one aren't tried. Each register access \
and memory access is a message, so a value that is read changed with the write that it came from \
is among the last kind.
";

const VERIFIER: &str = "\
With `--prove`, samples are proved, and the verifier must accept exactly what the checker accepts. \
A survivor that needs other multiplicities is proved twice: without them it must be refused, with \
them accepted.
";
