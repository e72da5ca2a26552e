//! The command line: every command, argument and help text.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::Context;
use clap::{ArgAction, ArgGroup, Args, Parser, Subcommand, value_parser};
use lvm_prover::budget;
use lvm_verifier::Profile;
use lvm_vm::elf::Abi;

use crate::size;

/// Cells in a unit of `--segment-size`.
pub(crate) const SEGMENT_SIZE_UNIT: u64 = 1 << 20;
/// Largest `--segment-size`.
const SEGMENT_SIZE_MAX: u64 = budget::CELLS_MAX / SEGMENT_SIZE_UNIT;

/// Executes, proves and verifies RISC-V programs.
#[derive(Debug, Parser)]
#[command(name = "lvm", version, about, after_help = GENERAL_HELP)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Show on standard error what the proof system does and how long it takes; -vv shows more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

const GENERAL_HELP: &str = "\
Results go to standard output, everything else to standard error. The exit code is 0 for
success, 1 for failure and 2 for wrong usage.

Examples:
  lvm demo
  lvm new hello && lvm build hello
  lvm execute hello.elf --private-input input.bin
  lvm prove hello.elf --private-input input.bin -o hello.proof
  lvm verify hello.proof hello.elf";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Execute(Execute),
    Prove(Prove),
    Verify(Verify),
    Vk(Vk),
    Inspect(Inspect),
    Conformance(Conformance),
    Build(Build),
    New(New),
    Sysroot(Sysroot),
    Demo(Demo),
}

impl Command {
    /// Whether results are wanted as JSON.
    pub(crate) fn json(&self) -> bool {
        match self {
            Self::Execute(Execute { json, .. })
            | Self::Prove(Prove { json, .. })
            | Self::Verify(Verify { json, .. })
            | Self::Inspect(Inspect { json, .. })
            | Self::Conformance(Conformance { json, .. })
            | Self::Build(Build { json, .. })
            | Self::Demo(Demo { json, .. }) => *json,
            Self::Vk(_) | Self::New(_) | Self::Sysroot(_) => false,
        }
    }
}

/// Run a program without proving it
///
/// Shows how many instructions it took, how it ended and what it committed. What the program
/// prints goes to standard error. A run that ends with an exit code other than 0 is shown too, and
/// then lvm itself fails with exit code 1.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lvm execute guest.elf --private-input input.bin
  lvm execute guest.elf --max-cycles 1000000 --json
  lvm execute guest.elf --profile profile.svg --symbols guest
  lvm execute guest.elf --stats")]
pub(crate) struct Execute {
    /// The program, an RV64IM ELF file
    #[arg(value_name = "ELF")]
    pub(crate) elf: PathBuf,
    /// The machine that the program was built for: lvm or lambda-vm
    #[arg(long, value_name = "NAME", default_value_t)]
    pub(crate) abi: Abi,
    /// File with the program's private input; without it, the input is empty
    #[arg(long, value_name = "FILE")]
    pub(crate) private_input: Option<PathBuf>,
    /// File to write the public output to
    #[arg(long, value_name = "FILE")]
    pub(crate) public_output: Option<PathBuf>,
    /// Give up after this many instructions
    #[arg(long, value_name = "N")]
    pub(crate) max_cycles: Option<u64>,
    /// Write a flame graph of the run's cycles (SVG), and beside it a list of stacks (.folded)
    ///
    /// Every cycle is counted, none is sampled. Both files are written as well if the run traps.
    #[arg(long, value_name = "FILE")]
    pub(crate) profile: Option<PathBuf>,
    /// Take the names for --profile and --stats from this ELF file with the same program
    ///
    /// `lvm build` leaves it beside each NAME.elf, called NAME.
    #[arg(long, value_name = "ELF")]
    pub(crate) symbols: Option<PathBuf>,
    /// Show where cycles went, which instructions and system calls there were, how much memory was
    /// touched, and what proving the run takes by table
    ///
    /// For this the program runs twice, the second time about ten times slower.
    #[arg(long)]
    pub(crate) stats: bool,
    /// Write one JSON object to standard output
    #[arg(long)]
    pub(crate) json: bool,
}

/// Run a program and prove the run
///
/// The proof says that the program, on some private input, ended with this exit code after this
/// public output. A run with an exit code other than 0 is proved too; `lvm verify` then wants to
/// be told that exit code.
///
/// Long runs are cut into segments, which are proved one after another. The finished ones lie in the
/// folder PROOF.parts until the proof is complete; if the command is interrupted, it can go on from
/// there with --resume.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lvm prove guest.elf -o guest.proof --private-input input.bin
  lvm prove guest.elf -o guest.proof --time
  lvm prove guest.elf -o guest.proof --memory-limit 16GiB --threads 8 --json
  lvm prove guest.elf -o guest.proof --resume")]
