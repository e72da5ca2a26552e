//! `cargo xtask mutate`: changes cells of an honest run and requires that each change is refused.
//!
//! Two campaigns. *Cells*: for every column of every table, one cell of a row is changed. *Forged
//! rows and messages*: several cells are changed together, as a liar would. A change that is not
//! refused must have its reason in [`reasons`], or the command fails.
//!
//! The row checker is the judge (see [`subject`]). `--prove` has the verifier judge as well: it
//! proves samples, and requires that the verifier accepts exactly what the checker accepts.

mod cells;
mod forgeries;
mod program;
mod reasons;
mod report;
mod subject;

use std::fs;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use clap::Args;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use subject::{Forgery, Subject, Verdict};

/// Change cells of an honest run one by one, and require that every change is refused
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Seed of the random choices
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only this table
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// Prove a sample of each column and each kind of forgery too: slow, and only in a release
    /// build
    #[arg(long)]
    prove: bool,
    /// Columns of one table that `--prove` proves at most
    #[arg(long, value_name = "COLUMNS", default_value_t = 100)]
    prove_max: usize,
    /// Write docs/mutations.md
    #[arg(long)]
    write: bool,
}

/// Runs the campaigns.
pub(crate) fn run(root: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    // The proof system's debug assertions stop dishonest provers.
    ensure!(
        !arguments.prove || !cfg!(debug_assertions),
        "--prove is for release builds: cargo run --release -p xtask -- mutate --prove"
    );
    let is_whole = arguments.table.is_none();
    ensure!(is_whole || !arguments.write, "the written report is about all tables");
    let subject = Subject::new()?;
    // A segment has lookup tables that it doesn't use.
    let selected: Vec<usize> = (0..subject.tables.len())
        .filter(|&at| !subject.tables[at].used.is_empty())
        .filter(|&at| {
            arguments.table.as_ref().is_none_or(|name| subject.tables[at].table.name() == name)
        })
        .collect();
    ensure!(!selected.is_empty(), "there is no table {:?}", arguments.table);

    let mut random = Random(arguments.seed);
    let mut tables = Vec::new();
    for at in selected {
        tables.push((subject.tables[at].table, cells::campaign(&subject, at, &mut random)));
    }
    cells::require_refusals(&mut tables);
    let tables: Vec<_> = tables.into_iter().map(|(_, outcome)| outcome).collect();
    let forged = if is_whole { forgeries::campaign(&subject, &mut random) } else { Vec::new() };
    let mut proved = report::Proved::default();
    if arguments.prove {
        for table in &tables {
            let most = arguments.prove_max;
            prove(&subject, table.samples(most, &mut random), &mut proved)?;
            eprintln!("{}: {} proofs so far", table.name, proved.total());
        }
        prove(
            &subject,
            forged.iter().flat_map(|kind| kind.samples.clone()).collect(),
            &mut proved,
        )?;
    }

    let text = report::markdown(arguments, &tables, &forged, &proved);
    if arguments.write {
        let path = root.join("docs/mutations.md");
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        println!("wrote docs/mutations.md");
    } else {
        print!("{text}");
    }
    let unexplained: Vec<&str> = tables
        .iter()
        .flat_map(|table| &table.unexplained)
        .chain(forged.iter().flat_map(|kind| &kind.unexplained))
        .map(String::as_str)
        .collect();
    if !unexplained.is_empty() {
        bail!(
            "{} changes survive without a reason:\n{}",
            unexplained.len(),
            unexplained.join("\n")
        );
    }
    Ok(())
}

/// Proves each sample, alone, and requires the verifier to agree with the checker. A change that
/// is accepted once the prover has corrected multiplicities is proved in both states.
fn prove(
    subject: &Subject,
    samples: Vec<Forgery>,
    proved: &mut report::Proved,
) -> anyhow::Result<()> {
    for forgery in samples {
        let mut expect = |forgeries: &[&Forgery], expected: bool| {
            let accepted = subject.is_proved(forgeries)?;
            let verdict = if accepted { "accepts" } else { "refuses" };
            ensure!(accepted == expected, "the verifier {verdict} {}", describe(subject, &forgery));
            *if accepted { &mut proved.accepted } else { &mut proved.refused } += 1;
            Ok(())
        };
        match subject.judge(&forgery) {
            Verdict::Refused => expect(&[&forgery], false)?,
            Verdict::Accepted(mends) => {
                if !mends.is_empty() {
                    expect(&[&forgery], false)?;
                }
                expect(&[&forgery, &mends], true)?;
            }
        }
    }
    Ok(())
}

/// The changed cells, for messages.
fn describe(subject: &Subject, forgery: &Forgery) -> String {
    let cells = forgery.iter().take(8).map(|(&(at, row, column), value)| {
        let table = &subject.tables[at];
        let name = &table.names[column];
        let was = table.row(row)[column];
        format!("{} row {row} {name}: {was} -> {value}", table.name)
    });
    cells.collect::<Vec<_>>().join(", ")
}

/// SplitMix64: the same choices on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `limit`, which isn't 0.
    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn field(&mut self) -> Goldilocks {
        Goldilocks::from_u64(self.next())
    }

    /// At most `most` of `items`, in a random order.
    fn some<T: Copy>(&mut self, items: &[T], most: usize) -> Vec<T> {
        let mut items = items.to_vec();
        for i in 0..items.len().min(most) {
            let j = i + self.below(items.len() - i);
            items.swap(i, j);
        }
        items.truncate(most);
        items
    }
}
