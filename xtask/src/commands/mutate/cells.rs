//! The campaign that changes single cells.

use std::collections::{BTreeMap, BTreeSet};

use lvm_air::table::Table;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use super::reasons::reason;
use super::subject::{Forgery, Rows, Subject, Verdict};
use super::{Random, describe};

/// Used rows in which each column is tried.
const USED_ROWS: usize = 48;
/// Unused rows in which each column is tried.
const UNUSED_ROWS: usize = 2;
/// Of survivors without a reason, so many are listed for each column.
const LISTED: usize = 3;

/// What became of one table's cells.
#[derive(Default)]
pub(super) struct TableOutcome {
    /// Name of the table, and of its part if others have such a table too.
    pub(super) name: String,
    /// Columns.
    pub(super) columns: usize,
    /// Changes in used rows.
    pub(super) used: Tally,
    /// Changes in unused rows.
    pub(super) unused: Tally,
    /// Survivors in used rows: columns and number, by reason.
    pub(super) survivors: BTreeMap<&'static str, (Vec<String>, usize)>,
    /// Survivors in used rows without a reason.
    pub(super) unexplained: Vec<String>,
    /// Columns whose changes were never refused.
    never_refused: BTreeSet<String>,
    /// Changes to be proved, by column.
    candidates: BTreeMap<usize, Vec<Forgery>>,
    /// One survivor for each reason, to be proved.
    survivor_samples: Vec<Forgery>,
}

/// Changes and how many of them were refused.
#[derive(Clone, Copy, Default)]
pub(super) struct Tally {
    /// Changes.
    pub(super) tried: usize,
    /// Refused ones.
    pub(super) refused: usize,
}

impl Tally {
    /// Counts a change.
    pub(super) fn add(&mut self, is_refused: bool) {
        self.tried += 1;
        self.refused += usize::from(is_refused);
    }
}

impl TableOutcome {
    /// One change of each of at most `most` columns, and one survivor for each reason.
    pub(super) fn samples(&self, most: usize, random: &mut Random) -> Vec<Forgery> {
        let columns: Vec<usize> = self.candidates.keys().copied().collect();
        let mut chosen = random.some(&columns, most);
        chosen.sort_unstable();
        let pick = |column| {
            let candidates: &Vec<Forgery> = &self.candidates[&column];
            candidates[random.below(candidates.len())].clone()
        };
        chosen.into_iter().map(pick).chain(self.survivor_samples.clone()).collect()
    }
}

/// Adds the columns that were never refused to what has no reason: those that no part's table of the
/// kind refuses. `tables` are the outcomes with the tables that they are about.
pub(super) fn require_refusals(tables: &mut [(Table, TableOutcome)]) {
    for at in 0..tables.len() {
        let (table, ref outcome) = tables[at];
        let is_free = |column: &&String| {
            let mut of_kind = tables.iter().filter(|(other, _)| *other == table);
            of_kind.all(|(_, other)| other.never_refused.contains(*column))
        };
        let never = outcome.never_refused.iter().filter(is_free);
        let never: Vec<String> =
            never.map(|column| format!("{} {column}: never refused", outcome.name)).collect();
        tables[at].1.unexplained.extend(never);
    }
}

/// Changes every column of the table `at`.
pub(super) fn campaign(subject: &Subject, at: usize, random: &mut Random) -> TableOutcome {
    let rows = &subject.tables[at];
    let width = rows.names.len();
    let mut outcome =
        TableOutcome { name: rows.name.clone(), columns: width, ..TableOutcome::default() };
    for column in 0..width {
        let mut is_ever_refused = false;
        let mut listed = 0;
        for row in random.some(&rows.used, USED_ROWS) {
            for value in values(rows, row, column, random) {
                let forgery = Forgery::from([((at, row, column), value)]);
                let verdict = subject.judge(&forgery);
                let is_refused = verdict == Verdict::Refused;
                is_ever_refused |= is_refused;
                outcome.used.add(is_refused);
                if !is_refused {
                    let name = &rows.names[column];
                    match reason(rows, row, name) {
                        Some(why) => {
                            let (columns, number) = outcome.survivors.entry(why).or_default();
                            *number += 1;
                            if *number == 1 {
                                outcome.survivor_samples.push(forgery.clone());
                            }
                            if columns.last() != Some(name) {
                                columns.push(name.clone());
                            }
                        }
                        None if listed < LISTED => {
                            listed += 1;
                            outcome.unexplained.push(describe(subject, &forgery));
                        }
                        None => {}
                    }
                }
                outcome.candidates.entry(column).or_default().push(forgery);
            }
        }
        if !is_ever_refused {
            outcome.never_refused.insert(rows.names[column].clone());
        }
        for row in random.some(&rows.unused, UNUSED_ROWS) {
            for value in values(rows, row, column, random) {
                let verdict = subject.judge(&Forgery::from([((at, row, column), value)]));
                outcome.unused.add(verdict == Verdict::Refused);
            }
        }
    }
    outcome
}

/// Other values for a cell: one more, one less, the other bit, any field element, another row's.
fn values(rows: &Rows, row: usize, column: usize, random: &mut Random) -> Vec<Goldilocks> {
    let honest = rows.row(row)[column];
    let flipped = if honest == Goldilocks::ZERO { Goldilocks::ONE } else { Goldilocks::ZERO };
    let other = rows.row(rows.used[random.below(rows.used.len())])[column];
    let (more, less) = (honest + Goldilocks::ONE, honest - Goldilocks::ONE);
    let mut values = Vec::new();
    for value in [more, less, flipped, random.field(), other] {
        if value != honest && !values.contains(&value) {
            values.push(value);
        }
    }
    values
}
