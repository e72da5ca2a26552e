//! A command that is interrupted before it has finished segments ends at once, with the exit code
//! that says so and without files.
#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::process::Command;

use crate::command::{FOREVER, Folder, elf};

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
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-s", signal, &id]).status().expect("kill starts");
    assert!(sent.success());
    assert_eq!(child.wait().expect("it ends").code(), Some(code), "{signal}");
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
