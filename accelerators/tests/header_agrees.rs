//! `sysroot/include/zkvm_accelerators.h` declares the symbols of the module `c`, with the same
//! parameters, and C and C++ compilers take it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "support/symbols.rs"]
mod symbols;

/// A function's parameters: name and Rust type.
type Signatures = BTreeMap<String, Vec<(String, String)>>;

fn include() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../sysroot/include")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The header without comments.
fn header() -> String {
    let text = read(include().join("zkvm_accelerators.h"));
    let mut parts = text.split("/*");
    let mut code = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        code += part.split_once("*/").expect("the comment ends").1;
    }
    code
}

/// The number of bytes of each type that the header defines.
fn sizes(header: &str) -> BTreeMap<String, usize> {
    let mut sizes = BTreeMap::new();
    for definition in header.split("typedef ").skip(1) {
        let (size, rest) = if let Some(rest) = definition.strip_prefix("struct {") {
            let (fields, rest) = rest.split_once('}').expect("the structure ends");
            let size = fields
                .split(';')
                .map(str::trim)
                .filter(|field| !field.is_empty())
                .map(|field| match field.strip_prefix("ZKVM_ALIGN8 uint8_t data[") {
                    Some(length) => length.trim_end_matches(']').parse().expect("a length"),
                    None => sizes[field.split(' ').next().expect("a type")],
                })
                .sum();
            (size, rest)
        } else if definition.starts_with("enum") {
            continue;
        } else {
            let (original, rest) = definition.split_once(' ').expect("a type and a name");
            (sizes[original], rest)
        };
        let name = rest.split(';').next().expect("a name").trim();
        sizes.insert(name.to_owned(), size);
    }
    sizes
}

/// What the header declares.
fn declared() -> Signatures {
    let header = header();
    let sizes = sizes(&header);
    let translate = |kind: &str| {
        let (pointed, pointer) = match kind.strip_suffix('*') {
            Some(kind) => match kind.strip_prefix("const ") {
                Some(kind) => (kind, "*const "),
                None => (kind, "*mut "),
            },
            None => (kind, ""),
        };
        let pointed = match pointed {
            "uint8_t" => "u8".to_owned(),
            "uint32_t" => "u32".to_owned(),
            "size_t" => "usize".to_owned(),
            "bool" => "bool".to_owned(),
            other => format!("[u8; {}]", sizes[other]),
        };
        format!("{pointer}{pointed}")
    };
    let mut signatures = Signatures::new();
    for declaration in header.split("zkvm_status zkvm_").skip(1) {
        let (name, rest) = declaration.split_once('(').expect("parameters");
        let (parameters, _) = rest.split_once(");").expect("the declaration ends");
        let parameters = parameters
            .split(',')
            .map(|parameter| {
                let words = parameter.split_whitespace().collect::<Vec<_>>().join(" ");
                let (kind, name) = words.rsplit_once(' ').expect("a type and a name");
                (name.to_owned(), translate(kind))
            })
            .collect();
        assert!(signatures.insert(format!("zkvm_{name}"), parameters).is_none(), "{name} twice");
    }
    signatures
}

/// What the module `c` defines.
fn defined() -> Signatures {
    let source = read("src/c.rs");
    let modules = ["bn254", "bls12_381"].map(|name| (name, read(format!("src/{name}.rs"))));
    // The types of pairs are names for arrays.
    let translate = |kind: &str| {
        let Some((pointer, path)) = kind.rsplit_once(' ').filter(|_| kind.contains("::")) else {
            return kind.to_owned();
        };
        let (module, alias) = path.split_once("::").expect("a module and a name");
        let (_, text) = modules.iter().find(|(name, _)| *name == module).expect("a known module");
        let (_, rest) = text.split_once(&format!("type {alias} = ")).expect("the type is there");
        format!("{pointer} {}", rest.split_once(";\n").expect("the definition ends").0)
    };
    let mut signatures = Signatures::new();
    for definition in source.split("#[unsafe(no_mangle)]\npub unsafe extern \"C\" fn ").skip(1) {
        let (name, rest) = definition.split_once('(').expect("parameters");
        let (parameters, rest) = rest.split_once(") -> ").expect("a result");
        assert!(rest.starts_with("i32 {"), "{name} returns a status");
        let parameters = parameters
            .split(',')
            .map(str::trim)
            .filter(|parameter| !parameter.is_empty())
            .map(|parameter| {
                let (name, kind) = parameter.split_once(": ").expect("a name and a type");
                (name.to_owned(), translate(kind))
            })
            .collect();
        assert!(signatures.insert(name.to_owned(), parameters).is_none(), "{name} twice");
    }
    signatures
}

#[test]
fn the_header_declares_what_is_defined() {
    let (declared, defined) = (declared(), defined());
    let mut symbols = symbols::SYMBOLS;
    symbols.sort_unstable();
    assert!(declared.keys().eq(symbols), "{:?}", declared.keys());
    assert_eq!(declared, defined);
}

#[test]
fn compilers_take_the_header() {
    let mut lines = vec!["#include \"zkvm_accelerators.h\"".to_owned()];
    for (name, size) in sizes(&header()) {
        lines.push(format!("static_assert(sizeof({name}) == {size}, \"{name}\");"));
        lines.push(format!("static_assert(alignof({name}) == 8, \"{name}\");"));
    }
    lines.push("static_assert(sizeof(zkvm_status) == 4 && ZKVM_EFAIL == -1, \"status\");".into());
    let folder = tempfile::tempdir().expect("a folder");
    for (standard, file) in [("-std=c11", "header.c"), ("-std=c++11", "header.cpp")] {
        let mut text = lines.join("\n");
        if file.ends_with(".c") {
            text = format!("#include <assert.h>\n#include <stdalign.h>\n{text}");
        }
        let file = folder.path().join(file);
        fs::write(&file, text + "\n").expect("the file can be written");
        let output = Command::new("cc")
            .args([standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-I"])
            .args([include(), file])
            .output()
            .expect("a C compiler, which building this needs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
