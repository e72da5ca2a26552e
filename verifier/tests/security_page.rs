//! `docs/security.md` says what the code computes, and names tests that exist.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use lvm_air::table::{Part, Table};
use lvm_verifier::Profile;
use lvm_verifier::profile::Parameters;
use lvm_verifier::security::{
    BORDER_LABEL, GLOBAL_MESSAGES_MAX, Judge, RegimeTerms, Report, largest_plan, report,
};
use lvm_verifier::shape::TABLES_MAX;
use lvm_verifier::stark::Plan;

/// Log2 of the heights of the tables that have no fixed height. No proof is below the first: the
/// range table has that height.
const LOG_HEIGHTS: [u8; 4] = [16, 20, 23, 26];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn page() -> String {
    fs::read_to_string(root().join("docs/security.md")).expect("docs/security.md is there")
}

const PARTS: [Part; 2] = [Part::Segment, Part::Ledger];

fn largest(parameters: &Parameters, part: Part, log_height: u8) -> Report {
    report(parameters, &largest_plan(part, log_height).expect("a shape"))
}

/// Every profile with every part and height.
fn shapes() -> impl Iterator<Item = (Profile, Part, u8)> {
    Profile::ALL.into_iter().flat_map(|profile| {
        PARTS.into_iter().flat_map(move |part| LOG_HEIGHTS.map(|log| (profile, part, log)))
    })
}

fn head(table: &mut String, titles: &[&str]) {
    let _ = writeln!(table, "| {} |", titles.join(" | "));
    let _ = writeln!(table, "|{}", " --- |".repeat(titles.len()));
}

fn row(table: &mut String, (profile, part, log_height): (Profile, Part, u8), regime: &RegimeTerms) {
    let part = part.name();
    let _ = write!(table, "| {profile} | {part} | 2^{log_height} | {} |", regime.regime);
    for term in &regime.terms {
        let _ = write!(table, " {:.1} |", term.bits);
    }
    // Ledgers have no permutations, whose term is the last one.
    if part == Part::Ledger.name() {
        table.push_str(" |");
    }
    let _ = writeln!(table, " **{:.1}** |", regime.bits());
}

/// The terms by profile, part, height and regime.
fn terms() -> String {
    let names = largest(&Profile::default().parameters(), Part::Segment, 16);
    let names = names.regimes[0].terms.iter().map(|term| term.name);
    let titles: Vec<_> =
        ["profile", "part", "height", "regime"].into_iter().chain(names).chain(["bits"]).collect();
    let mut table = String::new();
    head(&mut table, &titles);
    for (profile, part, log_height) in shapes() {
        for regime in &largest(&profile.parameters(), part, log_height).regimes {
            row(&mut table, (profile, part, log_height), regime);
        }
    }
    table
}

/// The grinding, and the terms that it is a part of, of a segment of the largest height.
fn grinding() -> String {
    let mut table = String::new();
    head(&mut table, &["profile", "before", "grinding", "term", "regime", "without", "with"]);
    for profile in Profile::ALL {
        let parameters = profile.parameters();
        let bare = Parameters { batch_grinding: 0, query_grinding: 0, ..parameters };
        for (before, bits, term) in [
            ("the batching challenge", parameters.batch_grinding, "batch-combination"),
            ("the queries", parameters.query_grinding, "ldt-query-phase"),
        ] {
            let (without, with) =
                (largest(&bare, Part::Segment, 26), largest(&parameters, Part::Segment, 26));
            for (without, with) in without.regimes.iter().zip(&with.regimes) {
                let of = |regime: &RegimeTerms| {
                    let found = regime.terms.iter().find(|found| found.name == term);
                    found.expect("the term is in the report").bits
                };
                assert_eq!(without.regime, with.regime);
                assert!((of(with) - of(without) - bits as f64).abs() < 1e-6);
                let _ = writeln!(
                    table,
                    "| {profile} | {before} | {bits} | {term} | {} | {:.1} | {:.1} |",
                    with.regime,
                    of(without),
                    of(with)
                );
            }
        }
    }
    table
}

/// The buses: messages and their part of the term of the bus challenges, at two heights.
fn buses() -> String {
    let mut table = String::new();
    let titles = [
        "part",
        "bus",
        "messages at 2^20",
        "unique decoding",
        "list decoding",
        "messages at 2^26",
        "unique decoding",
        "list decoding",
    ];
    head(&mut table, &titles);
    for part in PARTS {
        let reports = [20, 26].map(|log| largest(&Profile::default().parameters(), part, log));
        for (at, bus) in reports[0].regimes[0].buses.iter().enumerate() {
            let _ = write!(table, "| {} | {} |", part.name(), bus.bus.name());
            for report in &reports {
                let _ = write!(table, " {} |", report.regimes[0].buses[at].messages);
                for regime in &report.regimes {
                    let _ = write!(table, " {:.1} |", regime.buses[at].bits);
                }
            }
            table.push('\n');
        }
    }
    table
}

#[test]
fn the_page_has_the_computed_bits() {
    let page = page();
    let tables = [terms(), grinding(), buses()];
    let missing: Vec<_> = tables.into_iter().filter(|table| !page.contains(table)).collect();
    assert!(missing.is_empty(), "docs/security.md should have:\n\n{}", missing.join("\n"));
}

#[test]
fn every_profile_attains_its_target_for_every_shape() {
    for (profile, part, log_height) in shapes() {
        let bits = largest(&profile.parameters(), part, log_height).bits();
        let shape = format!("{profile} {} 2^{log_height}", part.name());
        assert!(bits >= f64::from(profile.target_bits()), "{shape}: {bits}");
    }
}

