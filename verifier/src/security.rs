//! The provable security of a proof's shape, term by term.
//!
//! Round-by-round knowledge soundness in the random-oracle model as p3-security accounts for it,
//! in the unique-decoding and in the list-decoding (Johnson) regime; the better one counts. All
//! tables are batched into one low-degree test, so they are charged as one instance: the largest
//! height, and the constraints and openings of all tables together.

use alloc::string::String;
use alloc::vec::Vec;

use lvm_air::bus::Bus;
use lvm_air::keccak_f::BITS;
use lvm_air::table::{LOG_HEIGHT_MAX, Part, Table};
use lvm_air::tables::{boundary, ledger};
use lvm_isa::segment::SEGMENTS_MAX;
use lvm_syscalls::layout::PUBLIC_OUTPUT_MAX;
use p3_field::PrimeField64;
use p3_security::fri::{
    FriRegime, commit_phase_error_ldr_m, commit_phase_error_udr, query_phase_error,
};
use p3_security::logup::{LOGUP_LABEL, LogUpAir, fingerprint_error, security_term};
use p3_security::proximity::{alpha_ldr_m, alpha_udr};
use p3_security::report::{DEEP_LABEL, LDT_COMMIT_LABEL, LDT_LABEL, LDT_QUERY_LABEL};
use p3_security::stark::proven_security_report;
use p3_security::{GrindingSites, InstanceShape, Regime, RegimeReport, StarkAirParams};

use crate::config::{CHALLENGE_BITS, CHALLENGE_DEGREE, COLLISION_BITS, Val};
use crate::key::KeyMaterial;
use crate::profile::{Parameters, Profile};
use crate::shape::{Shape, ShapeError, TABLES_MAX, log_padded};
use crate::stark::domain::LOG_BLOWUP;
use crate::stark::fri::LOG_ARITY_MAX;
use crate::stark::interactions::{DEGREE_MAX, Demands};
use crate::stark::keccak_layers::Layer;
use crate::stark::{Plan, QUOTIENT_WIDTH, Tree, next_width};

/// One source of error.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// Its name.
    pub name: &'static str,
    /// `−log2` of its probability.
    pub bits: f64,
}

/// All sources of error in one decoding regime.
#[derive(Clone, Debug, PartialEq)]
pub struct RegimeTerms {
    /// Name of the regime.
    pub regime: String,
    /// The terms.
    pub terms: Vec<Term>,
    /// What each bus contributes to the term of the bus challenges, for buses with messages: the
    /// probabilities add up to that term's.
    pub buses: Vec<BusTerm>,
}

/// A bus's part of the error of the bus challenges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BusTerm {
    /// The bus.
    pub bus: Bus,
    /// Messages on it, of every row of every table.
    pub messages: u64,
    /// `−log2` of its probability.
    pub bits: f64,
}

impl RegimeTerms {
    /// The smallest term.
    #[must_use]
    pub fn bits(&self) -> f64 {
        self.terms.iter().map(|term| term.bits).fold(f64::INFINITY, f64::min)
    }
}

/// The provable security of a shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The regimes that apply.
    pub regimes: Vec<RegimeTerms>,
}

impl Report {
    /// Provable bits: the better regime's smallest term.
    #[must_use]
    pub fn bits(&self) -> f64 {
        self.regimes.iter().map(RegimeTerms::bits).fold(0.0, f64::max)
    }
}

/// What a shape asks of the protocol, over all tables: what the terms are computed from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Log2 of the largest height.
    pub log_height: usize,
    /// Constraints, those of the interaction columns included.
    pub constraints: usize,
    /// Columns of base-field elements that are batched for the low-degree test, a column once for
    /// each point where it is opened.
    pub openings: usize,
    /// Messages on each bus that has any.
    pub messages: Vec<(Bus, u64)>,
    /// Whether a table has layers.
    pub has_layers: bool,
}

