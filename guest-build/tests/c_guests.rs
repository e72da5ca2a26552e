//! Guests in C, in C++, and in Rust with a dependency in C are built, run, proved and verified.
//!
//! These tests need a compiler that has its library's source, and GCC for RISC-V, clang, LLD and
//! picolibc. They take some minutes, so they only run when asked for:
//! `cargo test -p lvm-guest-build --test c_guests -- --ignored`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use k256::ecdsa::SigningKey;
use lvm_guest_build::c_compiler::Family;
use lvm_guest_build::c_library::{self, CLibrary};
use lvm_guest_build::{Error, Messages, Options, build, elf};
use lvm_prover::{Program, ProveOptions, Prover};
use lvm_verifier::{Claim, Verifier};
use object::read::archive::ArchiveFile;
use object::{Object as _, ObjectSymbol as _};
use sha2::Digest as _;
use sha3::Digest as _;
use tempfile::TempDir;

/// What the zkVM standards demand of the library.
const SYMBOLS: [&str; 27] = [
    "_start",
    "read_input",
    "write_output",
    "abort",
    "memcpy",
    "memmove",
    "memset",
    "memcmp",
    "zkvm_keccak256",
    "zkvm_sha256",
    "zkvm_ripemd160",
    "zkvm_secp256k1_verify",
    "zkvm_secp256k1_ecrecover",
    "zkvm_secp256r1_verify",
    "zkvm_modexp",
    "zkvm_bn254_g1_add",
    "zkvm_bn254_g1_mul",
    "zkvm_bn254_pairing",
    "zkvm_blake2f",
    "zkvm_kzg_point_eval",
    "zkvm_bls12_g1_add",
    "zkvm_bls12_g1_msm",
    "zkvm_bls12_g2_add",
    "zkvm_bls12_g2_msm",
    "zkvm_bls12_pairing",
    "zkvm_bls12_map_fp_to_g1",
    "zkvm_bls12_map_fp2_to_g2",
];

fn guests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests/c")
}

/// The library, in a folder whose name has a blank.
fn library() -> &'static CLibrary {
    static LIBRARY: OnceLock<(TempDir, CLibrary)> = OnceLock::new();
    let (_, library) = LIBRARY.get_or_init(|| {
        let home = tempfile::tempdir().unwrap();
        let options = Options { messages: Messages::Capture, ..Options::default() };
        let library = c_library::install(&home.path().join("a folder"), None, &options)
            .unwrap_or_else(|error| panic!("{error}"));
        (home, library)
    });
    library
}

/// The file of a program that is compiled as the documentation says.
fn compile(family: Family, source: &str, flags: &[&str]) -> Vec<u8> {
    let directory = &library().directory;
    let executable = tempfile::tempdir().unwrap();
    let executable = executable.path().join("program");
    let compiler = match (family, source.ends_with(".cpp")) {
        (Family::Gcc, false) => "riscv64-unknown-elf-gcc",
        (Family::Gcc, true) => "riscv64-unknown-elf-g++",
        (Family::Clang, false) => "clang",
        (Family::Clang, true) => "clang++",
    };
    fs::create_dir_all(executable.parent().unwrap()).unwrap();
    let name = family.name();
    let output = Command::new(compiler)
        .arg(format!("@{}", directory.join(format!("{name}.cflags")).display()))
        .args(["-O2", "-Wall", "-Wextra", "-Werror"])
        .args(flags)
        .arg(guests().join(source))
        .arg(format!("@{}", directory.join(format!("{name}.ldflags")).display()))
        .arg("-o")
        .arg(&executable)
        .output()
        .unwrap_or_else(|error| panic!("{compiler}: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let file = fs::read(&executable).unwrap();
    fs::remove_dir_all(executable.parent().unwrap()).unwrap();
    elf::check_instructions(&file).unwrap();
    file
}

/// Exit code, public output and what a run printed.
fn run(file: &[u8], input: &[u8]) -> (u64, Vec<u8>, String) {
    let mut printed = Vec::new();
    let execution = Program::load(file)
        .unwrap()
        .execute(input, &Default::default(), &mut |text| printed.extend_from_slice(text))
        .unwrap();
    (execution.exit_code, execution.public_output, String::from_utf8(printed).unwrap())
}

/// Proves and verifies a successful run with this public output.
fn prove(file: &[u8], input: &[u8], expected: &[u8]) {
    let prover = Prover::new(Program::load(file).unwrap()).unwrap();
    let proved = prover.prove(input, &ProveOptions::default(), &mut |_| {}).unwrap();
    println!("{} cycles", proved.execution.cycles);
    let verifier = Verifier::new(prover.verifying_key());
    let claim = |public_output| Claim { public_output: Some(public_output), ..Claim::default() };
    verifier.verify(&proved.proof, &claim(expected)).unwrap();
    assert!(verifier.verify(&proved.proof, &claim(&[])).is_err());
}

/// What `numbers.c` commits, computed by other code.
fn numbers(mut numbers: Vec<u64>) -> Vec<u8> {
    numbers.sort_unstable();
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    let mut crc = u32::MAX;
    for byte in &bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc % 2 == 1 { (crc / 2) ^ 0xEDB8_8320 } else { crc / 2 };
        }
    }
    let sum = numbers.iter().fold(0_u64, |sum, number| sum.wrapping_add(*number));
    [
        &(numbers.len() as u64).to_le_bytes()[..],
        &sum.to_le_bytes(),
        &(!crc).to_le_bytes(),
        &sha3::Keccak256::digest(&bytes),
        &sha2::Sha256::digest(&bytes),
    ]
    .concat()
}

