//! The proof protocol of one part of a run: a STARK over many tables that talk over LogUp buses.
//!
//! The steps have the numbers of `docs/protocol.md`, which says why they are sound; the prover
//! takes them in the same order:
//!
//! - Step 2: The transcript begins with the statement's digest; the preprocessed columns are in it.
//! - Step 3: Border columns are committed, and opened at a point η that is drawn then.
//! - Step 4: When all parts of the run have come so far, the challenges of the global buses are drawn
//!   ([`global`]).
//! - Step 5: The other main columns are committed; the challenges of the part's buses are drawn.
//!   Layers of permutations are proved ([`keccak_layers`]).
//! - Step 6: Interaction columns are committed, those that tie layers to columns ([`links`]) among
//!   them, and their totals sent; the constraint challenge δ is drawn.
//! - Step 7: Each height's quotient is committed; the point ζ is drawn.
//! - Step 8: All columns are opened at ζ. The constraints hold there.
//! - Step 9: The openings are combined and proved by FRI.
//! - Step 10: The part's buses balance.

mod constraints;
pub mod domain;
pub mod folder;
pub mod fri;
pub mod global;
pub mod interactions;
pub mod keccak_layers;
pub mod layout;
pub mod links;
pub mod merkle;
pub mod openings;
pub mod transcript;

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use lvm_air::bus::Bus;
use lvm_air::field::{CHALLENGE_DEGREE, Challenge, Val};
use lvm_air::public;
use lvm_air::table::Table;
use lvm_air::tables::keccak::LOG_ROWS;
use lvm_isa::segment::Statement;
use p3_field::{Field, PrimeCharacteristicRing};

use crate::profile::Parameters;
use crate::stark::constraints::{combine, constraints_at};
use crate::stark::domain::LOG_BLOWUP;
use crate::stark::fri::{FriError, FriProof};
use crate::stark::global::GlobalChallenges;
use crate::stark::interactions::{AlphaBeta, BusChallenges, Catalogue, Demands, Kind};
use crate::stark::keccak_layers::{LayersError, LayersProof};
use crate::stark::layout::Layout;
use crate::stark::links::Link;
use crate::stark::merkle::{Digest, MerkleError, TreeOpening};
use crate::stark::openings::Combination;
use crate::stark::transcript::Transcript;

/// The commitments, in the order of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tree {
    /// Preprocessed columns, in the verifying key.
    Preprocessed,
    /// Main columns of border tables.
    Border,
    /// Main columns of all other tables.
    Main,
    /// Interaction columns, three base columns each.
    Interactions,
    /// Quotients: for each height two chunks of three base columns.
    Quotient,
}

impl Tree {
    /// Every commitment.
    pub const ALL: [Self; 5] =
        [Self::Preprocessed, Self::Border, Self::Main, Self::Interactions, Self::Quotient];

    /// The commitment that has the main columns of `table`.
    #[must_use]
    pub const fn of_main(table: Table) -> Self {
        if table.is_border() { Self::Border } else { Self::Main }
    }

    /// The commitment's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Preprocessed => "preprocessed",
            Self::Border => "border",
            Self::Main => "main",
            Self::Interactions => "interactions",
            Self::Quotient => "quotient",
        }
    }
}

/// Base columns of a height's quotient.
pub const QUOTIENT_WIDTH: usize = 2 * CHALLENGE_DEGREE;

/// What prover and verifier know of the tables before the proof.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The tables and the log2 of their heights, in order.
    pub tables: Vec<(Table, usize)>,
    /// Each table's demands.
    pub demands: Vec<Arc<Demands>>,
    /// Where each commitment's columns lie, in the order of [`Tree::ALL`].
    pub layouts: [Layout; Tree::ALL.len()],
    /// The log2 of the heights that occur, in descending order.
    pub log_heights: Vec<usize>,
}

impl Plan {
    /// The plan for tables with these heights (log2).
    #[must_use]
    pub fn new(tables: &[(Table, usize)]) -> Self {
        Self::by(&mut Catalogue::default(), tables)
    }