impl Totals {
    /// Adds up a plan.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let mut messages = [0_u64; Bus::ALL.len()];
        // The statement's own, at most.
        if let Some(messages) = messages.get_mut(Bus::Output as usize) {
            *messages = PUBLIC_OUTPUT_MAX;
        }
        for (demands, &(_, log)) in plan.demands.iter().zip(&plan.tables) {
            for bus in &demands.buses {
                if let Some(messages) = messages.get_mut(*bus as usize) {
                    // A global bus has the messages of all parts.
                    let more = messages.saturating_add(1 << log);
                    *messages = if bus.is_global() { GLOBAL_MESSAGES_MAX } else { more };
                }
            }
        }
        // Each column at ζ, border columns at η, some at the next row, and for each height both sums
        // of its interaction columns at 0 and themselves.
        let columns =
            plan.layouts.iter().flat_map(|layout| &layout.groups).map(|group| group.width);
        let border = plan.layout(Tree::Border).groups.iter().map(|group| group.width);
        let next = plan.with_next_row().map(|(_, table, _)| next_width(table));
        let sums = plan.log_heights.iter().map(|_| 4);
        Self {
            log_height: plan.log_heights.first().copied().unwrap_or(0),
            constraints: plan.powers(),
            openings: columns.chain(border).chain(next).chain(sums).sum(),
            messages: Bus::ALL.into_iter().zip(messages).filter(|&(_, m)| m > 0).collect(),
            has_layers: plan.with_layers().count() > 0,
        }
    }

    /// More than any shape asks that has this height and [`TABLES_MAX`] tables at most.
    fn most(log_height: usize) -> Self {
        let demands = Table::ALL.map(|table| (table, Demands::of(table)));
        let largest = |of: &dyn Fn(Table, &Demands) -> usize| {
            let each = demands.iter().map(|(table, demands)| of(*table, demands));
            each.max().unwrap_or(0).saturating_mul(TABLES_MAX)
        };
        // Main columns are opened at two points at most.
        let columns = |table: Table, demands: &Demands| {
            let interactions = demands.columns().saturating_mul(CHALLENGE_DEGREE);
            let main = table.width().saturating_add(next_width(table));
            table.preprocessed_width().saturating_add(main).saturating_add(interactions)
        };
        let of_heights = LOG_HEIGHT_MAX.saturating_mul(QUOTIENT_WIDTH.saturating_add(4));
        Self {
            log_height,
            constraints: largest(&|_, demands| demands.powers()),
            openings: largest(&columns).saturating_add(of_heights),
            messages: Vec::from([(Bus::Cell, GLOBAL_MESSAGES_MAX.saturating_mul(2))]),
            has_layers: true,
        }
    }

    /// Whether `most` has at least as much of everything.
    fn is_within(&self, most: &Self) -> bool {
        let messages = |totals: &Self| {
            let messages = totals.messages.iter().map(|(_, messages)| *messages);
            messages.fold(0, u64::saturating_add)
        };
        self.log_height == most.log_height
            && self.constraints <= most.constraints
            && self.openings <= most.openings
            && messages(self) <= messages(most)
            && self.has_layers <= most.has_layers
    }
}

/// Says of one shape after another whether it attains a profile's target.
///
/// A report takes a while, and a run has many shapes. So the first one of a height is judged by more
/// than any shape asks. If that attains the target, so do all shapes of the height: in the same
/// regime each of their terms is at least as large.
#[derive(Clone, Debug)]
pub struct Judge {
    profile: Profile,
    /// By height, what was reported on, and the bits.
    heights: Vec<(Totals, f64)>,
}

impl Judge {
    /// A judge of proofs with this profile.
    #[must_use]
    pub const fn new(profile: Profile) -> Self {
        Self { profile, heights: Vec::new() }
    }

    /// By height, what was reported on, and the bits.
    #[must_use]
    pub fn heights(&self) -> &[(Totals, f64)] {
        &self.heights
    }

    /// Whether proofs of `plan` attain the profile's target.
    ///
    /// # Errors
    /// The bits that they attain, if fewer.
    pub fn check(&mut self, plan: &Plan) -> Result<(), f64> {
        let parameters = self.profile.parameters();
        let target = f64::from(self.profile.target_bits());
        let totals = Totals::of(plan);
        let known = self.heights.iter().find(|(most, _)| totals.is_within(most));
        let bits = match known {
            Some((_, bits)) => *bits,
            None => {
                let most = Totals::most(totals.log_height);
                let bits = report_totals(&parameters, &most).bits();
                let bits = if totals.is_within(&most) { bits } else { 0.0 };
                self.heights.push((most, bits));
                bits
            }
        };
        if bits >= target {
            return Ok(());
        }
        let found = report_totals(&parameters, &totals).bits();
        if found >= target { Ok(()) } else { Err(found) }
    }
}