pub(crate) struct Prove {
    /// The program, an RV64IM ELF file
    #[arg(value_name = "ELF")]
    pub(crate) elf: PathBuf,
    /// File to write the proof to
    #[arg(short, long, value_name = "PROOF")]
    pub(crate) output: PathBuf,
    /// The machine that the program was built for: lvm or lambda-vm
    #[arg(long, value_name = "NAME", default_value_t)]
    pub(crate) abi: Abi,
    /// File with the program's private input; without it, the input is empty
    #[arg(long, value_name = "FILE")]
    pub(crate) private_input: Option<PathBuf>,
    /// File to write the public output to
    #[arg(long, value_name = "FILE")]
    pub(crate) public_output: Option<PathBuf>,
    /// Protocol parameters: provable128 or provable100, named for their provable bits of security
    #[arg(long, value_name = "NAME", default_value_t)]
    pub(crate) profile: Profile,
    /// Give up after this many instructions
    #[arg(long, value_name = "N")]
    pub(crate) max_cycles: Option<u64>,
    /// Memory that proving may take, such as 4GiB; without it, what is free on the machine
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    pub(crate) memory_limit: Option<u64>,
    /// Size of a segment: cells of its main and interaction columns, in units of 2^20
    ///
    /// 48 are about a million cycles. Without it, the size is what the memory allows, 48 at most;
    /// with --resume, it is that of the interrupted run.
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..=SEGMENT_SIZE_MAX))]
    pub(crate) segment_size: Option<u64>,
    /// Go on from the segments that an interrupted run has left
    ///
    /// Program, input, profile and segment size must be the same. Where nothing is left, the run is
    /// proved from the beginning.
    #[arg(long)]
    pub(crate) resume: bool,
    #[command(flatten)]
    pub(crate) threads: Threads,
    /// End standard output with the line `Proving time: <seconds>s`
    ///
    /// That is the time from the loaded program to the last encoded part of the proof, without
    /// reading the input and writing the proof.
    #[arg(long, conflicts_with = "json")]
    pub(crate) time: bool,
    /// Write one JSON object to standard output
    #[arg(long)]
    pub(crate) json: bool,
}

/// Verify a proof
///
/// The proof must be of the given program, and of a run that ended with the given exit code: 0,
/// unless `--exit-code` says otherwise.
#[derive(Args, Debug)]
#[command(
    group(ArgGroup::new("program").required(true).args(["elf", "vk"])),
    override_usage = "lvm verify [OPTIONS] <PROOF> <ELF|--vk <FILE>>",
    after_help = "\
Examples:
  lvm verify guest.proof guest.elf
  lvm verify guest.proof --vk guest.vk --public-output expected.bin
  lvm verify failed.proof guest.elf --exit-code 101"
)]
pub(crate) struct Verify {
    /// The proof
    #[arg(value_name = "PROOF")]
    pub(crate) proof: PathBuf,
    /// The program, an RV64IM ELF file
    #[arg(value_name = "ELF")]
    pub(crate) elf: Option<PathBuf>,
    /// The machine that the program was built for: lvm or lambda-vm
    #[arg(long, value_name = "NAME", default_value_t, conflicts_with = "vk")]
    pub(crate) abi: Abi,
    /// The program's verifying key, as `lvm vk` writes it
    #[arg(long, value_name = "FILE")]
    pub(crate) vk: Option<PathBuf>,
    /// File with the public output that the run must have had; without it, any is accepted
    #[arg(long, value_name = "FILE")]
    pub(crate) public_output: Option<PathBuf>,
    /// The exit code that the run must have ended with
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) exit_code: u64,
    /// The weakest profile that is accepted: provable128 or provable100
    #[arg(long, value_name = "NAME", default_value_t)]
    pub(crate) profile: Profile,
    #[command(flatten)]
    pub(crate) threads: Threads,
    /// Write one JSON object to standard output
    #[arg(long)]
    pub(crate) json: bool,
}

/// Make a program's verifying key
///
/// The key is all that a verifier needs of a program: 32 bytes. Without `-o` they are shown as
/// hexadecimal digits.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lvm vk guest.elf -o guest.vk
  lvm vk guest.elf")]
pub(crate) struct Vk {
    /// The program, an RV64IM ELF file
    #[arg(value_name = "ELF")]
    pub(crate) elf: PathBuf,
    /// The machine that the program was built for: lvm or lambda-vm
    #[arg(long, value_name = "NAME", default_value_t)]
    pub(crate) abi: Abi,
    /// File to write the 32 bytes to
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) threads: Threads,
}

/// Show what a proof says of itself
///
/// Its statement, its segments, its tables, its size by section, and the provable security of its
/// weakest part, term by term. This does not verify the proof.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lvm inspect guest.proof
  lvm inspect guest.proof --json")]
pub(crate) struct Inspect {
    /// The proof
    #[arg(value_name = "PROOF")]
    pub(crate) proof: PathBuf,
    /// Write one JSON object to standard output
    #[arg(long)]
    pub(crate) json: bool,
}

/// Run a folder of programs that check themselves
///
/// Runs every ELF file in the folder and its subfolders. A program passes that ends by the call
/// `halt` with exit code 0. Shows a line for each, and fails if one does not pass.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lvm conformance tests/elfs
  lvm conformance elfs --prove --json
  lvm conformance elfs --signature signatures")]
