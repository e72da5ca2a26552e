//! A run that is interrupted leaves its finished segments, and `--resume` goes on from them: with
//! the same program, input, profile and segment size, and from whatever is good of them.
#![cfg(unix)]

use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::command::{Ended, Folder, guest};

/// An input with which fibonacci takes several segments of the smallest size.
const INPUT: u64 = 12_000;

fn elf(name: &str) -> String {
    guest(name).to_str().expect("the path is text").to_owned()
}

/// The arguments that prove the run.
fn arguments(more: &[&str]) -> Vec<String> {
    let fibonacci = elf("fibonacci");
    let own = ["prove", &fibonacci, "-o", "proof", "--private-input", "input"];
    own.iter().chain(more).map(|&argument| argument.to_owned()).collect()
}

/// The files of an interrupted run's folder, with one segment finished at least.
fn left() -> &'static [(String, Vec<u8>)] {
    static LEFT: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    LEFT.get_or_init(|| {
        let folder = Folder::new();
        folder.write("input", INPUT.to_le_bytes());
        let mut child = folder
            .command(arguments(&["--segment-size", "1"]))
            .spawn()
            .expect("the command starts");
        let first = folder.path("proof.parts/part-00001");
        let started = Instant::now();
        while !first.exists() {
            assert!(started.elapsed() < Duration::from_secs(300), "no segment is finished");
            std::thread::sleep(Duration::from_millis(5));
        }
        let id = child.id().to_string();
        let sent = Command::new("kill").args(["-s", "INT", &id]).status().expect("kill starts");
        assert!(sent.success());
        assert_eq!(child.wait().expect("it ends").code(), Some(130));
        let mut stderr = String::new();
        child.stderr.take().expect("it was asked for").read_to_string(&mut stderr).expect("text");
        let last = stderr.lines().last().expect("it says what is left");
        assert!(last.contains("segments are proved and kept in proof.parts"), "{stderr}");
        assert!(last.contains("--resume"), "{stderr}");
        assert_eq!(folder.names(), ["input", "proof.parts"]);
        let mut files = files(&folder.path("proof.parts"));
        assert_eq!(files[0].0, "cells");
        assert_eq!(files[1].0, "head");
        for (at, (name, _)) in files[2..].iter().enumerate() {
            assert_eq!(*name, format!("part-{at:05}"), "nothing else is there");
        }
        // However fast it was, these are left.
        files.truncate(4);
        files
    })
}

/// The names and contents of the files in a folder, sorted by name.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut files: Vec<_> = entries
        .map(|entry| {
            let entry = entry.expect("it can be read");
            let name = entry.file_name().into_string().expect("names are text");
            (name, std::fs::read(entry.path()).expect("it can be read"))
        })
        .collect();
    files.sort();
    files
}

/// A folder as an interrupted run left it.
fn interrupted() -> Folder {
    let folder = Folder::new();
    folder.write("input", INPUT.to_le_bytes());
    std::fs::create_dir(folder.path("proof.parts")).expect("the folder is writable");
    for (name, bytes) in left() {
        folder.write(&format!("proof.parts/{name}"), bytes);
    }
    folder
}

/// Goes on, and verifies the proof.
fn resume(folder: &Folder) -> Ended {
    let ended = folder.run(arguments(&["--resume", "--json"]));
    ended.success();
    assert_eq!(folder.names(), ["input", "proof"]);
    let report = ended.json();
    assert!(report["segments"].as_u64() > Some(2), "{report}");
    assert_eq!(report["proof_bytes"], json!(folder.read("proof").len()));
    let verified = folder.run(["verify", "proof", &elf("fibonacci"), "--json"]).json();
    assert_eq!(verified["segments"], report["segments"]);
    assert_eq!(verified["public_output"], report["public_output"]);
    ended
}

#[test]
fn from_finished_segments() {
    let folder = interrupted();
    let ended = resume(&folder);
    assert_eq!(ended.json()["resumed_segments"], json!(1));
    assert!(!ended.stderr.contains("is bad"), "{}", ended.stderr);
    let proof = folder.read("proof");
    let ledger = &left()[2].1;
    let at = left()[1].1.len();
    assert_eq!(&proof[..at], left()[1].1, "the proof begins with the head");
    assert_eq!(&proof[at..at + ledger.len()], ledger, "and goes on with what was there");

    // Such a proof is read part by part, too.
    let inspected = folder.run(["inspect", "proof", "--json"]).json();
    let sections = inspected["sections"].as_array().expect("there are sections");
    let sum: u64 = sections.iter().filter_map(|section| section["bytes"].as_u64()).sum();
    assert_eq!(sum, proof.len() as u64);
    for (bytes, expected) in [
        (proof[..at + ledger.len()].to_vec(), "segment 1: the proof is cut off"),
        (proof[..proof.len() - 9].to_vec(), "the proof is cut off"),
        ([proof.as_slice(), ledger].concat(), "goes on after its last part"),
    ] {
        folder.write("proof", bytes);
        folder
            .run(["verify", "proof", &elf("fibonacci")])
            .failure(&["cannot read the proof proof", expected]);
    }
}