    /// The same, with demands that are known already.
    #[must_use]
    pub fn by(catalogue: &mut Catalogue, tables: &[(Table, usize)]) -> Self {
        let demands: Vec<Arc<Demands>> =
            tables.iter().map(|&(table, _)| catalogue.of(table)).collect();
        let mut log_heights: Vec<usize> = tables.iter().map(|&(_, log)| log).collect();
        log_heights.sort_unstable_by(|a, b| b.cmp(a));
        log_heights.dedup();
        let of = |width: &dyn Fn(usize, Table) -> usize| {
            Layout::new(tables.iter().enumerate().map(|(i, &(table, log))| (log, width(i, table))))
        };
        let columns = |i: usize| demands.get(i).map_or(0, |demands| demands.columns());
        let main = |tree: Tree| {
            of(&|_, table| if Tree::of_main(table) == tree { table.width() } else { 0 })
        };
        let layouts = [
            of(&|_, table| table.preprocessed_width()),
            main(Tree::Border),
            main(Tree::Main),
            of(&|i, _| columns(i).saturating_mul(CHALLENGE_DEGREE)),
            Layout::new(log_heights.iter().map(|&log| (log, QUOTIENT_WIDTH))),
        ];
        Self { tables: tables.to_vec(), demands, layouts, log_heights }
    }

    /// The layout of a commitment.
    #[must_use]
    pub const fn layout(&self, tree: Tree) -> &Layout {
        let [preprocessed, border, main, interactions, quotient] = &self.layouts;
        match tree {
            Tree::Preprocessed => preprocessed,
            Tree::Border => border,
            Tree::Main => main,
            Tree::Interactions => interactions,
            Tree::Quotient => quotient,
        }
    }

    /// The log2 of the evaluation domains' sizes, in descending order.
    #[must_use]
    pub fn log_sizes(&self) -> Vec<usize> {
        self.log_heights.iter().map(|log| log.saturating_add(LOG_BLOWUP)).collect()
    }

    /// Powers of the constraint challenge that one height's tables take together, at most.
    #[must_use]
    pub fn powers(&self) -> usize {
        self.demands.iter().map(|demands| demands.powers()).sum()
    }

    /// What each interaction column of the tables of height `2^log_height` is, in order.
    #[must_use]
    pub fn kinds(&self, log_height: usize) -> Vec<Kind> {
        let tables = self.tables.iter().zip(&self.demands);
        let demands = tables.filter(|((_, log), _)| *log == log_height).map(|(_, demands)| demands);
        demands.flat_map(|demands| demands.kinds.iter().copied()).collect()
    }

    /// The tables with layers: their positions and the log2 of their heights.
    pub fn with_layers(&self) -> impl Iterator<Item = (usize, usize)> {
        let tables = self.tables.iter().zip(&self.demands).enumerate();
        tables.filter(|(_, (_, demands))| demands.has_layers).map(|(i, (&(_, log), _))| (i, log))
    }

    /// First base column of the kernels of a table with layers, in its matrix of interactions.
    #[must_use]
    pub fn kernels(&self, instance: usize) -> Option<usize> {
        let demands = self.demands.get(instance).filter(|demands| demands.has_layers)?;
        let (_, part) = self.layout(Tree::Interactions).part(instance)?;
        let before = demands.message_columns().saturating_add(1).saturating_mul(CHALLENGE_DEGREE);
        Some(part.offset.saturating_add(before))
    }

    /// The tables that look at the next row, with their positions.
    pub fn with_next_row(&self) -> impl Iterator<Item = (usize, Table, usize)> {
        let tables = self.tables.iter().zip(&self.demands).enumerate();
        tables
            .filter(|(_, (_, demands))| demands.reads_next_row)
            .map(|(i, (&(table, log), _))| (i, table, log))
    }
}

/// The commitment to border columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Border {
    /// The root.
    pub root: Digest,
    /// For each of its matrices the columns' values at η.
    pub values: Vec<Vec<Challenge>>,
}

/// The sums of interaction columns of one height, over all columns and rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Of the part's buses.
    pub local: Challenge,
    /// Of the global buses.
    pub global: Challenge,
}

/// The values of all columns at ζ.
#[derive(Clone, Debug)]
pub struct Opened {
    /// For each commitment and each of its matrices the columns' values.
    pub values: [Vec<Vec<Challenge>>; Tree::ALL.len()],
    /// For each table that reads the next row the values of its main columns and kernels at ζ times
    /// the generator of its subgroup.
    pub next: Vec<Vec<Challenge>>,
}

