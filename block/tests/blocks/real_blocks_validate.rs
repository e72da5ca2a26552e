//! Real blocks are valid, natively and on the machine, and lead to the state root that the chain
//! agreed on.

use crate::files;
use std::fs;
use std::path::Path;
use std::time::Instant;

use lvm_block::block::Block;
use lvm_block::input::{Ancestry, Input};
use lvm_block::output::{Claim, Output, Reason};
use lvm_block::{output, record, validate};
use lvm_vm::elf::load;
use lvm_vm::execute::{Options, execute};

#[test]
fn natively() {
    for name in files::BLOCKS {
        let Some(bytes) = files::block(name) else { continue };
        let input = Input::decode(&bytes).unwrap();
        let block = Block::decode(input.block).unwrap();
        let start = Instant::now();
        let claim = validate(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        println!("{name}: {:?}", start.elapsed());
        assert_eq!(claim.block_hash, block.hash);
        assert_eq!(claim.parent_hash, block.header.parent_hash);
        assert_eq!(claim.post_state_root, block.header.state_root);
        let is_trusted = matches!(input.ancestry, Ancestry::Trusted { .. });
        assert_eq!(claim.trusted_ancestors.is_some(), is_trusted);
    }
}

#[test]
fn with_only_what_is_used() {
    for name in files::BLOCKS {
        let Some(bytes) = files::block(name) else { continue };
        let (claim, used) = record(&bytes).unwrap();
        let mut input = Input::decode(&bytes).unwrap();
        println!(
            "{name}: {} of {} nodes, {} of {} codes, {} ancestors",
            used.nodes.len(),
            input.nodes.len(),
            used.codes.len(),
            input.codes.len(),
            used.ancestors,
        );
        input.nodes = used.nodes;
        input.codes = used.codes;
        if let Ancestry::Headers(headers) = &mut input.ancestry {
            let needed = used.ancestors.saturating_sub(1).max(1);
            headers.drain(..headers.len() - needed);
        }
        assert_eq!(validate(&input.encode()).unwrap(), claim);
    }
}

#[test]
fn on_the_machine() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests/elf/ethereum-block.elf");
    let program = load(&fs::read(path).expect("the file is committed")).unwrap();
    let options = Options { max_cycles: 1_000_000_000, ..Options::default() };
    let run = |input: &[u8]| {
        let execution = execute(&program, input, &options, &mut |_| {}).unwrap();
        println!("{} cycles, {} misaligned", execution.cycles, execution.misaligned);
        assert_eq!(execution.panic_message, None);
        execution
    };
    for name in files::BLOCKS {
        let Some(bytes) = files::block(name) else { continue };
        let execution = run(&bytes);
        assert_eq!(execution.exit_code, 0, "{name}");
        assert_eq!(execution.public_output, output(&bytes).encode(), "{name}");
        let claim = validate(&bytes).unwrap();
        assert_eq!(Output::decode(&execution.public_output), Ok(Output::valid(claim)));
    }

    // A refused input is a result, too.
    for input in [&b""[..], b"\xC0", &[0xFF; 1000]] {
        let execution = run(input);
        assert_eq!(execution.exit_code, 1);
        let expected = Output::refused(Reason::Malformed, Claim::default());
        assert_eq!(Output::decode(&execution.public_output), Ok(expected));
    }
    if let Some(mut bytes) = files::block("hoodi_1265656") {
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        let execution = run(&bytes);
        assert_eq!(execution.exit_code, 1);
        assert_eq!(execution.public_output, output(&bytes).encode());
        let said = Output::decode(&execution.public_output).unwrap();
        assert_eq!(said.refused, Some(Reason::Witness));
    }
}
