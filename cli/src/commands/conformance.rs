//! `lvm conformance`: runs a folder of programs that check themselves.
//!
//! A program passes that ends by the call `halt` with exit code 0; with `--prove` its proof must
//! also verify, from the encoded bytes, and be of the same run. Everything else that can become of
//! a program is an [`Outcome`] of its own, and one such outcome makes the command fail. What cannot
//! be read or written is no outcome but an error: no file is left out silently.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use lvm_prover::{Program, ProveOptions, Prover};
use lvm_verifier::{Claim, Proof, Verifier, VerifyingKey};
use lvm_vm::error::ExecuteError;
use lvm_vm::execute::{Execution, Options, execute_keeping_memory};
use lvm_vm::final_memory::{FinalMemory, symbol_addresses};
use serde::Serialize;

use crate::arguments::Conformance;
use crate::display::{self, counted, line, number};
use crate::files::{self, Destination};

/// What ELF files begin with.
const MAGIC: [u8; 4] = *b"\x7fELF";
/// The symbols around a signature.
const SIGNATURE: [&str; 2] = ["begin_signature", "end_signature"];
/// Bytes of a word of a signature.
const SIGNATURE_WORD: usize = 4;

/// What became of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    /// It did what it should.
    Pass,
    /// It ended with another exit code than 0, or panicked.
    Fail,
    /// It did something that the machine does not define.
    Trap,
    /// It needs more cycles or memory than allowed.
    Limit,
    /// It is no program for this machine.
    Refused,
    /// It passed, but leaves no signature where one is wanted.
    Signature,
    /// It passed, but its run could not be proved, or the proof is refused.
    Proof,
}

impl Outcome {
    /// In the order in which they are counted.
    const ALL: [Self; 7] = [
        Self::Pass,
        Self::Fail,
        Self::Trap,
        Self::Limit,
        Self::Refused,
        Self::Signature,
        Self::Proof,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Trap => "trap",
            Self::Limit => "limit",
            Self::Refused => "refused",
            Self::Signature => "signature",
            Self::Proof => "proof",
        }
    }
}

/// A file that begins like an ELF file.
struct Test {
    /// The path below the folder, for people.
    name: String,
    /// The path below the folder.
    relative: PathBuf,
    path: PathBuf,
}

/// What is shown of a program.
#[derive(Serialize)]
struct Row {
    name: String,
    result: Outcome,
    /// Why it does not pass.
    reason: Option<String>,
    exit_code: Option<u64>,
    cycles: Option<u64>,
    misaligned: Option<u64>,
    proof: Option<Proved>,
}

/// A proof that was made and verified.
#[derive(Serialize)]
struct Proved {
    bytes: usize,
    seconds: f64,
    verify_seconds: f64,
}

/// What `--json` shows.
#[derive(Serialize)]
struct Report {
    programs: usize,
    passed: usize,
    tests: Vec<Row>,
}

/// Runs every program; success is that all pass.
pub(crate) fn run(arguments: &Conformance) -> anyhow::Result<ExitCode> {
    arguments.threads.apply()?;
    let folder = arguments.folder.display();
    let tests = tests(&arguments.folder)
        .with_context(|| format!("cannot look for programs in {folder}"))?;
    if tests.is_empty() {
        bail!("there is no ELF file in {folder}");
    }
    let signatures =
        arguments.signature.as_deref().map(|out| Signatures::new(out, &tests)).transpose()?;
    let table = Table::new(&tests, arguments.prove);

    if !arguments.json {
        table.head()?;
    }
    let mut rows = Vec::with_capacity(tests.len());
    for test in tests {
        let row = check(test, arguments, signatures.as_ref())?;
        if !arguments.json {
            table.show(&row)?;
        }
        rows.push(row);
    }
    let passed = rows.iter().filter(|row| row.result == Outcome::Pass).count();
    let all = passed == rows.len();
    if arguments.json {
        display::json(&Report { programs: rows.len(), passed, tests: rows })?;
    } else {
        line(totals(&rows))?;
    }
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The ELF files in `folder` and its subfolders, sorted by name. Links to folders are not followed,
/// so that this ends.
fn tests(folder: &Path) -> anyhow::Result<Vec<Test>> {
    let mut tests = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        let here = folder.join(&below);
        let entries = fs::read_dir(&here).with_context(|| here.display().to_string())?;
        for entry in entries {
            let entry = entry.with_context(|| here.display().to_string())?;
            let path = entry.path();
            let relative = below.join(entry.file_name());
            if entry.file_type().with_context(|| path.display().to_string())?.is_dir() {
                folders.push(relative);
            } else if begins_like_elf(&path).with_context(|| path.display().to_string())? {
                let name = one_line(&relative.to_string_lossy());
                tests.push(Test { name, relative, path });
            }
        }
    }
    tests.sort_by(|a, b| a.relative.cmp(&b.relative));
    Ok(tests)
}