/// Messages on a global bus over all parts of a run, at most: two a row in up to four tables of
/// 2^26 rows at most, in up to 2^16 parts.
pub const GLOBAL_MESSAGES_MAX: u64 = 1 << (16 + LOG_HEIGHT_MAX + 3);
const _: () = assert!(SEGMENTS_MAX < 1 << 16 && GLOBAL_MESSAGES_MAX < Val::ORDER_U64);

/// Fields in the widest message, which is the degree of every fingerprint.
pub fn message_width() -> usize {
    Bus::ALL.into_iter().map(Bus::arity).max().unwrap_or(1)
}

/// Quotient chunks of a height: `DEGREE_MAX − 1`.
const QUOTIENT_CHUNKS: usize = DEGREE_MAX - 1;

/// The largest plan of a part at a height: all tables are there, and those without a fixed height
/// have this one. Tables of more different heights cost a few hundredths of a bit of one term.
///
/// # Errors
/// If the height is outside of what tables may have.
#[expect(clippy::cast_possible_truncation, reason = "logarithms")]
pub fn largest_plan(part: Part, log_height: u8) -> Result<Plan, ShapeError> {
    let key = KeyMaterial {
        segment: [0; 32],
        ledger: [0; 32],
        entry: 0,
        log_program: log_height,
        log_image: log_height,
    };
    let tables = Table::ALL.into_iter().filter(|table| table.is_of(part)).map(|table| {
        let log_height = match table {
            Table::Range | Table::Byte => 16,
            Table::ShiftAmount => 6,
            Table::Boundary => log_padded(boundary::ROWS) as u8,
            Table::Ledger => log_padded(ledger::ROWS) as u8,
            _ => log_height.min(table.log_height_max() as u8),
        };
        (table.id(), log_height)
    });
    let tables: Vec<(u8, u8)> = tables.collect();
    Ok(Plan::new(Shape::new(part, &tables, &key)?.tables()))
}

/// Accounts for a proof of `plan` with `parameters`.
#[must_use]
pub fn report(parameters: &Parameters, plan: &Plan) -> Report {
    report_totals(parameters, &Totals::of(plan))
}

fn report_totals(parameters: &Parameters, totals: &Totals) -> Report {
    let log_height = totals.log_height;
    let instance = InstanceShape {
        log_trace_length: log_height,
        modulus_bits: CHALLENGE_BITS,
        collision_resistance: COLLISION_BITS,
        num_batched_functions: totals.openings,
    };
    let air = StarkAirParams {
        num_constraints: totals.constraints,
        max_constraint_degree: DEGREE_MAX,
        num_quotient_chunks: QUOTIENT_CHUNKS,
        max_combo: 2,
    };
    let grinding = GrindingSites {
        out_of_domain: 0,
        batch_combination: parameters.batch_grinding,
        lookup_challenge: 0,
    };
    // Interactions for each row of the highest table, rounded up, so that the product is at least
    // the number of messages of all tables.
    let messages: u64 = totals.messages.iter().map(|(_, messages)| messages).sum();
    let logup = LogUpAir {
        num_interactions: usize::try_from(messages >> log_height)
            .unwrap_or(usize::MAX)
            .saturating_add(1),
        max_message_width: message_width(),
    };
    let fri = FriRegime {
        log_blowup: LOG_BLOWUP,
        num_queries: parameters.queries,
        log_final_poly_len: parameters.log_final_len,
        max_log_arity: LOG_ARITY_MAX,
        commit_pow_bits: 0,
        query_pow_bits: parameters.query_grinding,
    };
    let extras: Vec<_> = security_term(&logup, &instance, &grinding).into_iter().collect();
    let report = proven_security_report(&fri, &air, &instance, &extras, &grinding);
    let regimes = [Some(report.udr), report.ldr].into_iter().flatten();
    let account = Account { fri, air, instance, totals, grinding };
    Report { regimes: regimes.map(|regime| account.terms(&regime)).collect() }
}

/// The name of the term of η.
pub const BORDER_LABEL: &str = "border point";

/// The name of the term of the layers of permutations.
pub const LAYERS_LABEL: &str = "layers of permutations";

