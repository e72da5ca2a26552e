//! `cargo xtask soundcalc`: writes `docs/soundcalc/lvm.toml`, or checks that it is up to date.
//!
//! The file describes the proof system in the form that soundcalc reads, the Ethereum
//! Foundation's soundness calculator (github.com/ethereum/soundcalc), so that somebody else's
//! formulas can be applied to our numbers. Every number in it comes from the verifier's code.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use clap::Args;
use lvm_air::table::Part;
use lvm_verifier::Profile;
use lvm_verifier::config::{CHALLENGE_DEGREE, COLLISION_BITS};
use lvm_verifier::security::{Totals, largest_plan, message_width};
use lvm_verifier::stark::domain::LOG_BLOWUP;
use lvm_verifier::stark::fri::{Round, rounds};
use lvm_verifier::stark::interactions::DEGREE_MAX;
use lvm_verifier::stark::{Plan, Tree};

/// Log2 of the heights that are described: those of docs/security.md but the lowest.
const LOG_HEIGHTS: [u8; 3] = [20, 23, 26];

/// Where the description is.
const FILE: &str = "docs/soundcalc/lvm.toml";

/// Write the proof system's description for soundcalc, docs/soundcalc/lvm.toml
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Write nothing; fail if the file is out of date
    #[arg(long)]
    check: bool,
}