/// Whether `path` is a regular file, or a link to one, that begins with [`MAGIC`].
fn begins_like_elf(path: &Path) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Ok(false),
        // A link that leads nowhere is no file.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    }
    let mut start = Vec::new();
    File::open(path)?.take(MAGIC.len() as u64).read_to_end(&mut start)?;
    Ok(start == MAGIC)
}

/// `text` without what would spoil a table.
fn one_line(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}

/// Runs one program.
fn check(
    test: Test,
    arguments: &Conformance,
    signatures: Option<&Signatures>,
) -> anyhow::Result<Row> {
    let Test { name, relative, path } = test;
    let mut row = Row {
        name,
        result: Outcome::Pass,
        reason: None,
        exit_code: None,
        cycles: None,
        misaligned: None,
        proof: None,
    };
    let elf = files::read_elf(&path)?;
    let program = match Program::load(&elf) {
        Ok(program) => program,
        Err(error) => return Ok(row.with(Outcome::Refused, error)),
    };
    let options = Options { max_cycles: arguments.max_cycles, ..Options::default() };
    // That nobody reads what the program prints is no reason to end the run.
    let print = &mut |text: &[u8]| drop(io::stderr().write_all(text));
    let (execution, memory) = match execute_keeping_memory(program.loaded(), &[], &options, print) {
        Ok(ended) => ended,
        Err(ExecuteError::Trap(trap)) => {
            row.cycles = Some(trap.cycle);
            return Ok(row.with(Outcome::Trap, trap));
        }
        Err(error) => return Ok(row.with(Outcome::Limit, error)),
    };
    row.exit_code = Some(execution.exit_code);
    row.cycles = Some(execution.cycles);
    row.misaligned = Some(execution.misaligned);

    if execution.exit_code != 0 {
        let code = format!("exit code {}", execution.exit_code);
        row = match &execution.panic_message {
            Some(message) => row.with(Outcome::Fail, format!("{code}, panic: {message}")),
            None => row.with(Outcome::Fail, code),
        };
    }
    if let Some(signatures) = signatures {
        // Other suites compare the signatures of failed runs, too.
        match signature(&elf, &memory) {
            Ok(text) => signatures.write(&relative, &text)?,
            Err(error) if row.result == Outcome::Pass => {
                row = row.with(Outcome::Signature, format!("{error:#}"));
            }
            Err(_) => {}
        }
    }
    if arguments.prove && row.result == Outcome::Pass {
        match prove_and_verify(program, &execution, &options) {
            Ok(proved) => row.proof = Some(proved),
            Err(error) => row = row.with(Outcome::Proof, format!("{error:#}")),
        }
    }
    Ok(row)
}

impl Row {
    /// With a result that is not a pass.
    fn with(self, result: Outcome, reason: impl ToString) -> Self {
        Self { result, reason: Some(one_line(&reason.to_string())), ..self }
    }
}

/// Proves the run that ended as `execution`, and verifies the proof as somebody else would.
fn prove_and_verify(
    program: Program,
    execution: &Execution,
    options: &Options,
) -> anyhow::Result<Proved> {
    let started = Instant::now();
    let prover = Prover::new(program).context("cannot set up proving")?;
    let options = ProveOptions { execution: *options, ..ProveOptions::default() };
    let proved = prover.prove(&[], &options, &mut |_| {}).context("cannot prove")?;
    let bytes = proved.proof.to_bytes().context("cannot encode the proof")?;
    let seconds = started.elapsed().as_secs_f64();
    ensure!(proved.execution == *execution, "the proved run differs from the executed one");

    // From here on only the bytes and the key count.
    let key = VerifyingKey::read(prover.verifying_key().as_bytes())?;
    let started = Instant::now();
    let proof = Proof::from_bytes(&bytes).context("cannot decode the proof")?;
    let claim = Claim { public_output: Some(&execution.public_output), ..Claim::default() };
    Verifier::new(key).verify(&proof, &claim).context("the proof is refused")?;
    let verify_seconds = started.elapsed().as_secs_f64();
    Ok(Proved { bytes: bytes.len(), seconds, verify_seconds })
}