#[test]
fn from_those_that_are_good() {
    let folder = interrupted();
    let mut segment = folder.read("proof.parts/part-00001");
    let middle = segment.len() / 2;
    segment[middle] ^= 1;
    folder.write("proof.parts/part-00001", segment);
    let ended = resume(&folder);
    assert_eq!(ended.json()["resumed_segments"], json!(0));
    assert!(ended.stderr.contains("segment 1 is proved again"), "{}", ended.stderr);
}

#[test]
fn after_a_failure_too() {
    let folder = interrupted();
    // A file that can't be written.
    std::fs::create_dir(folder.path("proof.parts/part-00002")).expect("the folder is writable");
    let ended = folder.run(arguments(&["--resume"]));
    ended.failure(&["the proof of segment 2 can't be kept", "proof.parts/part-00002"]);
    assert!(ended.stderr.contains("kept in proof.parts: to go on, run"), "{}", ended.stderr);
    assert_eq!(folder.names(), ["input", "proof.parts"]);
    std::fs::remove_dir(folder.path("proof.parts/part-00002")).expect("it is there");
    assert_eq!(files(&folder.path("proof.parts")), left());
    assert_eq!(resume(&folder).json()["resumed_segments"], json!(1));
}

#[test]
fn from_the_beginning_where_nothing_is_left() {
    let folder = Folder::new();
    folder.write("input", 10_u64.to_le_bytes());
    folder.run(arguments(&["--resume"])).success();
    assert_eq!(folder.names(), ["input", "proof"]);
    // Without the ledger what comes after it does not count.
    let folder = interrupted();
    std::fs::remove_file(folder.path("proof.parts/part-00000")).expect("it is there");
    let ended = resume(&folder);
    assert_eq!(ended.json()["resumed_segments"], json!(0));
    assert!(!ended.stderr.contains("is bad"), "{}", ended.stderr);
}

#[test]
fn never_by_surprise() {
    let folder = interrupted();
    folder.write("other", 11_u64.to_le_bytes());
    folder
        .run(arguments(&["--segment-size", "1"]))
        .failure(&["proof.parts has parts of a proof that was interrupted", "--resume"]);
    let fibonacci = elf("fibonacci");
    let keccak256 = elf("keccak256");
    let input = "another private input or segment size";
    for (elf, more, expected) in [
        (&fibonacci, vec!["--private-input", "other"], input),
        (&fibonacci, vec!["--private-input", "input", "--segment-size", "2"], input),
        (
            &fibonacci,
            vec!["--private-input", "input", "--profile", "provable100"],
            "another profile",
        ),
        (&keccak256, vec!["--private-input", "input"], "another program"),
    ] {
        let own = ["prove", elf, "-o", "proof", "--resume"];
        let ended = folder.run(own.iter().chain(&more));
        ended.failure(&["cannot go on from proof.parts", expected]);
    }
    folder.write("proof.parts/head", "something else");
    folder
        .run(arguments(&["--resume"]))
        .failure(&["cannot read proof.parts/head", "not an lvm proof"]);
    folder.write("proof.parts/head", &left()[1].1);
    assert_eq!(files(&folder.path("proof.parts")), left(), "what is left stays");
    assert_eq!(folder.names(), ["input", "other", "proof.parts"]);
}

#[test]
fn not_where_the_proof_is_no_file() {
    let folder = Folder::new();
    folder.write("input", INPUT.to_le_bytes());
    let made = Command::new("mkfifo").arg(folder.path("pipe")).status().expect("mkfifo starts");
    assert!(made.success());
    std::fs::create_dir(folder.path("temporary")).expect("the folder is writable");
    let fibonacci = elf("fibonacci");
    let own = ["prove", &fibonacci, "-o", "pipe", "--private-input", "input"];
    folder
        .run(own.iter().chain(&["--resume"]))
        .failure(&["there is nothing to resume: pipe is no file"]);
    let pipe = folder.path("pipe");
    let proof = std::thread::spawn(move || std::fs::read(pipe));
    let output = folder
        .command(own.iter().chain(&["--segment-size", "1"]))
        .env("TMPDIR", folder.path("temporary"))
        .output()
        .expect("the command starts");
    Ended::from(output).success();
    let proof = proof.join().expect("the thread ends").expect("the pipe can be read");
    folder.write("proof", proof);
    folder.run(["verify", "proof", &fibonacci]).success();
    assert!(files(&folder.path("temporary")).is_empty());
    assert_eq!(folder.names(), ["input", "pipe", "proof", "temporary"]);
}
