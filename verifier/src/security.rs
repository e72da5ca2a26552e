//! The provable security of a proof's shape, term by term.
//!
//! Round-by-round knowledge soundness in the random-oracle model as p3-security accounts for it,
//! in the unique-decoding and in the list-decoding (Johnson) regime; the better one counts. All
//! tables are batched into one low-degree test, so they are charged as one instance: the largest
//! height, and the constraints and openings of all tables together.

use alloc::string::String;
use alloc::vec::Vec;

use lvm_air::bus::Bus;
use lvm_air::table::Table;
use p3_batch_stark::security::num_batched_openings;
use p3_security::fri::FriRegime;
use p3_security::logup::{LOGUP_LABEL, LogUpAir, security_term};
use p3_security::report::DEEP_LABEL;
use p3_security::stark::proven_security_report;
use p3_security::{GrindingSites, InstanceShape, Regime, RegimeReport, StarkAirParams};
use p3_uni_stark::OpeningShape;

use crate::config::{CHALLENGE_BITS, CHALLENGE_DEGREE, COLLISION_BITS};
use crate::profile::Parameters;
use crate::shape::{DEGREE_MAX, Shape, TableConstraints};

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

/// Quotient chunks that a table is charged with: `DEGREE_MAX − 1`. Some have fewer.
const QUOTIENT_CHUNKS: usize = DEGREE_MAX - 1;

/// Openings of a table.
fn openings(table: Table, constraints: &TableConstraints) -> usize {
    num_batched_openings(
        table.width(),
        table.reads_next_row(),
        table.preprocessed_width(),
        false,
        QUOTIENT_CHUNKS,
        constraints.interactions.len(),
        CHALLENGE_DEGREE,
        OpeningShape::new(),
    )
}

/// Accounts for a proof of `shape` with `parameters`.
#[must_use]
pub fn report(parameters: &Parameters, shape: &Shape) -> Report {
    let airs = shape.airs(0, 0, if has_output(shape) { &[0] } else { &[] });
    let constraints: Vec<_> = airs.iter().map(TableConstraints::of).collect();
    report_of(parameters, shape, &constraints)
}

/// [`report`] from the constraints of the shape's tables, in its order.
#[must_use]
pub fn report_of(
    parameters: &Parameters,
    shape: &Shape,
    constraints: &[TableConstraints],
) -> Report {
    let mut demands: usize = 0;
    let mut opened: usize = 0;
    let mut messages = 0.0;
    let mut log_height = 0;
    for (table_constraints, &(table, log)) in constraints.iter().zip(shape.tables()) {
        // One pin for each interaction column, and three for the running sum.
        demands = demands
            .saturating_add(table_constraints.constraints)
            .saturating_add(table_constraints.interactions.len())
            .saturating_add(3);
        opened = opened.saturating_add(openings(table, table_constraints));
        messages += table_constraints.messages as f64 * (1u64 << log) as f64;
        log_height = log_height.max(log);
    }
    let instance = InstanceShape {
        log_trace_length: log_height,
        modulus_bits: CHALLENGE_BITS,
        collision_resistance: COLLISION_BITS,
        num_batched_functions: opened,
    };
    let air = StarkAirParams {
        num_constraints: demands,
        max_constraint_degree: DEGREE_MAX,
        num_quotient_chunks: QUOTIENT_CHUNKS,
        max_combo: 2,
    };
    let grinding = GrindingSites {
        out_of_domain: parameters.ood_grinding,
        batch_combination: parameters.batch_grinding,
        lookup_challenge: parameters.lookup_grinding,
    };
    // Interactions for each row of the highest table, rounded up, so that the product is at least
    // the number of messages of all tables.
    let per_row = messages / (1u64 << log_height) as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and the conversion saturates"
    )]
    let per_row = per_row as usize;
    let logup = LogUpAir {
        num_interactions: per_row.saturating_add(1),
        max_message_width: Bus::ALL.into_iter().map(Bus::arity).max().unwrap_or(1),
    };
    let fri = FriRegime {
        log_blowup: parameters.log_blowup,
        num_queries: parameters.queries,
        log_final_poly_len: parameters.log_final_len,
        max_log_arity: 1,
        commit_pow_bits: parameters.commit_grinding,
        query_pow_bits: parameters.query_grinding,
    };
    let extras: Vec<_> = security_term(&logup, &instance, &grinding).into_iter().collect();
    let report = proven_security_report(&fri, &air, &instance, &extras, &grinding);
    let regimes = [Some(report.udr), report.ldr];
    Report {
        regimes: regimes.into_iter().flatten().map(|r| terms(r, parameters.log_blowup)).collect(),
    }
}

fn has_output(shape: &Shape) -> bool {
    shape.tables().iter().any(|(table, _)| *table == Table::Output)
}

/// The terms of a regime. In the list-decoding regime a commitment may stand for as many
/// codewords as the list is long, `(m + ½)/√ρ`; p3-security charges the out-of-domain point with
/// that once and the bus challenges not at all. Both are charged with one factor more here.
fn terms(report: RegimeReport, log_blowup: usize) -> RegimeTerms {
    let (regime, log_list) = match report.regime {
        Regime::UniqueDecoding => (String::from("unique decoding"), 0.0),
        Regime::ListDecoding { m } => (
            alloc::format!("list decoding, m = {m}"),
            libm::log2(m as f64 + 0.5) + log_blowup as f64 / 2.0,
        ),
        other => (alloc::format!("{other:?}"), 0.0),
    };
    let terms = report
        .terms()
        .iter()
        .map(|term| {
            let per_codeword = [DEEP_LABEL, LOGUP_LABEL].contains(&term.label);
            let extra = if per_codeword { log_list } else { 0.0 };
            Term { name: term.label, bits: term.bits.bits() - extra }
        })
        .collect();
    RegimeTerms { regime, terms }
}