/// What a run left between the symbols [`SIGNATURE`], as text.
fn signature(elf: &[u8], memory: &FinalMemory) -> anyhow::Result<String> {
    let [begin, end] = symbol_addresses(elf, SIGNATURE);
    let begin = begin.context("no signature: no symbol begin_signature, or several")?;
    let end = end.context("no signature: no symbol end_signature, or several")?;
    let bytes = memory.read(begin..end).context("no signature")?;
    let (words, rest) = bytes.as_chunks::<SIGNATURE_WORD>();
    ensure!(
        rest.is_empty(),
        "no signature: {} are no whole number of {SIGNATURE_WORD}-byte words",
        counted(bytes.len() as u64, "byte")
    );
    let mut text = String::with_capacity(words.len() * (2 * SIGNATURE_WORD + 1));
    for word in words {
        writeln!(text, "{:08x}", u32::from_le_bytes(*word))?;
    }
    Ok(text)
}

/// Where signatures go.
struct Signatures {
    folder: PathBuf,
    /// The programs, none of which may be overwritten.
    programs: HashSet<PathBuf>,
}

impl Signatures {
    /// Makes the folder, if it isn't there.
    fn new(folder: &Path, tests: &[Test]) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let programs = tests.iter().filter_map(|test| fs::canonicalize(&test.path).ok()).collect();
        Ok(Self { folder: folder.to_owned(), programs })
    }

    /// Writes the signature of the program with this path below the tests' folder.
    fn write(&self, relative: &Path, text: &str) -> anyhow::Result<()> {
        let mut path = self.folder.join(relative).into_os_string();
        path.push(".signature");
        let path = PathBuf::from(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)
                .with_context(|| format!("cannot make the folder {}", parent.display()))?;
        }
        if fs::canonicalize(&path).is_ok_and(|path| self.programs.contains(&path)) {
            bail!("cannot write {}: it is one of the programs", path.display());
        }
        Destination::new(&path, &[])?.write(text.as_bytes())
    }
}

/// How rows are shown. They are shown as they come, since a proof takes a while, so the widths of
/// the columns are fixed before.
struct Table {
    name_width: usize,
    prove: bool,
}

impl Table {
    fn new(tests: &[Test], prove: bool) -> Self {
        let longest = tests.iter().map(|test| test.name.chars().count()).max();
        Self { name_width: longest.unwrap_or(0).max("name".len()), prove }
    }

    fn head(&self) -> anyhow::Result<()> {
        self.line("name", "result", "cycles", "misaligned", "proof bytes", "reason")
    }

    fn show(&self, row: &Row) -> anyhow::Result<()> {
        let known = |value: Option<u64>| value.map_or_else(|| "-".to_owned(), number);
        self.line(
            &row.name,
            row.result.name(),
            &known(row.cycles),
            &known(row.misaligned),
            &known(row.proof.as_ref().map(|proof| proof.bytes as u64)),
            row.reason.as_deref().unwrap_or_default(),
        )
    }

    fn line(
        &self,
        name: &str,
        result: &str,
        cycles: &str,
        misaligned: &str,
        proof: &str,
        reason: &str,
    ) -> anyhow::Result<()> {
        let width = self.name_width;
        let mut text = format!("{name:<width$}  {result:<9}  {cycles:>13}  {misaligned:>10}");
        if self.prove {
            write!(text, "  {proof:>11}")?;
        }
        if !reason.is_empty() {
            write!(text, "  {reason}")?;
        }
        line(text)
    }
}

/// The last line: how many programs there are of each kind.
fn totals(rows: &[Row]) -> String {
    let kinds: Vec<_> = Outcome::ALL
        .into_iter()
        .filter_map(|outcome| {
            let count = rows.iter().filter(|row| row.result == outcome).count();
            (count > 0 || outcome == Outcome::Pass).then(|| format!("{count} {}", outcome.name()))
        })
        .collect();
    let sum = |of: fn(&Row) -> Option<u64>| {
        rows.iter().filter_map(of).fold(0_u64, |sum, value| sum.saturating_add(value))
    };
    format!(
        "{}: {}; {}, {}",
        counted(rows.len() as u64, "program"),
        kinds.join(", "),
        counted(sum(|row| row.cycles), "cycle"),
        format_args!("{} misaligned", number(sum(|row| row.misaligned))),
    )
}