/// A proof over all tables of a part, but for its border.
#[derive(Clone, Debug)]
pub struct StarkProof {
    /// Root of the main columns that aren't border columns.
    pub main: Digest,
    /// For each table with layers what is said of them.
    pub layers: Vec<LayersProof>,
    /// Root of the interaction columns.
    pub interactions: Digest,
    /// For each height the sums of its tables' interaction columns.
    pub totals: Vec<Totals>,
    /// Root of the quotients.
    pub quotient: Digest,
    /// The values at ζ.
    pub opened: Opened,
    /// Proof of work before the openings are combined.
    pub witness: u64,
    /// The low-degree test.
    pub fri: FriProof,
    /// The commitments' rows at the queried positions.
    pub queries: [TreeOpening; Tree::ALL.len()],
}

/// A refused proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StarkError {
    #[error("{found} sums of interaction columns instead of {expected}")]
    Totals { expected: usize, found: usize },
    #[error("{} values of {} columns at the out-of-domain point instead of {expected}", found, tree.name())]
    Opened { tree: Tree, expected: usize, found: usize },
    #[error("{found} proofs of layers instead of {expected}")]
    Layers { expected: usize, found: usize },
    #[error(transparent)]
    Permutations(#[from] LayersError),
    #[error("the proof of work before the openings fails")]
    Grinding,
    #[error("the buses don't balance")]
    Balance,
    #[error("a challenge hit a point where the protocol is undefined")]
    Challenge,
    #[error("the constraints of the tables of height 2^{log_height} don't hold")]
    Constraints { log_height: usize },
    #[error("{} columns: {source}", tree.name())]
    Query { tree: Tree, source: MerkleError },
    #[error(transparent)]
    Fri(#[from] FriError),
}

/// What a part's proof is about, all of which the verifier knows or has computed.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The tables.
    pub plan: &'a Plan,
    /// The segment's statement; of no meaning to a ledger.
    pub statement: &'a Statement,
    /// What the segment commits of the public output; nothing for a ledger.
    pub output: &'a [u8],
    /// Root of the preprocessed columns.
    pub preprocessed: &'a Digest,
}

/// A part whose border is known.
#[derive(Clone, Debug)]
pub struct Begun {
    /// The transcript so far.
    pub transcript: Transcript,
    /// The point at which the border columns are opened.
    pub eta: Challenge,
}

impl Begun {
    /// Steps 2 and 3 for a part whose statement has the digest `seed`, which includes the plan's
    /// tables and the segment's statement. The bytes that it commits are in the run's digest.
    #[must_use]
    pub fn new(seed: Digest, preprocessed: &Digest, border: &Border) -> Self {
        let (mut transcript, eta) = Self::draw_eta(seed, preprocessed, &border.root);
        for values in &border.values {
            transcript.absorb(values);
        }
        Self { transcript, eta }
    }

    /// The first half of [`Self::new`]: up to η.
    pub fn draw_eta(
        seed: Digest,
        preprocessed: &Digest,
        border: &Digest,
    ) -> (Transcript, Challenge) {
        let mut transcript = Transcript::new(seed);
        transcript.absorb_root(preprocessed);
        transcript.absorb_root(border);
        let eta = transcript.draw();
        (transcript, eta)
    }
}

