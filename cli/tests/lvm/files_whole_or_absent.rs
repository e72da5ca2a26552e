//! A file that a command writes is there completely, or not at all.

use crate::command::{EBREAK, Folder, elf, guest};

#[test]
fn a_failed_command_leaves_the_file_as_it_was() {
    let folder = Folder::new();
    folder.write("trap.elf", elf(&[EBREAK]));
    folder.write("proof", "before");
    folder.run(["prove", "trap.elf", "-o", "proof"]).failure(&["ebreak"]);
    folder.run(["execute", "trap.elf", "--public-output", "output"]).failure(&["ebreak"]);
    assert_eq!(folder.read("proof"), b"before");
    assert_eq!(folder.names(), ["proof", "trap.elf"]);
}

#[test]
fn inputs_are_never_overwritten() {
    let folder = Folder::new();
    let program = std::fs::read(guest("fibonacci")).expect("the file is committed");
    folder.write("guest.elf", &program);
    folder.write("input", [10]);
    for arguments in [
        vec!["prove", "guest.elf", "-o", "guest.elf"],
        vec!["prove", "guest.elf", "-o", "input", "--private-input", "input"],
        vec!["prove", "guest.elf", "-o", "proof", "--public-output", "./proof"],
        vec!["execute", "guest.elf", "--public-output", "guest.elf"],
        vec!["vk", "guest.elf", "-o", "./guest.elf"],
    ] {
        folder.run(&arguments).failure(&["is the same file"]);
    }
    assert_eq!(folder.read("guest.elf"), program);
    assert_eq!(folder.names(), ["guest.elf", "input"]);
}

#[test]
fn proofs_side_by_side_do_not_mix() {
    let folder = Folder::new();
    let fibonacci = guest("fibonacci");
    let fibonacci = fibonacci.to_str().expect("the path is text");
    let running: Vec<_> = [10_u8, 20]
        .into_iter()
        .map(|n| {
            let (input, proof) = (format!("input-{n}"), format!("proof-{n}"));
            folder.write(&input, [n]);
            let arguments = ["prove", fibonacci, "-o", &proof, "--private-input", &input];
            folder.command(arguments).spawn().expect("the command starts")
        })
        .collect();
    for child in running {
        let output = child.wait_with_output().expect("the command ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    for (n, expected) in [(10, 55_u64), (20, 6765)] {
        folder.write("expected", expected.to_le_bytes());
        let proof = format!("proof-{n}");
        folder.run(["verify", &proof, fibonacci, "--public-output", "expected"]).success();
    }
    assert_eq!(folder.names(), ["expected", "input-10", "input-20", "proof-10", "proof-20"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let folder = Folder::new();
    let fibonacci = guest("fibonacci");
    let full = std::fs::File::options().write(true).open("/dev/full").expect("Linux has it");
    let output = folder
        .command(["execute".as_ref(), fibonacci.as_os_str()])
        .stdout(full)
        .output()
        .expect("the command starts");
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("cannot write to standard output"), "{stderr}");
    let fibonacci = fibonacci.to_str().expect("the path is text");
    folder
        .run(["execute", fibonacci, "--public-output", "/dev/full"])
        .failure(&["cannot write /dev/full", "No space left"]);
    folder.run(["execute", fibonacci, "--public-output", "/dev/null"]).success();
}
