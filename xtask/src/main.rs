//! `cargo xtask`: makes the files of this repository that are made from others, and checks that
//! they are what they would be if they were made now.
//!
//! Each command is a module in `commands`. What can be checked without making anything is in
//! `tests/tidy.rs`.
#![forbid(unsafe_code)]

mod commands;

use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Makes and checks files of this repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Guests(commands::guests::Arguments),
    Mutate(commands::mutate::Arguments),
    Page(commands::page::Arguments),
    Soundcalc(commands::soundcalc::Arguments),
    Tables(commands::tables::Arguments),
    VerifierBuilds(commands::verifier_builds::Arguments),
}

fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    let done = match command {
        Command::Guests(arguments) => commands::guests::run(root(), &arguments),
        Command::Mutate(arguments) => commands::mutate::run(root(), &arguments),
        Command::Page(arguments) => commands::page::run(root(), &arguments),
        Command::Soundcalc(arguments) => commands::soundcalc::run(root(), &arguments),
        Command::Tables(arguments) => commands::tables::run(root(), &arguments),
        Command::VerifierBuilds(arguments) => commands::verifier_builds::run(root(), &arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The repository.
fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}