/// Checks the proof of a part that has begun with `border`, and returns its sum of the global
/// buses.
///
/// # Errors
/// If the proof isn't one.
pub fn verify(
    parameters: &Parameters,
    subject: &Subject<'_>,
    begun: &Begun,
    global: &GlobalChallenges,
    border: &Border,
    proof: &StarkProof,
) -> Result<Challenge, StarkError> {
    // Lengths, before any value is read.
    let plan = subject.plan;
    check_border(plan, border)?;
    check_lengths(parameters, plan, proof)?;

    // 5 to 7. The challenges.
    let mut transcript = begun.transcript.clone();
    transcript.absorb_root(&global.digest);
    transcript.absorb_root(&proof.main);
    let buses =
        BusChallenges::<Challenge>::new(AlphaBeta::draw(&mut transcript), global.challenges);
    let log_heights = plan.with_layers().map(|(_, log)| log);
    let links = links::verify(log_heights, &proof.layers, &mut transcript)?;
    transcript.absorb_root(&proof.interactions);
    absorb_totals(&mut transcript, &proof.totals);
    let delta = transcript.draw();
    transcript.absorb_root(&proof.quotient);
    let zeta = transcript.draw();

    // 8. The constraints hold at ζ.
    let powers: Vec<Challenge> = delta.powers().take(plan.powers()).collect();
    for (index, &log_height) in plan.log_heights.iter().enumerate() {
        let statement = subject.statement;
        let opened = &proof.opened;
        let sum =
            constraints_at(plan, statement, &buses, &links, &powers, zeta, log_height, opened)
                .ok_or(StarkError::Challenge)?;
        let chunks = proof.opened.values.get(Tree::Quotient as usize);
        let chunks = chunks.and_then(|groups| groups.get(index)).map_or(&[][..], Vec::as_slice);
        let mut chunks = combine(chunks);
        let chunks = [(); 2].map(|()| chunks.next().unwrap_or_default());
        let quotient = domain::join_chunks(chunks, zeta, log_height);
        if sum != quotient * domain::vanishing(zeta, log_height) {
            return Err(StarkError::Constraints { log_height });
        }
    }

    // 9. The openings are those of the commitments.
    absorb_opened(&mut transcript, &proof.opened);
    if !transcript.absorb_witness(parameters.batch_grinding, proof.witness) {
        return Err(StarkError::Grinding);
    }

    // 10. The part's buses balance. The public output may be long, so this comes after the work.
    let total: Challenge = proof.totals.iter().map(|totals| totals.local).sum();
    let start = subject.statement.output.start;
    let received = output_sum(&buses, start, subject.output).ok_or(StarkError::Challenge)?;
    let linked: Challenge = links.iter().map(Link::sum).sum();
    if total != received + linked {
        return Err(StarkError::Balance);
    }

    let points = [begun.eta, zeta, transcript.draw()];
    let combination = Combination::new(plan, points, border, &proof.opened, &proof.totals);
    let log_sizes = plan.log_sizes();
    let log_max = log_sizes.first().copied().unwrap_or(0);
    let rounds = fri::rounds(&log_sizes, parameters.log_final_len);
    let challenges = fri::challenges(
        &rounds,
        log_max,
        parameters.log_final_len,
        parameters.queries,
        parameters.query_grinding,
        &proof.fri,
        &mut transcript,
    )?;
    let roots =
        [subject.preprocessed, &border.root, &proof.main, &proof.interactions, &proof.quotient];
    let mut rows = Vec::with_capacity(Tree::ALL.len());
    for ((tree, root), opening) in Tree::ALL.into_iter().zip(roots).zip(&proof.queries) {
        let dimensions = plan.layout(tree).dimensions();
        let tallest = dimensions.first().map_or(0, |matrix| matrix.log_height);
        let positions = merkle::distinct(&challenges.positions, log_max.saturating_sub(tallest));
        let opened = merkle::verify(root, &dimensions, &positions, opening)
            .map_err(|source| StarkError::Query { tree, source })?;
        rows.push(opened);
    }
    let mut functions = Vec::with_capacity(log_sizes.len());
    for (&log_height, &log_size) in plan.log_heights.iter().zip(&log_sizes) {
        let positions = merkle::distinct(&challenges.positions, log_max.saturating_sub(log_size));
        let mut values = Vec::with_capacity(positions.len());
        for (index, &position) in positions.iter().enumerate() {
            let mut row: Vec<Option<&[Val]>> = vec![None; Tree::ALL.len()];
            for ((cells, tree), opened) in row.iter_mut().zip(Tree::ALL).zip(&rows) {
                let group = plan.layout(tree).group(log_height);
                *cells = group.and_then(|(group, _)| opened.get(group)?.get(index).copied());
            }
            let value = combination
                .value(log_height, domain::point(position, log_size), &row)
                .ok_or(StarkError::Challenge)?;
            values.push(value);
        }
        functions.push((log_size, values));
    }
    fri::verify(&rounds, &challenges, &functions, &proof.fri)?;
    Ok(proof.totals.iter().map(|totals| totals.global).sum())
}

/// Absorbs the sums of interaction columns.
pub fn absorb_totals(transcript: &mut Transcript, totals: &[Totals]) {
    let totals = totals.iter().flat_map(|totals| [totals.local, totals.global]);
    transcript.absorb(&totals.collect::<Vec<_>>());
}

