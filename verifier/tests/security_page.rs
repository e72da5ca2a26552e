//! `docs/security.md` says what the code computes.

use std::fmt::Write as _;
use std::path::Path;

use lvm_air::table::Table;
use lvm_verifier::key::KeyMaterial;
use lvm_verifier::security::report;
use lvm_verifier::shape::Shape;
use lvm_verifier::{Profile, security::RegimeTerms};

/// Log2 of the heights of the tables that have no fixed height.
const LOG_HEIGHTS: [u8; 4] = [16, 20, 23, 26];

/// The largest shape at a height: every table is there.
fn shape(log_height: u8) -> Shape {
    let key = KeyMaterial {
        commitment: vec![[0; 32]].into(),
        entry: 0x1000,
        log_program: log_height,
        log_image: log_height,
    };
    let tables: Vec<(u8, u8)> = Table::ALL
        .map(|table| {
            let log = match table {
                Table::Range | Table::Byte => 16,
                Table::ShiftAmount | Table::Boundary => 6,
                Table::Output => 20,
                _ => log_height,
            };
            (table.id(), log)
        })
        .to_vec();
    Shape::new(&tables, &key, &vec![0; 1 << 20]).expect("a shape")
}

fn row(table: &mut String, profile: Profile, log_height: u8, regime: &RegimeTerms) {
    let _ = write!(table, "| {profile} | 2^{log_height} | {} |", regime.regime);
    for term in &regime.terms {
        let _ = write!(table, " {:.1} |", term.bits);
    }
    let _ = writeln!(table, " **{:.1}** |", regime.bits());
}

/// The page's table.
fn table() -> String {
    let names = report(&Profile::default().parameters(), &shape(16));
    let mut table = String::from("| profile | height | regime |");
    for term in &names.regimes[0].terms {
        let _ = write!(table, " {} |", term.name);
    }
    let _ = writeln!(table, " bits |");
    let _ = writeln!(table, "|{}", " --- |".repeat(names.regimes[0].terms.len() + 4));
    for profile in Profile::ALL {
        for log_height in LOG_HEIGHTS {
            for regime in &report(&profile.parameters(), &shape(log_height)).regimes {
                row(&mut table, profile, log_height, regime);
            }
        }
    }
    table
}

#[test]
fn the_page_has_the_computed_bits() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/security.md");
    let page = std::fs::read_to_string(&path).expect("docs/security.md is there");
    let table = table();
    assert!(page.contains(&table), "docs/security.md should have this table:\n{table}");
}

#[test]
fn every_profile_attains_its_target_for_every_shape() {
    for profile in Profile::ALL {
        for log_height in LOG_HEIGHTS {
            let bits = report(&profile.parameters(), &shape(log_height)).bits();
            assert!(bits >= f64::from(profile.target_bits()), "{profile} 2^{log_height}: {bits}");
        }
    }
}
