//! `lvm`: executes, proves and verifies RISC-V programs.
//!
//! What holds for every command: results go to standard output, everything else to standard
//! error; the exit code is 0 for success, 1 for failure and 2 for wrong usage; a file is written
//! whole or not at all. This crate only reads arguments and files and shows what the libraries
//! say; nothing that decides about a proof is here.
#![forbid(unsafe_code)]

#[cfg(target_os = "linux")]
mod allocator;
mod arguments;
mod commands;
mod display;
mod failure;
mod files;
mod interrupt;
mod logging;
mod parts;
mod profile;
mod progress;
mod proof_file;
mod size;
mod statistics;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command};

fn main() -> ExitCode {
    let Arguments { command, verbose } = Arguments::parse();
    let json = command.json();
    let result = interrupt::install().and_then(|()| run(command, verbose));
    match result {
        Ok(code) => code,
        Err(error) => {
            failure::report(&error, json);
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, verbose: u8) -> anyhow::Result<ExitCode> {
    logging::install(verbose);
    let verbose = verbose > 0;
    match command {
        Command::Execute(arguments) => commands::execute::run(&arguments),
        Command::Prove(arguments) => commands::prove::run(&arguments, verbose),
        Command::Verify(arguments) => commands::verify::run(&arguments),
        Command::Vk(arguments) => commands::vk::run(&arguments),
        Command::Inspect(arguments) => commands::inspect::run(&arguments),
        Command::Conformance(arguments) => commands::conformance::run(&arguments),
        Command::Build(arguments) => commands::build::run(&arguments),
        Command::New(arguments) => commands::new::run(&arguments),
        Command::Sysroot(arguments) => commands::sysroot::run(&arguments),
        Command::Demo(arguments) => commands::demo::run(&arguments, verbose),
    }
}