/// Absorbs the values at ζ.
pub fn absorb_opened(transcript: &mut Transcript, opened: &Opened) {
    for values in opened.values.iter().flatten().chain(&opened.next) {
        transcript.absorb(values);
    }
}

/// Whether a proof has the lengths that parameters and plan ask for: all but those of the queries'
/// openings, which depend on the positions.
///
/// # Errors
/// If one is another.
pub fn check_lengths(
    parameters: &Parameters,
    plan: &Plan,
    proof: &StarkProof,
) -> Result<(), StarkError> {
    if proof.totals.len() != plan.log_heights.len() {
        let found = proof.totals.len();
        return Err(StarkError::Totals { expected: plan.log_heights.len(), found });
    }
    check_opened(plan, &proof.opened)?;
    let (expected, found) = (plan.with_layers().count(), proof.layers.len());
    if expected != found {
        return Err(StarkError::Layers { expected, found });
    }
    for ((_, log), layers) in plan.with_layers().zip(&proof.layers) {
        let log_permutations = log.checked_sub(LOG_ROWS).ok_or(LayersError::Lengths)?;
        keccak_layers::check_lengths(log_permutations, layers)?;
    }
    let rounds = fri::rounds(&plan.log_sizes(), parameters.log_final_len);
    Ok(fri::check_lengths(&rounds, parameters.log_final_len, &proof.fri)?)
}

/// Base columns of a table that are opened at the next row, if it looks there: main columns and
/// kernels.
#[must_use]
pub fn next_width(table: Table) -> usize {
    let kernels = if table.has_layers() { links::SIDES * CHALLENGE_DEGREE } else { 0 };
    table.width().saturating_add(kernels)
}

/// Whether a border has the lengths that the plan asks for.
///
/// # Errors
/// If one is another.
pub fn check_border(plan: &Plan, border: &Border) -> Result<(), StarkError> {
    check_values(plan, Tree::Border, &border.values)
}

/// Every matrix of a commitment has a value for each column.
fn check_values(plan: &Plan, tree: Tree, values: &[Vec<Challenge>]) -> Result<(), StarkError> {
    let groups = &plan.layout(tree).groups;
    if groups.len() != values.len() {
        let (expected, found) = (groups.len(), values.len());
        return Err(StarkError::Opened { tree, expected, found });
    }
    for (group, values) in groups.iter().zip(values) {
        if group.width != values.len() {
            let (expected, found) = (group.width, values.len());
            return Err(StarkError::Opened { tree, expected, found });
        }
    }
    Ok(())
}

/// Every matrix has a value for each column, and so has every table that reads the next row.
fn check_opened(plan: &Plan, opened: &Opened) -> Result<(), StarkError> {
    for (tree, values) in Tree::ALL.into_iter().zip(&opened.values) {
        check_values(plan, tree, values)?;
    }
    let widths = || plan.with_next_row().map(|(_, table, _)| next_width(table));
    if !widths().eq(opened.next.iter().map(Vec::len)) {
        let expected = widths().sum();
        let found = opened.next.iter().map(Vec::len).sum();
        return Err(StarkError::Opened { tree: Tree::Main, expected, found });
    }
    Ok(())
}

/// Bytes of public output whose fingerprints are inverted together.
const OUTPUT_BATCH: usize = 1 << 10;

/// The fractions of a part of the public output that begins at position `start`, which the
/// statement receives.
#[must_use]
pub fn output_sum(buses: &BusChallenges<Challenge>, start: u64, part: &[u8]) -> Option<Challenge> {
    let mut messages = public::output_messages(start, part);
    let mut sum = Challenge::ZERO;
    loop {
        let fingerprints: Vec<Challenge> = messages
            .by_ref()
            .take(OUTPUT_BATCH)
            .map(|fields| buses.fingerprint(Bus::Output, fields.map(Challenge::from)))
            .collect();
        if fingerprints.is_empty() {
            return Some(sum);
        }
        // One inversion for all: each is the product of those before it, times the inverse of
        // the product with it.
        let mut before = Vec::with_capacity(fingerprints.len());
        let mut product = Challenge::ONE;
        for &fingerprint in &fingerprints {
            before.push(product);
            product *= fingerprint;
        }
        let mut inverse = product.try_inverse()?;
        for (before, fingerprint) in before.into_iter().zip(fingerprints).rev() {
            sum += before * inverse;
            inverse *= fingerprint;
        }
    }
}
