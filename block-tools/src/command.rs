//! What the command line says, and doing it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use clap::{Args, Parser, Subcommand};
use lvm_block::chain::Fork;
use lvm_block::validate;
use lvm_block_tools::fixture::Fixture;
use lvm_block_tools::import::{Options, import};
use lvm_block_tools::prune::prune;
use lvm_block_tools::suite;
use lvm_block_tools::summary::{Summary, fork, summarize};
use lvm_block_tools::synthesize::{FILLER, Load, Specification};

/// Makes inputs of the block validator and looks into them
#[derive(Debug, Parser)]
#[command(name = "lvm-block", version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Import(Import),
    Show(Show),
    Synthesize(Synthesize),
    Test(Test),
}

/// Make an input from what a node's JSON-RPC answers
#[derive(Debug, Args)]
struct Import {
    /// Answer of eth_getBlockByNumber with full transactions, or of debug_getRawBlock
    #[arg(long, value_name = "FILE")]
    block: PathBuf,
    /// Answer of debug_executionWitness
    #[arg(long, value_name = "FILE")]
    witness: PathBuf,
    /// Id of the chain, if it isn't that of the block's transactions
    #[arg(long, value_name = "ID")]
    chain: Option<u64>,
    /// Fork whose rules apply, on chains without a built-in schedule
    #[arg(long, value_name = "NAME", value_parser = parse_fork)]
    fork: Option<Fork>,
    /// Keep what the block doesn't need, and don't validate it
    #[arg(long)]
    whole: bool,
    /// The input to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// Show what is in an input
#[derive(Debug, Args)]
struct Show {
    /// The input
    input: PathBuf,
    /// Also validate the block, natively; an exit code of 1 says that it was refused
    #[arg(long)]
    validate: bool,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// Make a synthetic block, the same each time
#[derive(Debug, Args)]
struct Synthesize {
    #[command(flatten)]
    load: LoadArguments,
    /// Accounts, and owners of tokens, that no transaction touches
    #[arg(long, value_name = "N", default_value_t = FILLER)]
    accounts: u64,
    /// Fork whose rules apply
    #[arg(long, value_name = "NAME", default_value = "osaka", value_parser = parse_fork)]
    fork: Fork,
    /// Number that all keys and addresses follow from
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// The input to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct LoadArguments {
    /// Transfers of ether in the block
    #[arg(long, value_name = "N")]
    transfers: Option<u64>,
    /// Transfers of tokens in the block
    #[arg(long, value_name = "N")]
    token_calls: Option<u64>,
}

/// Run Ethereum's blockchain tests
#[derive(Debug, Args)]
struct Test {
    /// Files, or folders to be searched for .json files
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Name each test
    #[arg(short, long)]
    verbose: bool,
}

impl Arguments {
    /// Does what is asked for.
    ///
    /// # Errors
    /// When it can't be done.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Import(arguments) => arguments.run(),
            Command::Show(arguments) => arguments.run(),
            Command::Synthesize(arguments) => arguments.run(),
            Command::Test(arguments) => arguments.run(),
        }
    }
}

