//! Constraints and interactions of a table at a point, combined with powers of a challenge.
//!
//! The prover folds many points of the evaluation domain at once, the verifier one point outside
//! of it. Both run this code, so they agree on which constraint takes which power.

#![expect(clippy::arithmetic_side_effects, reason = "of fields, which is total")]

use lvm_air::builder::{Side, TableBuilder};
use lvm_air::bus::Bus;
use lvm_air::field::Val;
use lvm_air::keccak_f::BITS;
use lvm_air::tables::keccak::BEFORE;
use p3_air::{AirBuilder, RowWindow, WindowAccess};
use p3_field::Algebra;

use crate::stark::domain::Selectors;
use crate::stark::interactions::{BusChallenges, Role};
use crate::stark::links::{LinkAt, LinkRow};

/// Evaluates a table at a point: cells are `B`, challenges and interaction columns `E`.
pub struct Folder<'a, 'p, B, E> {
    /// Main columns, there and one row further.
    pub main: RowWindow<'a, B>,
    /// Preprocessed columns.
    pub preprocessed: RowWindow<'a, B>,
    /// The rows' selectors.
    pub selectors: Selectors<B>,
    /// Periodic columns.
    pub periodic: &'a [B],
    /// Interaction columns of messages.
    pub columns: &'a [E],
    /// The bus challenges.
    pub buses: &'a BusChallenges<E>,
    /// The table's messages' places.
    pub roles: &'a [Role],
    /// Powers of the constraint challenge, one for each constraint and interaction column.
    pub powers: &'p [E],
    /// The combined constraints so far.
    pub sum: E,
    /// The fingerprints and signed multiplicities that wait for the second message of their column,
    /// of a part's buses and of global ones.
    pub pending: [Option<(E, B)>; 2],
    /// Whether a power, a column or a place was missing.
    pub is_short: bool,
}

impl<B, E> Folder<'_, '_, B, E>
where
    B: Algebra<Val> + Copy,
    E: Algebra<B> + Copy,
{
    /// The next power.
    #[inline(always)]
    fn power(&mut self) -> E {
        match self.powers.split_first() {
            Some((&power, rest)) => {
                self.powers = rest;
                power
            }
            None => self.miss(E::ZERO),
        }
    }

    /// Adds the constraints on the columns of a link.
    #[inline]
    pub fn link(&mut self, row: &LinkRow<B, E>, link: &LinkAt<E>) {
        let bits = self.main.current_slice().get(BEFORE..).unwrap_or_default();
        let (before, after) = bits.split_at_checked(BITS).unwrap_or_default();
        let after = after.get(..BITS).unwrap_or_default();
        for zero in row.constraints(link, [before, after]) {
            let power = self.power();
            self.sum += power * zero;
        }
    }

    /// Stands for something that isn't there.
    #[cold]
    fn miss<T>(&mut self, value: T) -> T {
        self.is_short = true;
        value
    }

    /// The combined constraints of the table, if powers, interaction columns and places were
    /// exactly as many as it has.
    #[must_use]
    pub fn finish(self) -> Option<E> {
        let is_complete = !self.is_short
            && self.powers.is_empty()
            && self.columns.is_empty()
            && self.roles.is_empty()
            && self.pending.iter().all(Option::is_none);
        is_complete.then_some(self.sum)
    }

    #[inline(always)]
    fn column(&mut self) -> E {
        match self.columns.split_first() {
            Some((&column, rest)) => {
                self.columns = rest;
                column
            }
            None => self.miss(E::ZERO),
        }
    }
}

impl<'a, B, E> AirBuilder for Folder<'a, '_, B, E>
where
    B: Algebra<Val> + Copy + Send + Sync,
    E: Algebra<B> + Copy,
{
    type F = Val;
    type Expr = B;
    type Var = B;
    type PreprocessedWindow = RowWindow<'a, B>;
    type MainWindow = RowWindow<'a, B>;
    type PublicVar = B;
    type PeriodicVar = B;

    #[inline(always)]
    fn main(&self) -> Self::MainWindow {
        self.main
    }

    #[inline(always)]
    fn preprocessed(&self) -> &Self::PreprocessedWindow {
        &self.preprocessed
    }

    #[inline(always)]
    fn periodic_values(&self) -> &[B] {
        self.periodic
    }

    #[inline(always)]
    fn is_first_row(&self) -> B {
        self.selectors.first
    }

    #[inline(always)]
    fn is_last_row(&self) -> B {
        self.selectors.last
    }

    #[inline(always)]
    fn is_transition(&self) -> B {
        self.selectors.transition
    }

    #[inline(always)]
    fn assert_zero<I: Into<B>>(&mut self, zero: I) {
        let power = self.power();
        self.sum += power * zero.into();
    }
}

impl<B, E> TableBuilder for Folder<'_, '_, B, E>
where
    B: Algebra<Val> + Copy + Send + Sync,
    E: Algebra<B> + Copy,
{
    #[inline(always)]
    fn constrain(&mut self, _label: &'static str, zero: impl Into<B>) {
        self.assert_zero(zero);
    }

    #[inline(always)]
    fn message(
        &mut self,
        bus: Bus,
        side: Side,
        fields: impl IntoIterator<Item = B>,
        multiplicity: B,
        _multiplicity_max: u32,
    ) {
        let fingerprint = self.buses.fingerprint(bus, fields);
        let signed = match side {
            Side::Send => multiplicity,
            Side::Receive => -multiplicity,
        };
        let role = match self.roles.split_first() {
            Some((&role, rest)) => {
                self.roles = rest;
                role
            }
            None => self.miss(Role::Single),
        };
        let [local, global] = &mut self.pending;
        let pending = if bus.is_global() { global } else { local };
        let zero = match role {
            Role::First => {
                *pending = Some((fingerprint, signed));
                return;
            }
            Role::Single => self.column() * fingerprint - signed,
            Role::Second => {
                let (first, first_signed) = pending.take().unwrap_or((E::ONE, B::ZERO));
                self.column() * first * fingerprint - first * signed - fingerprint * first_signed
            }
        };
        let power = self.power();
        self.sum += power * zero;
    }
}
