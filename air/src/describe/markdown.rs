//! Descriptions as Markdown: a page for each table, and an index.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::builder::Side;
use crate::bus::Bus;
use crate::columns::Column;
use crate::describe::{Description, Message};
use crate::table::{Part, Table};

/// Characters of an expression that are written; the rest of a longer one is its fingerprint.
const EXPRESSION_MAX: usize = 600;
/// First line of each page.
const NOTICE: &str = "<!-- Written by `cargo xtask tables`; do not edit. -->\n\n";
/// How to read the pages.
const NOTATION: &str = "\
## How to read the pages

- A constraint is an expression that is zero on every row, with its degree in the cells.
- Numbers are elements of the Goldilocks field of order p = 2^64 − 2^32 + 1; `2^-16` is the
  inverse of 2^16, and `−1` is p − 1. So `2^32 − 1` is the negative of `2^-32`.
- `fixed.x` is the preprocessed column `x`, which is part of the verifying key; `x'` is column `x`
  in the next row; `statement.x` is a part of the statement.
- An expression of more than 600 characters is cut there, followed by its length and a fingerprint
  (64-bit FNV-1a of the whole text), so that a change of any part of it shows.
- A message is sent or received as many times as its multiplicity says, which is 0 or 1; one that
  is provided is received as often as others send it.
- Degree is the largest of a table's constraints. Cost is an estimate of what a row costs to
  prove, in cells: main columns, plus 1.5 for each message.
";

/// The documentation of all tables: file names and contents.
#[must_use]
pub fn documents() -> Vec<(String, String)> {
    let descriptions: Vec<Description> = Table::ALL.map(Description::of).into();
    let pages = descriptions
        .iter()
        .map(|description| (format!("{}.md", description.table.name()), description.to_markdown()));
    let mut documents: Vec<(String, String)> = pages.collect();
    documents.push(("README.md".into(), index(&descriptions)));
    documents
}

/// The index of all tables and buses.
fn index(descriptions: &[Description]) -> String {
    let mut page = String::from(NOTICE);
    page.push_str(
        "# Tables\n\nThe tables that prove a run, in the order of proofs: \
         those of its ledger and those of each of its segments.\n\n",
    );
    row(
        &mut page,
        [
            "table",
            "part",
            "purpose",
            "columns",
            "preprocessed",
            "constraints",
            "messages",
            "degree",
            "cost",
        ],
    );
    row(&mut page, ["---", "---", "---", "--:", "--:", "--:", "--:", "--:", "--:"]);
    for description in descriptions {
        let name = description.table.name();
        row(
            &mut page,
            [
                format!("[{name}]({name}.md)"),
                parts(description.table),
                purpose(description.table),
                description.columns.len().to_string(),
                description.preprocessed.len().to_string(),
                description.constraints.len().to_string(),
                description.messages.len().to_string(),
                description.degree().to_string(),
                cost(description),
            ],
        );
    }
    page.push_str(
        "\n## Buses\n\nOn each, what is sent over all tables of a part is what is received; \
         on `cell`, over all parts of a run.\n\n",
    );
    row(&mut page, ["bus", "fields", "sent by", "received by"]);
    row(&mut page, ["---", "---", "---", "---"]);
    for bus in Bus::ALL {
        let tables = |side| {
            let on_it = descriptions.iter().filter(|description| description.is_on(bus, side));
            let statement = (bus, side) == (Bus::Output, Side::Receive);
            let names = on_it.map(|description| description.table.name());
            names.chain(statement.then_some("the statement")).collect::<Vec<_>>().join(", ")
        };
        row(
            &mut page,
            [bus.name().into(), bus.fields().join(", "), tables(Side::Send), tables(Side::Receive)],
        );
    }
    page.push('\n');
    page.push_str(NOTATION);
    page
}