/// Writes or compares the description.
pub(crate) fn run(root: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let path = root.join(FILE);
    let expected = description()?;
    if arguments.check {
        if fs::read_to_string(&path).unwrap_or_default() != expected {
            bail!("{FILE} is out of date; run `cargo xtask soundcalc`");
        }
        return Ok(());
    }
    let folder = path.parent().context("the file has a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    fs::write(&path, expected).with_context(|| format!("writing {FILE}"))?;
    println!("wrote {FILE}");
    Ok(())
}

/// The whole file.
fn description() -> anyhow::Result<String> {
    let mut text = String::from(HEAD);
    let _ = writeln!(text, "hash_size_bits = {}", 2 * COLLISION_BITS);
    for profile in Profile::ALL {
        for part in [Part::Segment, Part::Ledger] {
            for log_height in LOG_HEIGHTS {
                circuit(&mut text, profile, part, log_height)?;
            }
        }
    }
    Ok(text)
}

const HEAD: &str = "\
# lvm, as soundcalc describes proof systems. Written by `cargo xtask soundcalc`; do not edit.
#
# A run's ledger and each of its segments have a proof of their own. All tables of one are one
# DEEP-ALI instance with one batched FRI over all heights. Each circuit below is the largest shape
# of a part whose highest table has the stated height: all tables are there, and those without a
# fixed height have this one. Real proofs have fewer tables. The bus between the parts is charged to
# each of them with the messages that all of them have together, at most.

[zkevm]
name = \"lvm\"
protocol_family = \"FRI_STARK\"
field = \"Goldilocks^3\"
";

/// The number of values that a round folds into one.
const fn factor(round: &Round) -> u32 {
    1 << round.log_arity
}

/// The columns of base-field elements that a proof commits to or that are committed with the key,
/// quotients left out.
fn columns(plan: &Plan) -> usize {
    let trees = Tree::ALL.into_iter().filter(|tree| *tree != Tree::Quotient);
    trees.flat_map(|tree| &plan.layout(tree).groups).map(|group| group.width).sum()
}

/// One `[[circuits]]` section, with its `[[circuits.lookups]]`.
fn circuit(text: &mut String, profile: Profile, part: Part, log_height: u8) -> anyhow::Result<()> {
    let parameters = profile.parameters();
    let plan = largest_plan(part, log_height)?;
    let totals = Totals::of(&plan);
    let rounds = rounds(&plan.log_sizes(), parameters.log_final_len);
    let factors: Vec<String> = rounds.iter().map(|round| factor(round).to_string()).collect();
    let factors = factors.join(", ");
    let name = format!("{profile}-{}-{}", part.name(), totals.log_height);
    let multiplicity = multiplicity(&totals, profile, &rounds);
    let _ = write!(
        text,
        "
[[circuits]]
name = \"{name}\"
# Tables, and their committed columns of base-field elements; soundcalc doesn't use these two.
num_tables = {tables}
num_columns = {num_columns}
rho = {rho}
trace_length = {trace_length}
air_max_degree = {DEGREE_MAX}
# Of all tables, as if one challenge batched them; those of LogUp's columns are included.
num_constraints = {num_constraints}
# Columns times the points at which they are opened, of all heights together.
batch_size = {batch_size}
# Of a column, at most: the common one, and the next row's or the border's.
opening_points = 2
power_batching = true
num_queries = {queries}
# Nothing here says that functions of smaller heights join on the way: with one, a round's error is
# that of one value more.
fri_folding_factors = [{factors}]
# The codeword of the last polynomial.
fri_early_stop_degree = {stop}
grinding_query_phase = {query_grinding}
grinding_commit_phase = 0
grinding_batching_phase = {batch_grinding}
grinding_deep = 0
# The Johnson bound less sqrt(rho)/(2m) for m = {multiplicity}, the best one for soundcalc's formulas.
gap_to_radius = {gap:e}
",
        tables = plan.tables.len(),
        num_columns = columns(&plan),
        rho = rate(LOG_BLOWUP),
        trace_length = 1u64 << totals.log_height,
        num_constraints = totals.constraints,
        batch_size = totals.openings,
        queries = parameters.queries,
        stop = 1u64 << (LOG_BLOWUP + parameters.log_final_len),
        query_grinding = parameters.query_grinding,
        batch_grinding = parameters.batch_grinding,
        gap = rate(LOG_BLOWUP).sqrt() / (2.0 * f64::from(multiplicity)),
    );
    for (bus, messages) in &totals.messages {
        let _ = write!(
            text,
            "
[[circuits.lookups]]
name = \"{bus}\"
logup_type = \"univariate\"
# Messages of all rows of all tables; there is no other side.
rows_L = {messages}
rows_T = 0
# The widest message of all buses, to whose width all are fingerprinted.
num_columns_S = {width}
num_lookups_M = 1
grinding_bits_lookup = 0
",
            bus = bus.name(),
            width = message_width(),
        );
    }
    Ok(())
}

fn rate(log_blowup: usize) -> f64 {
    (0..log_blowup).fold(1.0, |rate, _| rate / 2.0)
}

/// The multiplicity m at which the smallest one of the query, folding and batching terms is
/// largest, with the bound that soundcalc uses: BCHKS25 (ePrint 2025/2055), Theorem 4.2.
fn multiplicity(totals: &Totals, profile: Profile, rounds: &[Round]) -> u32 {
    let parameters = profile.parameters();
    let rho = rate(LOG_BLOWUP);
    let domain = (1u64 << totals.log_height) as f64 / rho;
    let field = (CHALLENGE_DEGREE * 64) as f64;
    let bits = |m: u32| {
        let m = f64::from(m);
        let agreement = rho.sqrt() * (1.0 + 0.5 / m);
        let queries = -(parameters.queries as f64) * agreement.log2();
        let shifted = m + 0.5;
        // Exceptional challenges of a line over `n` points.
        let line = |n: f64| {
            let numerator = 2.0 * shifted.powi(5) + 3.0 * shifted * (1.0 - agreement) * rho;
            numerator * n / (3.0 * rho * rho.sqrt()) + shifted / rho.sqrt()
        };
        let batching = field - (line(domain) * (totals.openings - 1) as f64).log2();
        let folding = |round: &Round| {
            let rows = (1u64 << round.log_rows()) as f64;
            field - (line(rows) * f64::from(factor(round) - 1)).log2()
        };
        let folding = rounds.iter().map(folding).fold(f64::INFINITY, f64::min);
        [
            queries + parameters.query_grinding as f64,
            batching + parameters.batch_grinding as f64,
            folding,
        ]
        .into_iter()
        .fold(f64::INFINITY, f64::min)
    };
    (3..=1000).max_by(|&a, &b| bits(a).total_cmp(&bits(b))).unwrap_or(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_is_up_to_date() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(FILE);
        let found = fs::read_to_string(path).expect("the file is there");
        let expected = description().expect("the shapes are shapes");
        assert!(found == expected, "{FILE} is out of date; run `cargo xtask soundcalc`");
    }

    #[test]
    fn rates() {
        assert_eq!([rate(0), rate(1), rate(3)], [1.0, 0.5, 0.125]);
    }
}
