//! A command that is interrupted before it has finished segments ends at once, with the exit code
//! that says so and without files.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command};

use lvm_isa::instruction::Operation::Jal;
use lvm_syscalls::print;
use lvm_vm::assemble::{Assembler, ecall, i};

use crate::command::{FOREVER, Folder, elf};

fn interrupt(child: &mut Child, signal: &str, code: i32) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-s", signal, &id]).status().expect("kill starts");
    assert!(sent.success());
    assert_eq!(child.wait().expect("it ends").code(), Some(code), "{signal}");
}

fn check(signal: &str, code: i32) {
    let folder = Folder::new();
    folder.write("forever.elf", elf(&[FOREVER]));
    let mut child = folder
        .command(["prove", "forever.elf", "-o", "proof"])
        .spawn()
        .expect("the command starts");
    let stderr = child.stderr.take().expect("it was asked for");
    let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.ends_with("surveying the run")), "the run begins");
    interrupt(&mut child, signal, code);
    assert_eq!(folder.names(), ["forever.elf"]);
}

#[test]
fn by_the_keyboard() {
    check("INT", 130);
}

#[test]
fn by_the_system() {
    check("TERM", 143);
}

#[test]
fn while_a_run_is_profiled() {
    let folder = Folder::new();
    let mut code = Assembler::new();
    code.li(17, print::NUMBER).li(10, Assembler::CODE_START).li(11, 1).push(ecall());
    code.push(i(Jal, 0, 0, 0));
    folder.write("forever.elf", code.elf());
    let mut child = folder
        .command(["execute", "forever.elf", "--profile", "run.svg", "--stats"])
        .spawn()
        .expect("the command starts");
    let mut stderr = child.stderr.take().expect("it was asked for");
    stderr.read_exact(&mut [0]).expect("the guest prints");
    interrupt(&mut child, "INT", 130);
    assert_eq!(folder.names(), ["forever.elf"]);
}
