//! The campaign that changes several cells together: dropped rows, duplicated rows, swapped times,
//! and messages changed alike where they are sent and where they are received.

use std::collections::{BTreeMap, HashMap};

use lvm_air::builder::Side;
use lvm_air::bus::Bus;
use p3_field::{Field, PrimeCharacteristicRing};
use p3_goldilocks::Goldilocks;

use super::cells::Tally;
use super::reasons::reason;
use super::subject::{Forgery, Key, Rows, Subject, Verdict, key};
use super::{Random, describe};

/// Rows of each table that are dropped, duplicated, or whose times are swapped.
const ROWS: usize = 12;
/// Messages from one table to another that are forged on each bus.
const MESSAGES: usize = 4;
/// Of survivors without a reason, so many are listed.
const LISTED: usize = 10;

/// What became of one kind of forgery in one place.
pub(super) struct KindOutcome {
    /// The kind.
    pub(super) kind: &'static str,
    /// The table or bus.
    pub(super) place: String,
    /// Forgeries.
    pub(super) tally: Tally,
    /// Survivors; there is no reason for any.
    pub(super) unexplained: Vec<String>,
    /// Forgeries to be proved.
    pub(super) samples: Vec<Forgery>,
}

impl KindOutcome {
    fn new(kind: &'static str, place: &str) -> Self {
        let (place, tally) = (place.to_owned(), Tally::default());
        Self { kind, place, tally, unexplained: Vec::new(), samples: Vec::new() }
    }

    /// Judges a forgery, unless it changes only cells that are free one by one.
    fn try_forgery(&mut self, subject: &Subject, forgery: Forgery) {
        let is_free = |&(at, row, column): &(usize, usize, usize)| {
            let rows = &subject.tables[at];
            reason(rows, row, &rows.names[column]).is_some()
        };
        if forgery.keys().all(is_free) {
            return;
        }
        let is_refused = subject.judge(&forgery) == Verdict::Refused;
        self.tally.add(is_refused);
        if !is_refused && self.unexplained.len() < LISTED {
            let Self { kind, place, .. } = self;
            let what = describe(subject, &forgery);
            self.unexplained.push(format!("{kind}, {place}: {what}"));
        }
        if self.samples.is_empty() {
            self.samples.push(forgery);
        }
    }
}

/// All kinds, in all tables and on all buses.
pub(super) fn campaign(subject: &Subject, random: &mut Random) -> Vec<KindOutcome> {
    let mut outcomes = Vec::new();
    for at in 0..subject.tables.len() {
        outcomes.push(dropped(subject, at, random));
        outcomes.push(duplicated(subject, at, random));
        outcomes.push(swapped(subject, at, random));
    }
    outcomes.extend(messages(subject, random));
    outcomes.retain(|outcome| outcome.tally.tried > 0);
    outcomes.sort_by_key(|outcome| outcome.kind);
    outcomes
}

/// The forgery that gives `row` these cells; `None` if it has them.
fn replaced(rows: &Rows, at: usize, row: usize, cells: &[Goldilocks]) -> Option<Forgery> {
    let honest = rows.row(row);
    let changed = (0..cells.len()).filter(|&column| cells[column] != honest[column]);
    let forgery: Forgery = changed.map(|column| ((at, row, column), cells[column])).collect();
    (!forgery.is_empty()).then_some(forgery)
}

/// All cells of a row are zero.
fn dropped(subject: &Subject, at: usize, random: &mut Random) -> KindOutcome {
    let rows = &subject.tables[at];
    let mut outcome = KindOutcome::new("dropped row", &rows.name);
    for row in random.some(&rows.used, ROWS) {
        let zeros = vec![Goldilocks::ZERO; rows.names.len()];
        if let Some(forgery) = replaced(rows, at, row, &zeros) {
            outcome.try_forgery(subject, forgery);
        }
    }
    outcome
}

/// A row is repeated in an unused row, and in place of another one. Rows with a preprocessed part
/// are repeated without it, so that in an unused row nothing is said twice; there only rows that
/// are used are replaced.
fn duplicated(subject: &Subject, at: usize, random: &mut Random) -> KindOutcome {
    let rows = &subject.tables[at];
    let mut outcome = KindOutcome::new("duplicated row", &rows.name);
    for row in random.some(&rows.used, ROWS) {
        let mut others = random.some(&rows.used, 1);
        if !rows.is_preprocessed() {
            others.extend(random.some(&rows.unused, 1));
        }
        for other in others {
            if let Some(forgery) = replaced(rows, at, other, rows.row(row)) {
                outcome.try_forgery(subject, forgery);
            }
        }
    }
    outcome
}

