//! Runs with `sha256` calls: the tables that are filled from a recording satisfy every constraint
//! and balance every bus, the digests are right, and tables that lie about a call do not balance.
//!
//! Lies are told in the cells of filled tables. Those about a call leave a message on its own buses
//! without a partner; each is found next to the honest tables, of which only such are missing that
//! go to and from other tables.

use lvm_air::builder::Side;
use lvm_air::bus::Bus;
use lvm_air::check::{FilledPart, Imbalance, Report, check_parts};
use lvm_air::counts::Counts;
use lvm_air::table::{Table, matrix};
use lvm_air::tables::sha256_round;
use lvm_air::trace::{Filled, fill_ledger, fill_segment, fresh, segment_heights};
use lvm_isa::decode::ECALL_WORD;
use lvm_isa::event::Sha256;
use lvm_isa::segment::{Budget, Statement};
use lvm_syscalls::sha256::NUMBER;
use lvm_vm::assemble::Assembler;
use lvm_vm::execute::Options;
use lvm_vm::record::{Recording, record};
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;
use p3_matrix::Matrix;
use sha2::Digest;

const STATE: u64 = Assembler::DATA_START;
const BLOCKS: u64 = Assembler::DATA_START + 64;
/// H(0) (FIPS 180-4, section 5.3.3).
const INITIAL: [u32; 8] = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

/// A message with its padding (FIPS 180-4, section 5.1.1).
fn padded(message: &[u8]) -> Vec<u8> {
    let mut bytes = [message, &[0x80]].concat();
    bytes.resize((bytes.len() + 8).next_multiple_of(64) - 8, 0);
    bytes.extend((8 * message.len() as u64).to_be_bytes());
    bytes
}

/// A call with these addresses, and with something in a2, which it doesn't take.
fn call(a: &mut Assembler, state: u64, block: u64) {
    a.li(17, NUMBER).li(10, state).li(11, block).li(12, u64::MAX - 5).word(ECALL_WORD);
}

/// The run of a program, recorded, and its parts, filled: the ledger and the segment.
struct Run {
    program: lvm_isa::program::Program,
    recording: Recording,
    parts: [Vec<Filled>; 2],
}

impl Run {
    fn of(a: &Assembler) -> Self {
        let loaded = a.load();
        let recording = record(&loaded, &[], &Options::default(), &Budget::UNLIMITED, &mut |_| {})
            .expect("the program runs");
        let program = loaded.program().clone();
        let [segment] = &recording.segments[..] else { panic!("one segment") };
        let parts = [
            fill_ledger(&program, &recording.ledger, &fresh).expect("the ledger fits"),
            fill_segment(&program, segment, &fresh).expect("the segment fits"),
        ];
        Self { program, recording, parts }
    }

    /// The run of a program that hashes `message` and commits the state.
    fn hashing(message: &[u8]) -> Self {
        let mut a = Assembler::new();
        a.data(STATE, &INITIAL.map(u32::to_le_bytes).concat());
        let bytes = padded(message);
        a.data(BLOCKS, &bytes);
        for block in (BLOCKS..).step_by(64).take(bytes.len() / 64) {
            call(&mut a, STATE, block);
        }
        a.commit(STATE, 32).halt(0);
        Self::of(&a)
    }

    fn output(&self) -> &[u8] {
        &self.recording.execution.public_output
    }

    /// The digest that the run has committed, as a state.
    fn digest(&self) -> Vec<u8> {
        self.output()
            .as_chunks::<4>()
            .0
            .iter()
            .flat_map(|it| [it[3], it[2], it[1], it[0]])
            .collect()
    }

    fn report(&self) -> Report {
        let ledger = Statement::default();
        let segment = &self.recording.segments[0].statement;
        let statements = [&ledger, segment];
        let parts = statements.into_iter().zip(&self.parts);
        let parts: Vec<FilledPart<'_>> =
            parts.map(|(statement, tables)| FilledPart { statement, tables }).collect();
        check_parts(&self.program, self.output(), &parts)
    }

    fn event(&self) -> &Sha256 {
        &self.recording.segments[0].events.sha256[0]
    }

    fn honest(&self) -> Lie<'_> {
        let tables = self.parts[1].iter().filter(|it| OURS.contains(&it.table)).cloned().collect();
        Lie { run: self, tables }
    }
}

const OURS: [Table; 2] = [Table::Sha256, Table::Sha256Round];

/// The tables of `sha256` calls alone, to be changed.
struct Lie<'a> {
    run: &'a Run,
    tables: Vec<Filled>,
}

