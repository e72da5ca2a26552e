//! The provable security of a proof's shape, term by term.
//!
//! Round-by-round knowledge soundness in the random-oracle model as p3-security accounts for it,
//! in the unique-decoding and in the list-decoding (Johnson) regime; the better one counts. All
//! tables are batched into one low-degree test, so they are charged as one instance: the largest
//! height, and the constraints and openings of all tables together.

use alloc::string::String;
use alloc::vec::Vec;

use lvm_air::bus::Bus;
use p3_security::fri::FriRegime;
use p3_security::logup::{LOGUP_LABEL, LogUpAir, security_term};
use p3_security::report::DEEP_LABEL;
use p3_security::stark::proven_security_report;
use p3_security::{GrindingSites, InstanceShape, Regime, RegimeReport, StarkAirParams};

use crate::config::{CHALLENGE_BITS, COLLISION_BITS};
use crate::profile::Parameters;
use crate::stark::Plan;
use crate::stark::fri::LOG_ARITY_MAX;
use crate::stark::interactions::DEGREE_MAX;

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

/// Quotient chunks of a height: `DEGREE_MAX − 1`.
const QUOTIENT_CHUNKS: usize = DEGREE_MAX - 1;

/// Accounts for a proof of `plan` with `parameters`.
#[must_use]
pub fn report(parameters: &Parameters, plan: &Plan) -> Report {
    let mut messages = 0.0;
    for (demands, &(_, log)) in plan.demands.iter().zip(&plan.tables) {
        messages += demands.buses.len() as f64 * (1u64 << log) as f64;
    }
    let log_height = plan.log_heights.first().copied().unwrap_or(0);
    // One for each column at ζ, one more for each at the next row, and for each height a sum,
    // at 0 and itself.
    let columns = plan.layouts.iter().flat_map(|layout| &layout.groups).map(|group| group.width);
    let next = plan.with_next_row().map(|(_, table, _)| table.width());
    let opened = columns.chain(next).sum::<usize>() + 2 * plan.log_heights.len();
    let instance = InstanceShape {
        log_trace_length: log_height,
        modulus_bits: CHALLENGE_BITS,
        collision_resistance: COLLISION_BITS,
        num_batched_functions: opened,
    };
    let air = StarkAirParams {
        num_constraints: plan.powers(),
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
    let logup = LogUpAir {
        num_interactions: per_row as usize + 1,
        max_message_width: Bus::ALL.into_iter().map(Bus::arity).max().unwrap_or(1),
    };
    let fri = FriRegime {
        log_blowup: parameters.log_blowup,
        num_queries: parameters.queries,
        log_final_poly_len: parameters.log_final_len,
        max_log_arity: LOG_ARITY_MAX,
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