/// What judges shapes one after another says the same as a report on each, of the largest shapes and
/// of the widest that can be stated: their reports must not be what takes long.
#[test]
fn a_judge_says_what_the_reports_say() {
    for profile in Profile::ALL {
        let mut judge = Judge::new(profile);
        for part in PARTS {
            for log_height in LOG_HEIGHTS {
                let plan = largest_plan(part, log_height).expect("a shape");
                assert_eq!(judge.check(&plan), Ok(()));
            }
        }
        for log_height in [16, 20, 26] {
            let fixed = [Table::Program, Table::Range, Table::Byte, Table::ShiftAmount];
            let logs = [log_height, 16, 16, 6];
            let mut tables: Vec<(Table, usize)> = fixed.into_iter().zip(logs).collect();
            tables.push((Table::Boundary, 6));
            tables.resize(TABLES_MAX, (Table::Keccak, 5));
            let plan = Plan::new(&tables);
            let found = report(&profile.parameters(), &plan).bits();
            assert!(found >= f64::from(profile.target_bits()), "{profile}: {found}");
            assert_eq!(judge.check(&plan), Ok(()));
        }
        let heights = judge.heights().len();
        assert_eq!(heights, LOG_HEIGHTS.len(), "one report a height is enough");
    }
}

/// A judge refuses what attains too little, and says how much it does.
#[test]
fn a_judge_refuses_what_attains_too_little() {
    // Taller than tables may be.
    let log_height = 40;
    let tables = [(Table::Program, log_height), (Table::Range, 16), (Table::Keccak, log_height)];
    let plan = Plan::new(&tables);
    let profile = Profile::Provable128;
    let bits = report(&profile.parameters(), &plan).bits();
    assert!(bits < 128.0, "{bits}");
    assert_eq!(Judge::new(profile).check(&plan), Err(bits));
}

/// The point at which borders are opened is a challenge like the others.
#[test]
fn the_border_point_is_a_term_of_every_report() {
    for (profile, part, log_height) in shapes() {
        for regime in &largest(&profile.parameters(), part, log_height).regimes {
            let term = regime.terms.iter().find(|found| found.name == BORDER_LABEL);
            let bits = term.expect("the term is in the report").bits;
            // Two polynomials of degree below the height have so many values in common, at most.
            assert!(bits <= 191.0 - f64::from(log_height), "{bits}");
            assert!(bits >= f64::from(profile.target_bits()), "{bits}");
        }
    }
}

/// What all segments' borders have together is charged in each part, since its challenges are
/// those of all.
#[test]
fn a_global_bus_is_charged_with_the_messages_of_all_parts() {
    for (profile, part, log_height) in shapes() {
        let plan = largest_plan(part, log_height).expect("a shape");
        let rows: u64 = plan
            .tables
            .iter()
            .zip(&plan.demands)
            .map(|((_, log), demands)| {
                (demands.buses.iter().filter(|bus| bus.is_global()).count() as u64) << log
            })
            .sum();
        assert!(rows > 0);
        assert!(rows << 16 <= GLOBAL_MESSAGES_MAX);
        let report = report(&profile.parameters(), &plan);
        for bus in &report.regimes[0].buses {
            let is_largest = bus.messages == GLOBAL_MESSAGES_MAX;
            assert_eq!(is_largest, bus.bus.is_global(), "{}", bus.bus.name());
        }
    }
}

/// All buses together make the term of the bus challenges, which is rounded up to a whole number of
/// messages for each row of the highest table.
#[test]
fn the_buses_add_up_to_their_term() {
    for (profile, part, log_height) in shapes() {
        for regime in &largest(&profile.parameters(), part, log_height).regimes {
            let sum: f64 = regime.buses.iter().map(|bus| (-bus.bits).exp2()).sum();
            let term = regime.terms.iter().find(|term| term.name == "logup-fingerprint");
            let term = term.expect("the term is in the report").bits;
            let together = -sum.log2();
            assert!(term <= together + 1e-9 && together < term + 0.01, "{together} {term}");
        }
    }
}

/// The tests in all Rust files below `folder`, each as `file::function` without the extension.
fn tests(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable folder").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            tests(&path, found);
        } else if let Some(stem) = name.strip_suffix(".rs") {
            let text = fs::read_to_string(&path).expect("a readable file");
            let functions = text.split("#[test]\n").skip(1).filter_map(|rest| {
                let function = rest.split("fn ").nth(1)?.split('(').next()?;
                Some(format!("{stem}::{function}"))
            });
            found.extend(functions);
        }
    }
}

/// The tests that the page's list of bugs names.
fn named(page: &str) -> Vec<&str> {
    let mut sections = page.split("\n## ");
    let section = sections.find(|section| section.starts_with("Bugs that other zkVMs shipped"));
    let codes = section.expect("the page has the list").split('`').skip(1).step_by(2);
    codes.filter(|code| code.contains("::")).collect()
}

#[test]
fn tests_that_the_page_names_exist() {
    let page = page();
    let mut found = BTreeSet::new();
    tests(&root(), &mut found);
    let named = named(&page);
    assert!(named.len() > 40, "only {} tests are named", named.len());
    let missing: Vec<_> = named.into_iter().filter(|&test| !found.contains(test)).collect();
    assert!(missing.is_empty(), "docs/security.md names tests that aren't there: {missing:?}");
}

/// Every test of these lies is on the page.
#[test]
fn the_page_names_every_shipped_bug() {
    let page = page();
    let mut found = BTreeSet::new();
    tests(&root().join("prover/tests/shipped_bugs_rejected"), &mut found);
    let named: BTreeSet<_> = named(&page).into_iter().map(str::to_owned).collect();
    let missing: Vec<_> = found.difference(&named).collect();
    assert!(missing.is_empty(), "docs/security.md doesn't name {missing:?}");
}
