//! The command `lvm-block`: makes inputs of the block validator and looks into them.
//!
//! Files named `-` are standard input or output. The exit code is 0 when all went well, 1 when
//! something is refused or a test fails, 2 for wrong usage.
#![forbid(unsafe_code)]

mod command;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match command::Arguments::parse().run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