/// The program in C, compiled with one of the compilers.
fn check_numbers(family: Family) {
    let file = compile(family, "numbers.c", &["-std=c11"]);
    let check = |input: &str, expected: Vec<u64>| {
        let count = expected.len();
        let (code, output, printed) = run(&file, input.as_bytes());
        assert_eq!((code, output), (0, numbers(expected)), "{input}\n{printed}");
        assert!(printed.starts_with(&format!("{count} numbers, sum ")), "{printed}");
        assert!(printed.ends_with('\n'), "{printed}");
    };
    check("", vec![]);
    check("18446744073709551615 1\n 0", vec![u64::MAX, 1, 0]);
    let many: Vec<u64> = (1..=500_u64).map(|i| i.wrapping_mul(0x9E37_79B9_7F4A_7C15)).collect();
    let text: Vec<_> = many.iter().map(u64::to_string).collect();
    check(&text.join("\n"), many);

    for input in ["1 two", "18446744073709551616"] {
        let (code, output, printed) = run(&file, input.as_bytes());
        assert_eq!((code, output), (2, vec![]), "{printed}");
        assert!(printed.starts_with("no number of 64 bits: "), "{printed}");
    }
    prove(&file, b"30 10 20", &numbers(vec![10, 20, 30]));
}

#[test]
#[ignore = "compiles the standard library"]
fn c_guest_by_gcc() {
    check_numbers(Family::Gcc);
}

#[test]
#[ignore = "compiles the standard library"]
fn c_guest_by_clang() {
    check_numbers(Family::Clang);
}

/// The program in C++, compiled with one of the compilers.
fn check_shapes(family: Family) {
    let file = compile(family, "shapes.cpp", &["-std=c++17", "-fno-exceptions", "-fno-rtti"]);
    // Areas of a square of 4, a rectangle of 5 by 3 and one of 7 by 3.
    let expected = [&b"ab~~~c.."[..], &(16_u64 + 15 + 21).to_le_bytes(), b"CBA"].concat();
    let (code, output, _) = run(&file, &[4, 5, 7]);
    assert_eq!((code, String::from_utf8_lossy(&output)), (0, String::from_utf8_lossy(&expected)));
    prove(&file, &[4, 5, 7], &expected);
}

#[test]
#[ignore = "compiles the standard library"]
fn cxx_guest_by_gcc() {
    check_shapes(Family::Gcc);
}

#[test]
#[ignore = "compiles the standard library"]
fn cxx_guest_by_clang() {
    check_shapes(Family::Clang);
}

/// The program that uses the rest of the library, compiled with one of the compilers.
fn check_runtime(family: Family) {
    // Compilers must not take the program's own allocator for the C library's.
    let mut flags = vec!["-std=c11", "-fno-builtin-malloc", "-fno-builtin-free"];
    if family == Family::Clang {
        // It says of atomic objects that they are slow on machines without atomic instructions.
        flags.push("-Wno-atomic-alignment");
    }
    let file = compile(family, "runtime.c", &flags);
    let (code, output, printed) = run(&file, b"2 -5");
    let expected = "own memory: 1\natomic: 1 9\nthread-local: 43 43\n\
        input: 2 -5, root 1.414214\nno line end, at exit: 43\n";
    assert_eq!((code, output, printed.as_str()), (7, vec![], expected));
    assert_eq!(run(&file, b"2").0, 101);
}

#[test]
#[ignore = "compiles the standard library"]
fn c_runtime_by_gcc() {
    check_runtime(Family::Gcc);
}

#[test]
#[ignore = "compiles the standard library"]
fn c_runtime_by_clang() {
    check_runtime(Family::Clang);
}

