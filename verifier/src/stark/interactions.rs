//! LogUp: the buses as sums of fractions.
//!
//! With the bus challenges α and β a message becomes the fingerprint
//! `α + (bus + 1)·β^w − Σ field_k·β^k`, where w is the largest arity. A message sent m times adds
//! `m / fingerprint`, one received subtracts it. All buses balance if the sum over all rows of all
//! tables is zero.
//!
//! A table's fractions are committed as interaction columns: two messages to a column where
//! degrees allow, else one. No column holds a running sum: the columns are polynomials of degree
//! below the height n, so their sum over all rows is n times their value at 0, where they are
//! opened (see `docs/protocol.md`).

use alloc::vec::Vec;

use lvm_air::bus::Bus;
use lvm_air::degree::{Degrees, MessageDegrees};
use lvm_air::field::{Challenge, Val};
use lvm_air::table::Table;
use p3_field::{Algebra, PrimeCharacteristicRing};

/// Largest degree of a constraint.
pub const DEGREE_MAX: usize = 3;

/// How a message shares an interaction column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It has a column for itself.
    Single,
    /// It shares a column with the next message that is a `Second`.
    First,
    /// It shares a column with the last message that was a `First`.
    Second,
}

/// What a table demands: the number of its constraints, how its messages lie in columns, and
/// whether it looks at the next row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demands {
    /// Constraints on main and preprocessed columns.
    pub constraints: usize,
    /// The messages' buses, in order.
    pub buses: Vec<Bus>,
    /// The messages' places, in order.
    pub roles: Vec<Role>,
    /// Interaction columns.
    pub columns: usize,
    /// Whether constraints or messages depend on the next row or on selectors of rows.
    pub reads_next_row: bool,
}

impl Demands {
    /// The demands of `table`.
    #[must_use]
    pub fn of(table: Table) -> Self {
        let degrees = Degrees::of(table);
        // The messages that can share go in pairs, the last one alone if their number is odd.
        let sharing = degrees.messages.iter().filter(|message| can_share(message)).count();
        let mut unpaired = sharing & !1;
        let mut is_open = false;
        let role = |message: &MessageDegrees| {
            if unpaired == 0 || !can_share(message) {
                return Role::Single;
            }
            unpaired = unpaired.saturating_sub(1);
            is_open = !is_open;
            if is_open { Role::First } else { Role::Second }
        };
        let roles: Vec<Role> = degrees.messages.iter().map(role).collect();
        let columns = roles.iter().filter(|role| **role != Role::First).count();
        Self {
            constraints: degrees.constraints.len(),
            buses: degrees.messages.iter().map(|message| message.bus).collect(),
            roles,
            columns,
            reads_next_row: degrees.reads_next_row,
        }
    }

    /// Powers of the constraint challenge that the table takes: one for each constraint and one
    /// for each interaction column.
    #[must_use]
    pub const fn powers(&self) -> usize {
        self.constraints.saturating_add(self.columns)
    }
}

/// Whether two such messages fit into a column: `column·f1·f2 − m1·f2 − m2·f1` has degree 3.
fn can_share(message: &MessageDegrees) -> bool {
    message.fields <= 1 && message.multiplicity < DEGREE_MAX
}

/// The bus challenges, prepared.
#[derive(Clone, Debug)]
pub struct BusChallenges<E> {
    /// For each bus, in the order of [`Bus::ALL`], `α + (bus + 1)·β^w`.
    offsets: [E; Bus::ALL.len()],
    /// `−β^k`.
    minus_powers: Vec<E>,
}

impl<E: From<Challenge> + Clone> BusChallenges<E> {
    /// Prepares the challenges.
    #[must_use]
    pub fn new(alpha: Challenge, beta: Challenge) -> Self {
        let width = Bus::ALL.into_iter().map(Bus::arity).max().unwrap_or(0);
        let powers: Vec<Challenge> = beta.powers().take(width.saturating_add(1)).collect();
        let last = powers.last().copied().unwrap_or_default();
        let offset = |bus: usize| alpha + last * Val::from_usize(bus.saturating_add(1));
        Self {
            offsets: core::array::from_fn(|bus| E::from(offset(bus))),
            minus_powers: powers.iter().take(width).map(|power| E::from(-*power)).collect(),
        }
    }
}

impl<E: Clone> BusChallenges<E> {
    /// A message's fingerprint.
    #[inline(always)]
    #[expect(clippy::arithmetic_side_effects, reason = "of fields, which is total")]
    #[expect(clippy::indexing_slicing, reason = "there is an offset for each bus")]
    pub fn fingerprint<B>(&self, bus: Bus, fields: impl IntoIterator<Item = B>) -> E
    where
        B: PrimeCharacteristicRing,
        E: Algebra<B>,
    {
        let mut fields = fields.into_iter();
        let mut sum = self.offsets[bus as usize].clone();
        if let Some(first) = fields.next() {
            sum -= first;
        }
        for (power, field) in self.minus_powers.iter().skip(1).zip(fields) {
            sum += power.clone() * field;
        }
        sum
    }
}