pub(crate) struct Conformance {
    /// The folder; files that are not ELF files are skipped
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Prove each run that passes, and verify the proof from its bytes
    #[arg(long)]
    pub(crate) prove: bool,
    /// Folder to write each program's signature to, as FOLDER/<name>.signature
    ///
    /// The signature is what a run leaves in memory between the symbols begin_signature and
    /// end_signature: a line of 8 hexadecimal digits for each little-endian word of 32 bits.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) signature: Option<PathBuf>,
    /// Give up on a program after this many instructions
    #[arg(long, value_name = "N", default_value_t = 100_000_000)]
    pub(crate) max_cycles: u64,
    #[command(flatten)]
    pub(crate) threads: Threads,
    /// Write one JSON object to standard output
    #[arg(long)]
    pub(crate) json: bool,
}

/// Build a guest program
///
/// Compiles a crate together with the standard library for lvm's target and shows where the ELF
/// files are. Beside each NAME.elf lies NAME, the same program with symbols.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lvm build
  lvm build hello --features fast --locked
  lvm build hello --debug-info")]
pub(crate) struct Build {
    /// The guest's folder, or its Cargo.toml
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) path: PathBuf,
    /// The package to build, where PATH is a workspace with several
    #[arg(short, long, value_name = "NAME")]
    pub(crate) package: Option<String>,
    /// Features to turn on, separated by commas
    #[arg(short = 'F', long, value_name = "FEATURES", value_delimiter = ',')]
    pub(crate) features: Vec<String>,
    /// Leave the default features off
    #[arg(long)]
    pub(crate) no_default_features: bool,
    /// Refuse to change Cargo.lock
    #[arg(long)]
    pub(crate) locked: bool,
    /// Build for profiles: with debug information, which names inlined functions
    ///
    /// The files lie in a folder of their own, and those with the debug information are shown. The
    /// program may differ from the one that is built without, and then so does its verifying key.
    #[arg(long)]
    pub(crate) debug_info: bool,
    /// The compiler to use; without it, one that has its library's source is looked for
    #[arg(long, value_name = "FILE")]
    pub(crate) rustc: Option<PathBuf>,
    /// The C compiler for dependencies in C; without it, GCC for RISC-V or clang is looked for
    #[arg(long, value_name = "FILE")]
    pub(crate) cc: Option<PathBuf>,
    /// Folder for build artifacts; without it, where cargo puts them
    #[arg(long, value_name = "FOLDER")]
    pub(crate) target_dir: Option<PathBuf>,
    /// Write one JSON object to standard output
    #[arg(long)]
    pub(crate) json: bool,
}

/// Make the crate of a new guest program
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lvm new hello
  lvm new guests/hello --sdk lvm/guest-sdk")]
pub(crate) struct New {
    /// The new folder; its last part is the name of the package
    #[arg(value_name = "NAME")]
    pub(crate) path: PathBuf,
    /// Folder of the crate lvm-guest-sdk; without it, the one that lvm was built beside
    #[arg(long, value_name = "FOLDER")]
    pub(crate) sdk: Option<PathBuf>,
}

/// Write what C and C++ guests are compiled with
///
/// That is a folder with liblvm.a, the linker script, the headers, and for GCC and clang files with
/// arguments.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  lvm sysroot lvm-c
  riscv64-unknown-elf-gcc @lvm-c/gcc.cflags -O2 guest.c @lvm-c/gcc.ldflags -o guest.elf
  clang @lvm-c/clang.cflags -O2 guest.c @lvm-c/clang.ldflags -o guest.elf
  lvm prove guest.elf -o guest.proof")]
pub(crate) struct Sysroot {
    /// The folder, which may exist already
    #[arg(value_name = "FOLDER")]
    pub(crate) path: PathBuf,
    /// Folder of the crate lvm-c-library; without it, the one that lvm was built beside
    #[arg(long, value_name = "FOLDER")]
    pub(crate) source: Option<PathBuf>,
    /// The Rust compiler to use; without it, one that has its library's source is looked for
    #[arg(long, value_name = "FILE")]
    pub(crate) rustc: Option<PathBuf>,
}

/// Prove and verify two small programs that are part of lvm
///
/// Shows what a proof takes and that a changed one is refused. Needs no files and leaves none.
#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// Protocol parameters: provable128 or provable100, named for their provable bits of security
    #[arg(long, value_name = "NAME", default_value_t)]
    pub(crate) profile: Profile,
    #[command(flatten)]
    pub(crate) threads: Threads,
    /// Write one JSON object to standard output
    #[arg(long)]
    pub(crate) json: bool,
}

/// How many threads to use.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Threads {
    /// Threads to use; without it, one for each processor
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

impl Threads {
    /// Makes the threads of this process as many as wanted.
    pub(crate) fn apply(self) -> anyhow::Result<()> {
        let Some(threads) = self.threads else { return Ok(()) };
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads.get())
            .build_global()
            .with_context(|| format!("cannot start {threads} threads"))
    }
}
