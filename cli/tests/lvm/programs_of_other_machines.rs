//! Programs that were built for LambdaVM run, are proved and verified, when the command is told.

use crate::command::Folder;

/// Keccak-256 of "hello", and of the same backwards.
const OUTPUT: &str = "1c8aff950685c2ed4bc3174f3472287b56d9517b9c948127319a09a7a36deac8\
                      d13c5bc1ac6460c29d1b19735cbe4331337b2cad63dd1792a7dfa49262d288b0";

fn elf() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../guests/foreign/lambda-vm/elf/given-stack.elf")
        .to_owned()
}

#[test]
fn with_the_abi_said() {
    let folder = Folder::new();
    folder.write("input", "hello");
    let elf = elf();
    let input = ["--private-input", "input"];
    let abi = ["--abi", "lambda-vm"];

    let execute = [&["execute", &elf, "--json"], &input[..], &abi].concat();
    assert_eq!(folder.run(execute).json()["public_output"], OUTPUT);
    folder
        .run([&["execute", &elf], &input[..]].concat())
        .failure(&["trap at", "outside of memory"]);

    let prove = [&["prove", &elf, "-o", "proof", "--json"], &input[..], &abi].concat();
    let key = folder.run(prove).json()["verifying_key"].clone();
    folder.run([&["vk", &elf, "-o", "vk"], &abi[..]].concat()).success();
    let shown = folder.run([&["vk", &elf], &abi[..]].concat());
    assert_eq!(shown.success().trim(), key);
    assert_ne!(folder.run(["vk", &elf]).success().trim(), key);

    folder.run(["verify", "proof", "--vk", "vk"]).success();
    folder.run([&["verify", "proof", &elf], &abi[..]].concat()).success();
    folder.run(["verify", "proof", &elf]).failure(&["the proof is of another program"]);
}

#[test]
fn machines_that_nobody_knows_are_wrong_usage() {
    let folder = Folder::new();
    let ended = folder.run(["execute", &elf(), "--abi", "other"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("programs are for lvm or for lambda-vm"), "{}", ended.stderr);
    let ended = folder.run(["verify", "proof", "--vk", "vk", "--abi", "lambda-vm"]);
    assert_eq!(ended.code, 2);
}