/// Bits that a folding loses to the function that is added to it: with that the folded values lie
/// on a curve of degree `2^LOG_ARITY_MAX`, which p3-security charges as one less. `log2(8/7)`,
/// rounded up.
const ADDED_FUNCTION: f64 = 0.193;

/// What the terms of a regime are made from.
struct Account<'a> {
    fri: FriRegime,
    air: StarkAirParams,
    instance: InstanceShape,
    totals: &'a Totals,
    grinding: GrindingSites,
}

impl Account<'_> {
    /// The terms of a regime. In the list-decoding regime a commitment may stand for as many
    /// codewords as the list is long, `(m + ½)/√ρ`; p3-security charges the out-of-domain point
    /// with that once and the bus challenges not at all. Both are charged with one factor more
    /// here.
    fn terms(&self, report: &RegimeReport) -> RegimeTerms {
        let (regime, log_list) = match report.regime {
            Regime::UniqueDecoding => (String::from("unique decoding"), 0.0),
            Regime::ListDecoding { m } => (
                alloc::format!("list decoding, m = {m}"),
                libm::log2(m as f64 + 0.5) + self.fri.log_blowup as f64 / 2.0,
            ),
            other => (alloc::format!("{other:?}"), 0.0),
        };
        let mut terms = Vec::new();
        for term in report.terms() {
            let per_codeword = [DEEP_LABEL, LOGUP_LABEL].contains(&term.label);
            let extra = if per_codeword { log_list } else { 0.0 };
            let bits = term.bits.bits() - extra;
            match self.low_degree_test(report.regime) {
                // The term is the smaller one of the test's two.
                Some(parts) if term.label == LDT_LABEL => terms.extend(parts),
                _ => terms.push(Term { name: term.label, bits }),
            }
        }
        terms.push(Term { name: BORDER_LABEL, bits: self.border(log_list) });
        if self.totals.has_layers {
            terms.push(Term { name: LAYERS_LABEL, bits: Self::layers(log_list) });
        }
        RegimeTerms { regime, terms, buses: self.buses(log_list) }
    }

    /// The point η: two of the codewords for which the border's commitment may stand have the same
    /// value there.
    fn border(&self, log_list: f64) -> f64 {
        CHALLENGE_BITS as f64 - self.totals.log_height as f64 - 2.0 * log_list
    }

    /// The layers of permutations: of their challenges the point of a polynomial in a bit's number
    /// has the largest error, that polynomial's degree, for each of the codewords for which the
    /// main columns' commitment may stand.
    fn layers(log_list: f64) -> f64 {
        let chunks = Layer::all().map(|(_, layer)| layer.chunks()).max().unwrap_or(0);
        CHALLENGE_BITS as f64 - libm::log2(chunks.saturating_mul(BITS) as f64) - log_list
    }

    /// FRI's two terms: a folding challenge, and the queries.
    fn low_degree_test(&self, regime: Regime) -> Option<[Term; 2]> {
        let Self { fri, instance, .. } = self;
        let (folding, alpha) = match regime {
            Regime::UniqueDecoding => (
                commit_phase_error_udr(fri, instance)?,
                alpha_udr(instance.log_trace_length, fri.log_blowup, self.air.max_combo),
            ),
            Regime::ListDecoding { m } => {
                (commit_phase_error_ldr_m(fri, instance, m)?, alpha_ldr_m(fri.log_blowup, m))
            }
            _ => return None,
        };
        let queries = query_phase_error(alpha, fri.num_queries, fri.query_pow_bits);
        Some([
            Term { name: LDT_COMMIT_LABEL, bits: folding.bits() - ADDED_FUNCTION },
            Term { name: LDT_QUERY_LABEL, bits: queries.bits() },
        ])
    }

    /// The parts of the bus challenges' term.
    fn buses(&self, log_list: f64) -> Vec<BusTerm> {
        let one = LogUpAir { num_interactions: 1, max_message_width: message_width() };
        let instance = InstanceShape { log_trace_length: 0, ..self.instance };
        let of_one_message = fingerprint_error(&one, &instance).bits();
        let grinding = self.grinding.lookup_challenge as f64;
        let bus_term = |&(bus, messages): &(Bus, u64)| BusTerm {
            bus,
            messages,
            bits: of_one_message + grinding - log_list - libm::log2(messages as f64),
        };
        self.totals.messages.iter().map(bus_term).collect()
    }
}