impl Lie<'_> {
    fn cells(&mut self, table: Table) -> &mut Filled {
        self.tables.iter_mut().find(|it| it.table == table).expect("the run has the table")
    }

    /// The cells of a row.
    fn row(&mut self, table: Table, row: usize) -> &mut [Goldilocks] {
        let rows = &mut self.cells(table).rows;
        let width = rows.width;
        &mut rows.values[row * width..][..width]
    }

    /// A cell, by its column's name.
    fn cell(&mut self, table: Table, row: usize, name: &str) -> &mut Goldilocks {
        let column = table.columns().iter().position(|column| column.name == name);
        &mut self.row(table, row)[column.expect("the table has the column")]
    }

    /// Puts the rounds of another call in the place of the first one's.
    fn replace_rounds(&mut self, event: &Sha256) {
        let rows: Vec<_> = sha256_round::steps(event)
            .iter()
            .map(|step| sha256_round::fill(step, &mut Counts::new(1)))
            .collect();
        let cells = matrix(&rows);
        let used = cells.width * sha256_round::STEPS;
        self.cells(Table::Sha256Round).rows.values[..used].copy_from_slice(&cells.values[..used]);
    }

    fn report(&self) -> Report {
        let statement = Statement::default();
        let part = FilledPart { statement: &statement, tables: &self.tables };
        check_parts(&self.run.program, &[], &[part])
    }

    /// The messages without a partner, of which the honest tables have one, or the other way round.
    /// No constraint fails.
    fn missed(&self) -> Vec<Imbalance> {
        let report = self.report();
        assert_eq!(report.failures, []);
        let honest = self.run.honest().report().imbalances;
        let is_same = |a: &Imbalance, b: &Imbalance| {
            (a.bus, &a.fields, a.excess) == (b.bus, &b.fields, b.excess)
        };
        let new = report.imbalances.iter().filter(|a| !honest.iter().any(|b| is_same(a, b)));
        let gone = honest.iter().filter(|a| !report.imbalances.iter().any(|b| is_same(a, b)));
        new.chain(gone).cloned().collect()
    }

    /// The buses of those messages.
    fn buses(&self) -> Vec<Bus> {
        let mut buses: Vec<Bus> = self.missed().iter().map(|imbalance| imbalance.bus).collect();
        buses.sort();
        buses.dedup();
        buses
    }
}

#[test]
fn published_digests_are_proved() {
    // FIPS 180-4's examples, of one block and of two.
    let two_blocks = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    let long: Vec<u8> = (0..500_u32).map(|at| (at * at / 8) as u8).collect();
    for message in [&b"abc"[..], two_blocks, &[], &long, &long[..119], &long[7..71]] {
        let run = Run::hashing(message);
        assert_eq!(run.digest(), sha2::Sha256::digest(message).to_vec());
        let report = run.report();
        assert!(report.is_clean(), "{report}");
        let blocks = padded(message).len() / 64;
        let segment = &run.recording.segments[0];
        assert_eq!(segment.events.sha256.len(), blocks);
        let log = |it: &Filled| it.rows.height().trailing_zeros() as usize;
        let heights: Vec<_> = run.parts[1].iter().map(|it| (it.table, log(it))).collect();
        assert_eq!(heights, segment_heights(&run.program, &segment.tally));
    }
    let digest = Run::hashing(b"abc").digest();
    assert_eq!(digest[..8], [0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea]);
}

/// The block may be code, or the state's words may be among the block's.
#[test]
fn blocks_may_be_read_only_and_overlap_the_state() {
    let mut a = Assembler::new();
    let words: Vec<u8> = (0..160_u8).map(|at| at.wrapping_mul(37)).collect();
    a.data(STATE, &words);
    call(&mut a, STATE, Assembler::CODE_START);
    for block in [0, 8, 32, 64] {
        call(&mut a, STATE + 32, STATE + block);
    }
    a.commit(STATE + 32, 32).halt(0);
    let run = Run::of(&a);
    let report = run.report();
    assert!(report.is_clean(), "{report}");
}

#[test]
fn an_honest_call_misses_nothing_of_its_own() {
    let run = Run::hashing(b"abc");
    let lie = run.honest();
    assert_eq!(lie.missed(), []);
    let own = [Bus::Sha256State, Bus::Sha256Block, Bus::Sha256Schedule];
    assert!(lie.report().imbalances.iter().all(|imbalance| !own.contains(&imbalance.bus)));
}

#[test]
fn no_round_can_be_left_out() {
    let run = Run::hashing(b"abc");
    for step in 0..8 {
        let mut lie = run.honest();
        lie.row(Table::Sha256Round, step).fill(Goldilocks::ZERO);
        let expected = match step {
            0 | 1 => &[Bus::Sha256State, Bus::Sha256Block, Bus::Sha256Schedule][..],
            _ => &[Bus::Sha256State, Bus::Sha256Schedule],
        };
        assert_eq!(lie.buses(), expected);
    }
    // Nor all of them.
    let mut lie = run.honest();
    for step in 0..8 {
        lie.row(Table::Sha256Round, step).fill(Goldilocks::ZERO);
    }
    assert_eq!(lie.buses(), [Bus::Sha256State, Bus::Sha256Block]);
}

/// A row that claims to be another step has that step's constants.
#[test]
fn no_row_can_claim_to_be_the_last() {
    let run = Run::hashing(b"abc");
    for step in 0..7 {
        let mut lie = run.honest();
        *lie.cell(Table::Sha256Round, step, &format!("steps[{step}]")) = Goldilocks::ZERO;
        *lie.cell(Table::Sha256Round, step, "steps[7]") = Goldilocks::ONE;
        let failures = lie.report().failures;
        assert!(!failures.is_empty());
        assert!(failures.iter().all(|failure| failure.1 == step));
    }
}

