//! `docs/tables/` is what the tables are.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use lvm_air::describe::documents;

#[test]
fn the_table_documentation_is_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/tables");
    let mut found: BTreeMap<String, String> = fs::read_dir(&folder)
        .expect("docs/tables exists")
        .map(|entry| {
            let path = entry.expect("a readable folder").path();
            let name = path.file_name().expect("a file").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("a readable file"))
        })
        .collect();
    for (name, expected) in documents() {
        let is_same = found.remove(&name).is_some_and(|text| text == expected);
        assert!(is_same, "docs/tables/{name} is out of date: run `cargo xtask tables`");
    }
    assert!(found.is_empty(), "docs/tables/ has files of no table: {:?}", found.keys());
}