impl Description {
    /// The table's page.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut page = String::from(NOTICE);
        page.push_str(&format!("# {}\n\n{}\n\n", self.table.name(), purpose(self.table)));
        if let Some(statement) = statement(self.table) {
            page.push_str(&format!("{statement}\n\n"));
        }
        page.push_str(&format!(
            "Columns: {}. Preprocessed columns: {}. Constraints: {} of degree up to {}. \
             Messages: {}. Cost: {}.\n\n[How to read this](README.md#how-to-read-the-pages).\n",
            self.columns.len(),
            self.preprocessed.len(),
            self.constraints.len(),
            self.degree(),
            self.messages.len(),
            cost(self),
        ));
        push_columns(&mut page, "Columns", &self.columns);
        push_columns(&mut page, "Preprocessed columns", &self.preprocessed);
        self.push_constraints(&mut page);
        self.push_messages(&mut page);
        page
    }

    fn push_constraints(&self, page: &mut String) {
        if self.constraints.is_empty() {
            return;
        }
        page.push_str("\n## Constraints\n\n");
        row(page, ["constraint", "degree", "zero"]);
        row(page, ["---", "--:", "---"]);
        // Those without a label, by degree: how many there are and all their texts.
        let mut unlabelled: BTreeMap<usize, (usize, String)> = BTreeMap::new();
        for constraint in &self.constraints {
            let zero = &constraint.zero;
            if constraint.label.is_empty() {
                let (count, texts) = unlabelled.entry(zero.degree).or_default();
                *count += 1;
                texts.push_str(&zero.text);
                texts.push('\n');
            } else {
                row(page, [constraint.label.into(), zero.degree.to_string(), code(&zero.text)]);
            }
        }
        for (degree, (count, texts)) in unlabelled {
            let text = format!("fingerprint {:016x}", fingerprint(&texts));
            row(page, [format!("{count} without labels"), degree.to_string(), text]);
        }
    }

    fn push_messages(&self, page: &mut String) {
        if !self.messages.is_empty() {
            page.push_str("\n## Messages\n");
        }
        for bus in Bus::ALL {
            if self.messages_on(bus).next().is_none() {
                continue;
            }
            page.push_str(&format!("\n### {}\n\n", bus.name()));
            let fields = bus.fields();
            row(page, ["side"].into_iter().chain(fields.iter().copied()).chain(["multiplicity"]));
            row(page, core::iter::repeat_n("---", fields.len() + 2));
            for message in self.messages_on(bus) {
                let fields = message.fields.iter().map(|field| code(&field.text));
                let mut multiplicity = code(&message.multiplicity.text);
                if let Some(when) = message.when {
                    multiplicity.push_str(", ");
                    multiplicity.push_str(when);
                }
                row(page, [verb(message).into()].into_iter().chain(fields).chain([multiplicity]));
            }
        }
    }
}

/// The parts of a run that have a table.
fn parts(table: Table) -> String {
    let parts = [Part::Ledger, Part::Segment].into_iter().filter(|part| table.is_of(*part));
    parts.map(Part::name).collect::<Vec<_>>().join(", ")
}

/// What a table does with a message.
fn verb(message: &Message) -> &'static str {
    match (message.side, message.multiplicity_max) {
        (Side::Send, _) => "sends",
        (Side::Receive, 0) => "provides",
        (Side::Receive, _) => "receives",
    }
}

/// A table of columns; consecutive cells of one array make one line.
fn push_columns(page: &mut String, title: &str, columns: &[Column]) {
    if columns.is_empty() {
        return;
    }
    page.push_str(&format!("\n## {title}\n\n"));
    row(page, ["column", "meaning and range"]);
    row(page, ["---", "---"]);
    let mut at = 0;
    while let Some(column) = columns.get(at) {
        let mut name = column.name.clone();
        let mut count = 1;
        if let Some(array) = column.name.strip_suffix("[0]") {
            count = (0..)
                .zip(&columns[at..])
                .take_while(|(i, cell)| cell.name == format!("{array}[{i}]"))
                .count();
            name = format!("{array}[0..{count}]");
        }
        row(page, [code(&name), column.doc.clone()]);
        at += count;
    }
}

/// Appends a row of a Markdown table.
fn row<T: AsRef<str>>(page: &mut String, cells: impl IntoIterator<Item = T>) {
    page.push('|');
    for cell in cells {
        page.push_str(&format!(" {} |", plain_links(cell.as_ref()).replace('|', "\\|")));
    }
    page.push('\n');
}