#[test]
fn rounds_start_with_the_calls_state() {
    let run = Run::hashing(b"abc");
    let mut event = run.event().clone();
    event.state[2].value ^= 1;
    let mut lie = run.honest();
    lie.replace_rounds(&event);
    assert_eq!(lie.buses(), [Bus::Sha256State]);
    let steps: Vec<u64> = lie.missed().iter().map(|imbalance| imbalance.fields[1]).collect();
    assert_eq!(steps, [0, 0, 8, 8]);
}

#[test]
fn rounds_take_the_calls_block() {
    let run = Run::hashing(b"abc");
    for word in 0..8 {
        let mut event = run.event().clone();
        event.block[word].value ^= 1 << 40;
        let mut lie = run.honest();
        lie.replace_rounds(&event);
        assert_eq!(lie.buses(), [Bus::Sha256State, Bus::Sha256Block]);
        let missed = lie.missed();
        let steps = missed.iter().filter(|it| it.bus == Bus::Sha256Block).map(|it| it.fields[1]);
        assert!(steps.eq([word as u64 / 4; 2]));
    }
}

#[test]
fn rounds_are_of_their_calls_time() {
    let run = Run::hashing(b"abc");
    let mut event = run.event().clone();
    event.time += 4;
    let mut lie = run.honest();
    lie.replace_rounds(&event);
    assert_eq!(lie.buses(), [Bus::Sha256State, Bus::Sha256Block]);
    // Nor is one row of another time.
    let mut lie = run.honest();
    *lie.cell(Table::Sha256Round, 4, "time") += Goldilocks::ONE;
    assert_eq!(lie.buses(), [Bus::Sha256State, Bus::Sha256Schedule]);
}

/// Rows of two calls at different times don't go together, be they of the same step.
#[test]
fn rows_of_two_calls_cannot_be_exchanged() {
    let run = Run::hashing(&[7; 100]);
    let mut lie = run.honest();
    let (first, second) =
        (lie.row(Table::Sha256Round, 3).to_vec(), lie.row(Table::Sha256Round, 11).to_vec());
    lie.row(Table::Sha256Round, 3).copy_from_slice(&second);
    lie.row(Table::Sha256Round, 11).copy_from_slice(&first);
    // In other places they are the same rows.
    assert_eq!(lie.missed(), []);
    let times = [3, 11].map(|step| *lie.cell(Table::Sha256Round, step, "time"));
    *lie.cell(Table::Sha256Round, 3, "time") = times[1];
    *lie.cell(Table::Sha256Round, 11, "time") = times[0];
    assert_eq!(lie.buses(), [Bus::Sha256State, Bus::Sha256Schedule]);
}

/// Rounds that nobody called, and a row that is there twice.
#[test]
fn no_rounds_can_be_added() {
    let run = Run::hashing(b"abc");
    for added in [0..1, 5..6, 7..8, 2..6, 0..8] {
        let mut lie = run.honest();
        for step in added {
            let row = lie.row(Table::Sha256Round, step).to_vec();
            lie.row(Table::Sha256Round, 8 + step).copy_from_slice(&row);
        }
        assert!(lie.buses().contains(&Bus::Sha256State));
    }
}

#[test]
fn a_call_leaves_the_sums() {
    let run = Run::hashing(b"abc");
    for (word, half) in [(0, "lo"), (1, "hi"), (2, "lo"), (3, "hi")] {
        let mut lie = run.honest();
        *lie.cell(Table::Sha256, 0, &format!("after[{word}].{half}")) += Goldilocks::TWO;
        *lie.cell(Table::Sha256, 0, &format!("after_limbs[{word}].{half}.low")) += Goldilocks::TWO;
        assert!(lie.buses().contains(&Bus::Sha256State));
    }
    let mut lie = run.honest();
    let carry = lie.cell(Table::Sha256, 0, "carries[5]");
    *carry = Goldilocks::ONE - *carry;
    assert_eq!(lie.buses(), [Bus::Sha256State]);
}

/// A call that isn't made has no message to receive, and a call has one row.
#[test]
fn a_row_is_a_calls() {
    let run = Run::hashing(b"abc");
    for row in 0..2 {
        let mut lie = run.honest();
        let cells = lie.row(Table::Sha256, 0).to_vec();
        lie.row(Table::Sha256, 0).fill(Goldilocks::ZERO);
        for copy in 0..2 * row {
            lie.row(Table::Sha256, copy).copy_from_slice(&cells);
        }
        let buses = lie.buses();
        assert!(buses.contains(&Bus::Call) && buses.contains(&Bus::Sha256State));
        let calls = lie.missed().into_iter().filter(|it| it.bus == Bus::Call);
        assert!(calls.flat_map(|it| it.places).all(|place| place.side == Side::Receive));
    }
    for name in ["state", "block", "not_taken", "time"] {
        let mut lie = run.honest();
        *lie.cell(Table::Sha256, 0, name) += Goldilocks::from_u8(8);
        assert!(lie.buses().contains(&Bus::Call), "{name}");
    }
}