#[test]
#[ignore = "compiles the standard library"]
fn the_library_has_every_symbol() {
    let file = fs::read(library().directory.join("lib/liblvm.a")).unwrap();
    let archive = ArchiveFile::parse(&*file).unwrap();
    let mut defined = Vec::new();
    let mut beside_start = Vec::new();
    for member in archive.members() {
        let data = member.unwrap().data(&*file).unwrap();
        let object = object::File::parse(data).unwrap();
        let symbols: Vec<_> = object
            .symbols()
            .filter(|symbol| symbol.is_definition() && symbol.is_global())
            .map(|symbol| (symbol.name().unwrap().to_owned(), symbol.is_weak()))
            .collect();
        if symbols.iter().any(|(name, _)| name == "_start") {
            beside_start.extend(symbols.clone());
        }
        defined.extend(symbols);
    }
    for name in SYMBOLS {
        let found = defined.iter().filter(|(symbol, _)| symbol == name).count();
        assert_eq!(found, 1, "{name}");
    }
    // Every program takes the object with `_start`, and with it these, before it asks a C library.
    for name in ["memcpy", "memmove", "memset", "memcmp"] {
        assert!(beside_start.contains(&(name.to_owned(), false)), "{name} is strong");
    }
}

/// The guest in Rust with libsecp256k1, as `home` has it.
fn build_recover(home: &Path, c_compiler: Option<&Path>) -> Result<Vec<u8>, Error> {
    let options = Options {
        c_compiler: c_compiler.map(Path::to_owned),
        locked: true,
        messages: Messages::Capture,
        ..Options::default()
    };
    let built = build(home, &options)?;
    assert_eq!(built.len(), 1);
    let file = fs::read(&built[0].elf).unwrap();
    elf::check_instructions(&file).unwrap();
    Ok(file)
}

#[test]
#[ignore = "compiles the standard library"]
fn rust_guest_with_libsecp256k1() {
    let file =
        build_recover(&guests().join("recover"), None).unwrap_or_else(|error| panic!("{error}"));

    let key = SigningKey::from_slice(&[7; 32]).unwrap();
    let message: [u8; 32] = sha2::Sha256::digest(b"a message").into();
    let (signature, id) = key.sign_prehash_recoverable(&message);
    let input = [&message[..], &signature.to_bytes(), &[id.to_byte()]].concat();
    let expected = key.verifying_key().to_sec1_point(false).as_bytes()[1..].to_vec();

    let (code, output, _) = run(&file, &input);
    assert_eq!((code, &output), (0, &expected));
    // Another recovery id gives another key, or none.
    let mut other = input.clone();
    other[96] ^= 1;
    assert_ne!(run(&file, &other).1, expected);
    // r is zero.
    let mut invalid = input.clone();
    invalid[32..64].fill(0);
    assert_eq!(run(&file, &invalid).0, 101);
    prove(&file, &input, &expected);
}

#[test]
#[ignore = "compiles the standard library"]
fn c_in_a_rust_guest_is_the_same_in_every_directory() {
    let file = |home: &str| {
        let directory = tempfile::tempdir().unwrap();
        let home = directory.path().join(home);
        copy(&guests().join("recover"), &home);
        build_recover(&home, None).unwrap_or_else(|error| panic!("{error}"))
    };
    let one = file("one");
    assert!(one == file("in a/deeper folder"));
    assert!(!String::from_utf8_lossy(&one).contains(&*std::env::temp_dir().to_string_lossy()));
}

/// Copies the package to another folder, from where it still finds the SDK.
fn copy(package: &Path, to: &Path) {
    fs::create_dir_all(to.join("src")).unwrap();
    for file in ["Cargo.lock", "src/main.rs"] {
        fs::copy(package.join(file), to.join(file)).unwrap();
    }
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guest-sdk").canonicalize().unwrap();
    let manifest = fs::read_to_string(package.join("Cargo.toml")).unwrap();
    let manifest = manifest.replace("../../../guest-sdk", sdk.to_str().unwrap());
    fs::write(to.join("Cargo.toml"), manifest).unwrap();
}

#[test]
#[ignore = "runs cargo"]
fn a_missing_c_compiler_is_in_the_error() {
    let missing = Path::new("/nowhere/cc");
    let error = build_recover(&guests().join("recover"), Some(missing)).unwrap_err();
    let message = error.to_string();
    assert!(matches!(error, Error::NoCCompiler { .. }), "{message}");
    assert!(message.contains("/nowhere/cc: it is no C compiler that runs"), "{message}");
    assert!(message.contains("apt-get install gcc-riscv64-unknown-elf picolibc-riscv64"));
}
