//! What cannot be done is refused, with the exit code that says why: 2 for wrong usage, 1 for
//! everything else.

use crate::command::{EBREAK, FOREVER, Folder, elf, guest};

#[test]
fn usage() {
    let folder = Folder::new();
    for (arguments, expected) in [
        (vec![], "Usage"),
        (vec!["nothing"], "unrecognized subcommand"),
        (vec!["execute"], "<ELF>"),
        (vec!["prove", "a.elf"], "--output"),
        (vec!["prove", "a.elf", "-o", "p", "--profile", "fast"], "provable128 and provable100"),
        (vec!["prove", "a.elf", "-o", "p", "--memory-limit", "much"], "such as 4GiB"),
        (vec!["prove", "a.elf", "-o", "p", "--segment-size", "0"], "0 is not in 1..=1024"),
        (vec!["prove", "a.elf", "-o", "p", "--segment-size", "1025"], "1025 is not in 1..=1024"),
        (vec!["prove", "a.elf", "-o", "p", "--threads", "0"], "--threads"),
        (vec!["prove", "a.elf", "-o", "p", "--time", "--json"], "cannot be used with"),
        (vec!["conformance"], "<FOLDER>"),
        (vec!["verify", "p"], "<ELF|--vk <FILE>>"),
        (vec!["verify", "p", "a.elf", "--vk", "a.vk"], "cannot be used with"),
        (vec!["verify", "p", "a.elf", "--exit-code", "-1"], "unexpected argument"),
    ] {
        let ended = folder.run(&arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    }
    assert!(folder.names().is_empty());
}

#[test]
fn help_and_version_are_results() {
    let folder = Folder::new();
    assert_eq!(folder.run(["--version"]).success(), format!("lvm {}\n", env!("CARGO_PKG_VERSION")));
    for command in [
        "execute",
        "prove",
        "verify",
        "vk",
        "inspect",
        "conformance",
        "build",
        "new",
        "sysroot",
        "demo",
    ] {
        assert!(folder.run(["--help"]).success().contains(&format!("  {command}")));
        assert!(folder.run([command, "--help"]).success().contains("Usage: lvm"));
    }
}

#[test]
fn missing_files() {
    let folder = Folder::new();
    let elf = guest("fibonacci");
    let elf = elf.to_str().expect("the path is text");
    for arguments in [
        vec!["execute", "missing"],
        vec!["execute", elf, "--private-input", "missing"],
        vec!["prove", "missing", "-o", "proof"],
        vec!["verify", "missing", elf],
        vec!["vk", "missing"],
        vec!["inspect", "missing"],
    ] {
        folder.run(&arguments).failure(&["cannot read", "missing", "No such file"]);
    }
    folder.run(["prove", elf, "-o", "missing/proof"]).failure(&["cannot write missing/proof"]);
    folder.run(["build", "missing"]).failure(&["cannot build the guest missing"]);
    folder
        .run(["sysroot", "folder", "--source", "missing"])
        .failure(&["cannot make the folder folder", "was not found at missing"]);
    assert!(folder.names().is_empty());
}

#[test]
fn files_that_are_something_else() {
    let folder = Folder::new();
    folder.write("text", "hello");
    folder.write("empty", "");
    for name in ["text", "empty"] {
        folder.run(["execute", name]).failure(&[
            "cannot load the program",
            name,
            "not an ELF file",
        ]);
        folder.run(["inspect", name]).failure(&["cannot read the proof", name, "not an lvm proof"]);
    }
    folder.run(["execute", "."]).failure(&["cannot read the program ."]);
}

#[test]
fn traps() {
    let folder = Folder::new();
    folder.write("trap.elf", elf(&[EBREAK]));
    let expected = ["trap.elf", "trap at 0x4000000", "ebreak"];
    folder.run(["execute", "trap.elf"]).failure(&expected);
    folder.run(["prove", "trap.elf", "-o", "proof"]).failure(&expected);
    assert_eq!(folder.names(), ["trap.elf"]);

    let ended = folder.run(["execute", "trap.elf", "--json"]);
    assert_eq!(ended.code, 1);
    let error = ended.json()["error"].as_str().expect("the error is text").to_owned();
    assert!(error.contains("ebreak"), "{error}");
    assert_eq!(ended.stderr, format!("error: {error}\n"));
}

#[test]
fn limits() {
    let folder = Folder::new();
    folder.write("forever.elf", elf(&[FOREVER]));
    let limited = ["--max-cycles", "1000"];
    folder.run(["execute", "forever.elf"].iter().chain(&limited)).failure(&["1000 cycles"]);
    folder
        .run(["prove", "forever.elf", "-o", "proof"].iter().chain(&limited))
        .failure(&["1000 cycles"]);
    let fibonacci = guest("fibonacci");
    let fibonacci = fibonacci.to_str().expect("the path is text");
    folder
        .run(["prove", fibonacci, "-o", "proof", "--memory-limit", "1MiB"])
        .failure(&["of memory", "1 MiB may be used"]);
    let too_large = ["--memory-limit", "1GiB", "--segment-size", "64"];
    folder
        .run(["prove", fibonacci, "-o", "proof"].iter().chain(&too_large))
        .failure(&["of memory", "1024 MiB may be used"]);
    assert_eq!(folder.names(), ["forever.elf"]);
}

#[test]
fn new_guests_have_names() {
    let folder = Folder::new();
    let sdk = concat!(env!("CARGO_MANIFEST_DIR"), "/../guest-sdk");
    assert_eq!(folder.run(["new", "guest", "--sdk", sdk]).success(), "guest\n");
    assert!(folder.path("guest/Cargo.toml").is_file());
    folder.run(["new", "guest", "--sdk", sdk]).failure(&["cannot make the guest guest"]);
    folder.run(["new", "3", "--sdk", sdk]).failure(&["`3` is no package name"]);
    folder.run(["new", "..", "--sdk", sdk]).failure(&["cannot make the guest .."]);
}