/// An expression or name as code, cut if it is very long.
fn code(text: &str) -> String {
    match text.char_indices().nth(EXPRESSION_MAX) {
        None => format!("`{text}`"),
        Some((end, _)) => {
            let (length, fingerprint) = (text.chars().count(), fingerprint(text));
            format!("`{}` … ({length} characters, fingerprint {fingerprint:016x})", &text[..end])
        }
    }
}

/// 64-bit FNV-1a.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// Cost in cells.
fn cost(description: &Description) -> String {
    let halves = description.half_cells();
    format!("{}{}", halves / 2, if halves % 2 == 1 { ".5" } else { "" })
}

/// The first paragraph of the comment that a table's file begins with, without the table's name.
fn purpose(table: Table) -> String {
    let comment = comment(table);
    let paragraph = comment.split("\n\n").next().unwrap_or_default();
    let purpose = paragraph.split_once("`: ").map_or(paragraph, |(_, purpose)| purpose);
    let (first, rest) = purpose.split_at(purpose.len().min(1));
    plain_links(&format!("{}{rest}", first.to_uppercase()).replace('\n', " "))
}

/// The paragraph of a table's comment that states what a row proves.
fn statement(table: Table) -> Option<String> {
    let comment = comment(table);
    comment.split("\n\n").find(|paragraph| paragraph.starts_with("Statement:")).map(plain_links)
}

/// Text without the brackets of links to items.
fn plain_links(text: &str) -> String {
    text.replace("[`", "`").replace("`]", "`")
}

/// The comment that a table's file begins with.
fn comment(table: Table) -> String {
    let lines = source(table).lines().map_while(|line| line.strip_prefix("//!"));
    lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// The file of a table.
const fn source(table: Table) -> &'static str {
    macro_rules! sources {
        ($($table:ident $file:literal,)*) => {
            match table { $(Table::$table => include_str!(concat!("../tables/", $file, ".rs")),)* }
        };
    }
    sources! {
        Program "program",
        Image "image",
        Range "range",
        Byte "byte",
        ShiftAmount "shift_amount",
        Boundary "boundary",
        Ledger "ledger",
        Touched "touched",
        Memory "memory",
        PrivateInput "private_input",
        Refresh "refresh",
        AddImmediate "add_immediate",
        Add "add",
        AddWord "add_word",
        Bitwise "bitwise",
        Compare "compare",
        BranchEqual "branch_equal",
        BranchLess "branch_less",
        Jump "jump",
        JumpRegister "jump_register",
        LoadDouble "load_double",
        LoadNarrow "load_narrow",
        StoreDouble "store_double",
        StoreNarrow "store_narrow",
        Misaligned "misaligned",
        Shift "shift",
        ShiftWord "shift_word",
        Multiply "multiply",
        Divide "divide",
        Ecall "ecall",
        Commit "commit",
        Copy "copy",
        Keccak "keccak",
        Modular256 "modular",
        Modular384 "modular",
        Quadratic256 "quadratic",
        Quadratic384 "quadratic",
        Point "point",
        PointMemory "point_memory",
        Sha256 "sha256",
        Sha256Round "sha256_round",
        MultiplyX "multiply_x",
        Ladder "ladder",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_names_its_table() {
        for table in Table::ALL {
            let comment = comment(table);
            let names = comment.split(": ").next().expect("a part before the colon");
            assert!(names.contains(&format!("`{}`", table.name())), "{}", table.name());
        }
    }

    #[test]
    fn long_expressions_are_cut() {
        assert_eq!(code("a + b"), "`a + b`");
        let long = "·".repeat(EXPRESSION_MAX + 1);
        assert!(code(&long).starts_with(&format!("`{}` … (601 characters", "·".repeat(600))));
    }

    #[test]
    fn fingerprint_is_fnv_1a() {
        assert_eq!(fingerprint(""), 0xCBF2_9CE4_8422_2325);
        assert_eq!(fingerprint("a"), 0xAF63_DC4C_8601_EC8C);
    }
}