/// Two rows have each other's times: one column's, or those of all columns.
fn swapped(subject: &Subject, at: usize, random: &mut Random) -> KindOutcome {
    let rows = &subject.tables[at];
    let mut outcome = KindOutcome::new("swapped times", &rows.name);
    let is_time = |name: &str| name.split('.').next_back().is_some_and(|n| n.contains("time"));
    let times: Vec<usize> = (0..rows.names.len()).filter(|&c| is_time(&rows.names[c])).collect();
    let mut choices: Vec<&[usize]> = times.chunks(1).collect();
    choices.push(&times);
    let used: Vec<usize> = rows
        .used
        .iter()
        .copied()
        .filter(|&row| !subject.messages(at, row).is_empty())
        .take(1 << 10)
        .collect();
    for row in random.some(&used, ROWS) {
        let Some(&other) = random.some(&used, 1).first() else { continue };
        for columns in &choices {
            let mut forgery = Forgery::new();
            for &column in *columns {
                let (a, b) = (rows.row(row)[column], rows.row(other)[column]);
                if a != b {
                    forgery.extend([((at, row, column), b), ((at, other, column), a)]);
                }
            }
            if !forgery.is_empty() {
                outcome.try_forgery(subject, forgery);
            }
        }
    }
    outcome
}

/// A row's side of a message.
#[derive(Clone, Copy)]
struct End {
    at: usize,
    row: usize,
    /// Position among the row's messages.
    message: usize,
}

/// Messages that are changed alike on both sides, in one field.
fn messages(subject: &Subject, random: &mut Random) -> Vec<KindOutcome> {
    let mut sent: HashMap<Key, End> = HashMap::new();
    let mut received: Vec<(Key, End)> = Vec::new();
    for (at, rows) in subject.tables.iter().enumerate() {
        for &row in &rows.used {
            for (position, message) in subject.messages(at, row).iter().enumerate() {
                let end = End { at, row, message: position };
                match message.side {
                    Side::Send => _ = sent.insert(key(rows.part, message), end),
                    Side::Receive => received.push((key(rows.part, message), end)),
                }
            }
        }
    }
    let mut outcomes = Vec::new();
    for bus in Bus::ALL {
        let mut outcome = KindOutcome::new("message changed on both sides", bus.name());
        // So many for each pair of tables that exchange messages.
        let mut pairs: BTreeMap<(usize, usize), Vec<(End, End)>> = BTreeMap::new();
        for (key, to) in received.iter().filter(|((_, of, _), _)| *of == bus) {
            if let Some(from) = sent.get(key) {
                pairs.entry((from.at, to.at)).or_default().push((*from, *to));
            }
        }
        for pairs in pairs.values() {
            for (from, to) in random.some(pairs, MESSAGES) {
                change_both(subject, from, to, random, &mut outcome);
            }
        }
        outcomes.push(outcome);
    }
    outcomes
}

/// Tries every pair of columns that changes one field of the message alike in both rows.
fn change_both(
    subject: &Subject,
    from: End,
    to: End,
    random: &mut Random,
    outcome: &mut KindOutcome,
) {
    let (senders, receivers) = (levers(subject, from), levers(subject, to));
    for &(from_column, from_field, from_factor) in &senders {
        for &(to_column, to_field, to_factor) in &receivers {
            if from_field != to_field {
                continue;
            }
            for change in [Goldilocks::ONE, -Goldilocks::ONE, random.field()] {
                let mut forgery = Forgery::new();
                for (end, column, factor) in
                    [(from, from_column, from_factor), (to, to_column, to_factor)]
                {
                    let honest = subject.tables[end.at].row(end.row)[column];
                    let value = honest + change * factor.inverse();
                    forgery.insert((end.at, end.row, column), value);
                }
                outcome.try_forgery(subject, forgery);
            }
        }
    }
}

/// The columns that change exactly one field of a row's message: column, field, and what one more
/// in the column adds to the field.
fn levers(subject: &Subject, end: End) -> Vec<(usize, usize, Goldilocks)> {
    let End { at, row, message } = end;
    let honest = subject.messages(at, row);
    let fields = &honest[message].fields;
    let cells = subject.tables[at].row(row);
    (0..cells.len())
        .filter_map(|column| {
            let more = Forgery::from([((at, row, column), cells[column] + Goldilocks::ONE)]);
            let changed = subject.evaluate(at, row, &more).messages;
            if changed.len() != honest.len() {
                return None;
            }
            let difference = |field: usize| changed[message].fields[field] - fields[field];
            let mut moved = (0..fields.len()).filter(|&f| difference(f) != Goldilocks::ZERO);
            match (moved.next(), moved.next()) {
                (Some(field), None) => Some((column, field, difference(field))),
                _ => None,
            }
        })
        .collect()
}