impl Import {
    fn run(self) -> anyhow::Result<ExitCode> {
        let both = [&self.block, &self.witness].into_iter().all(|path| is_standard(path));
        ensure!(!both, "block and witness can't both be standard input");
        let block = read_text(&self.block)?;
        let witness = read_text(&self.witness)?;
        let options = Options { chain_id: self.chain, fork: self.fork };
        let mut input = import(&block, &witness, options)?;
        if !self.whole {
            input = prune(&input).context("the input is refused")?.1;
        }
        write(&self.output, &input)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Show {
    fn run(self) -> anyhow::Result<ExitCode> {
        let input = read(&self.input)?;
        let summary = summarize(&input)?;
        let verdict = self.validate.then(|| {
            let start = Instant::now();
            let verdict = validate(&input).map(|claim| claim.post_state_root);
            (verdict, start.elapsed())
        });
        let mut out = io::stdout().lock();
        if self.json {
            let mut value = serde_json::to_value(&summary)?;
            if let Some((verdict, _)) = &verdict {
                value["validation"] = match verdict {
                    Ok(root) => serde_json::json!({ "is_valid": true, "state_root": root }),
                    Err(error) => {
                        serde_json::json!({ "is_valid": false, "reason": error.to_string() })
                    }
                };
            }
            writeln!(out, "{value:#}")?;
        } else {
            show(&mut out, &summary)?;
            match &verdict {
                Some((Ok(root), time)) => {
                    writeln!(out, "valid        in {time:.1?}, state root after {root}")?;
                }
                Some((Err(error), _)) => writeln!(out, "refused      {error}")?,
                None => {}
            }
        }
        let is_refused = matches!(verdict, Some((Err(_), _)));
        Ok(if is_refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

impl Synthesize {
    fn run(self) -> anyhow::Result<ExitCode> {
        let load = match (self.load.transfers, self.load.token_calls) {
            (Some(count), None) => Load::Transfers(count),
            (None, Some(count)) => Load::TokenCalls(count),
            _ => bail!("either --transfers or --token-calls is needed"),
        };
        let (filler, fork, seed) = (self.accounts, self.fork, self.seed);
        let input = Specification { load, filler, fork, seed }.synthesize()?;
        write(&self.output, &input)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Test {
    fn run(self) -> anyhow::Result<ExitCode> {
        let mut files = Vec::new();
        for path in &self.paths {
            find_tests(path, &mut files)?;
        }
        let (mut passed, mut failed, mut blocks) = (0_u64, 0_u64, 0);
        let mut skipped = BTreeMap::<String, u64>::new();
        for file in &files {
            let json = fs::read(file).with_context(|| format!("{}", file.display()))?;
            let tests = match Fixture::parse_all(&json) {
                Ok(tests) => tests,
                Err(error) => {
                    failed += 1;
                    println!("FAILED   {}: {error}", file.display());
                    continue;
                }
            };
            for (name, test) in tests {
                let report = test.and_then(|fixture| suite::run(&fixture));
                let name = format!("{} {name}", file.display());
                match report {
                    Ok(report) => {
                        blocks += report.verdicts.len();
                        match report.outcome {
                            Ok(()) => passed += 1,
                            Err(_) => failed += 1,
                        }
                        match report.outcome {
                            Ok(()) if self.verbose => println!("passed   {name}"),
                            Ok(()) => {}
                            Err(failure) => println!("FAILED   {name}: {failure}"),
                        }
                    }
                    Err(unsupported) => {
                        if self.verbose {
                            println!("skipped  {name}: {unsupported}");
                        }
                        *skipped.entry(unsupported.to_string()).or_default() += 1;
                    }
                }
            }
        }
        for (reason, count) in &skipped {
            println!("skipped {count}: {reason}");
        }
        let count: u64 = skipped.values().sum();
        let files = files.len();
        println!(
            "{passed} passed, {failed} failed, {count} skipped; {files} files, {blocks} blocks"
        );
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn show(out: &mut impl Write, summary: &Summary) -> io::Result<()> {
    let schedule = if summary.has_schedule { "with its schedule" } else { "schedule built in" };
    writeln!(out, "chain        {}, {schedule}", summary.chain_id)?;
    writeln!(out, "rules        {}", summary.chain_hash)?;
    writeln!(out, "fork         {}", summary.fork.unwrap_or("none: older than the chain's first"))?;
    writeln!(out, "block        {} {}", summary.number, summary.hash)?;
    writeln!(out, "gas          {} of {}", summary.gas_used, summary.gas_limit)?;
    writeln!(out, "transactions {}, {} blobs", summary.transactions, summary.blobs)?;
    match summary.withdrawals {
        Some(count) => writeln!(out, "withdrawals  {count}")?,
        None => writeln!(out, "withdrawals  no list")?,
    }
    if summary.is_trusting {
        writeln!(out, "headers      none: state root and 256 hashes on trust")?;
    } else {
        writeln!(out, "headers      {}, {} bytes", summary.headers.count, summary.headers.bytes)?;
    }
    writeln!(out, "nodes        {}, {} bytes", summary.nodes.count, summary.nodes.bytes)?;
    writeln!(out, "codes        {}, {} bytes", summary.codes.count, summary.codes.bytes)?;
    writeln!(out, "input        {} bytes, block {}", summary.bytes, summary.block_bytes)
}

fn parse_fork(name: &str) -> Result<Fork, String> {
    fork(name).ok_or_else(|| "known are paris, shanghai, cancun, prague, osaka".to_owned())
}

/// Adds the files at `path`, in the order of their names.
fn find_tests(path: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let failed = || format!("{}", path.display());
    if !path.is_dir() {
        ensure!(path.is_file(), "{} is not there", path.display());
        files.push(path.to_owned());
        return Ok(());
    }
    let entries = fs::read_dir(path).with_context(failed)?;
    let mut entries = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<Vec<_>>>()
        .with_context(failed)?;
    entries.sort();
    for entry in entries {
        let is_json = entry.extension().is_some_and(|extension| extension == "json");
        // Links could lead around in circles.
        if entry.is_dir() && !entry.is_symlink() || is_json && entry.is_file() {
            find_tests(&entry, files)?;
        }
    }
    Ok(())
}

fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    if is_standard(path) {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).context("standard input")?;
        return Ok(bytes);
    }
    fs::read(path).with_context(|| format!("{}", path.display()))
}

fn read_text(path: &Path) -> anyhow::Result<String> {
    String::from_utf8(read(path)?).with_context(|| format!("{} is not text", path.display()))
}

/// Writes all or nothing.
fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if is_standard(path) {
        return io::stdout().lock().write_all(bytes).context("standard output");
    }
    let failed = || format!("{} can't be written", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    // What new files have; temporary files are their owner's alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let folder = folder.unwrap_or(Path::new("."));
    let mut file = builder.tempfile_in(folder).with_context(failed)?;
    file.write_all(bytes).with_context(failed)?;
    file.persist(path).with_context(failed)?;
    Ok(())
}
