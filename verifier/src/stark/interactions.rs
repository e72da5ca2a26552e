//! LogUp: the buses as sums of fractions.
//!
//! With bus challenges α and β a message becomes the fingerprint
//! `α + (bus + 1)·β^w − Σ field_k·β^k`, where w is the largest arity. A message sent m times adds
//! `m / fingerprint`, one received subtracts it. Buses balance if the sum over all rows of all
//! tables is zero.
//!
//! Buses of one part of a run have challenges drawn in that part's proof, and their sum there is
//! zero. Global buses have challenges that are the same in all proofs of a run, and the sum over all
//! of them is zero.
//!
//! A table's fractions are committed as interaction columns: two messages to a column where
//! degrees allow and both are global or neither, else one. No column holds a running sum: the columns are polynomials of degree
//! below the height n, so their sum over all rows is n times their value at 0, where they are
//! opened (see `docs/protocol.md`).

use alloc::sync::Arc;
use alloc::vec::Vec;

use lvm_air::bus::Bus;
use lvm_air::degree::{Degrees, MessageDegrees};
use lvm_air::field::{Challenge, Val};
use lvm_air::table::Table;
use p3_field::{Algebra, PrimeCharacteristicRing};

use crate::stark::links;
use crate::stark::transcript::Transcript;

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

/// What an interaction column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Its sum belongs to the total of the part's buses.
    Local,
    /// Its sum belongs to the total of the global buses.
    Global,
    /// It is a kernel ([`links`]): its sum is of no meaning.
    Kernel,
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
    /// What each interaction column is, in order: those of messages, then those of a link.
    pub kinds: Vec<Kind>,
    /// Whether the table's bits are tied by layers.
    pub has_layers: bool,
    /// Whether constraints or messages depend on the next row or on selectors of rows.
    pub reads_next_row: bool,
}

impl Demands {
    /// The demands of `table`.
    #[must_use]
    pub fn of(table: Table) -> Self {
        let degrees = Degrees::of(table);
        // The messages that can share go in pairs, the last one alone if their number is odd;
        // global messages among themselves.
        let mut pairings = [false, true].map(|is_global| {
            let sharing = |message: &&MessageDegrees| {
                can_share(message) && message.bus.is_global() == is_global
            };
            Pairing {
                unpaired: degrees.messages.iter().filter(sharing).count() & !1,
                is_open: false,
            }
        });
        let role = |message: &MessageDegrees| {
            let [local, global] = &mut pairings;
            let pairing = if message.bus.is_global() { global } else { local };
            if can_share(message) { pairing.role() } else { Role::Single }
        };
        let roles: Vec<Role> = degrees.messages.iter().map(role).collect();
        let of_messages =
            roles.iter().zip(&degrees.messages).filter(|(role, _)| **role != Role::First).map(
                |(_, message)| if message.bus.is_global() { Kind::Global } else { Kind::Local },
            );
        let has_layers = table.has_layers();
        let of_link = [Kind::Local, Kind::Kernel, Kind::Kernel];
        const { assert!(links::COLUMNS == 3) };
        let kinds = of_messages.chain(of_link.into_iter().filter(|_| has_layers)).collect();
        Self {
            constraints: degrees.constraints.len(),
            buses: degrees.messages.iter().map(|message| message.bus).collect(),
            roles,
            kinds,
            has_layers,
            reads_next_row: degrees.reads_next_row,
        }
    }

    /// Interaction columns.
    #[must_use]
    pub const fn columns(&self) -> usize {
        self.kinds.len()
    }

    /// Interaction columns of messages, which come first.
    #[must_use]
    pub const fn message_columns(&self) -> usize {
        let of_link = if self.has_layers { links::COLUMNS } else { 0 };
        self.columns().saturating_sub(of_link)
    }

    /// Powers of the constraint challenge that the table takes: one for each constraint, one for
    /// each interaction column of messages, and those of a link.
    #[must_use]
    pub const fn powers(&self) -> usize {
        let of_link = if self.has_layers { links::CONSTRAINTS } else { 0 };
        self.constraints.saturating_add(self.message_columns()).saturating_add(of_link)
    }
}

/// The demands of the tables that were asked for, each computed once.
#[derive(Clone, Debug, Default)]
pub struct Catalogue(Vec<(Table, Arc<Demands>)>);

impl Catalogue {
    /// The demands of `table`.
    pub fn of(&mut self, table: Table) -> Arc<Demands> {
        if let Some((_, demands)) = self.0.iter().find(|(known, _)| *known == table) {
            return Arc::clone(demands);
        }
        let demands = Arc::new(Demands::of(table));
        self.0.push((table, Arc::clone(&demands)));
        demands
    }
}

/// Puts messages into pairs.
struct Pairing {
    /// Messages that come in pairs still.
    unpaired: usize,
    /// Whether the last one waits for its partner.
    is_open: bool,
}

impl Pairing {
    fn role(&mut self) -> Role {
        if self.unpaired == 0 {
            return Role::Single;
        }
        self.unpaired = self.unpaired.saturating_sub(1);
        self.is_open = !self.is_open;
        if self.is_open { Role::First } else { Role::Second }
    }
}

/// Whether two such messages fit into a column: `column·f1·f2 − m1·f2 − m2·f1` has degree 3.
fn can_share(message: &MessageDegrees) -> bool {
    message.fields <= 1 && message.multiplicity < DEGREE_MAX
}

/// The challenges α and β of some buses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlphaBeta {
    /// α.
    pub alpha: Challenge,
    /// β.
    pub beta: Challenge,
}

impl AlphaBeta {
    /// Draws the challenges.
    pub fn draw(transcript: &mut Transcript) -> Self {
        Self { alpha: transcript.draw(), beta: transcript.draw() }
    }
}

/// The bus challenges, prepared.
#[derive(Clone, Debug)]
pub struct BusChallenges<E> {
    /// For each bus, in the order of [`Bus::ALL`], `α + (bus + 1)·β^w`.
    offsets: [E; Bus::ALL.len()],
    /// `−β^k`, for buses of a part and for global ones.
    minus_powers: [Vec<E>; 2],
}

impl<E: From<Challenge> + Clone> BusChallenges<E> {
    /// Prepares the challenges of a part's buses and of the global ones.
    #[must_use]
    pub fn new(local: AlphaBeta, global: AlphaBeta) -> Self {
        let width = Bus::ALL.into_iter().map(Bus::arity).max().unwrap_or(0);
        let powers = [local, global].map(|challenges| {
            let powers: Vec<Challenge> =
                challenges.beta.powers().take(width.saturating_add(1)).collect();
            powers
        });
        let [last, global_last] = powers.each_ref().map(|p| p.last().copied().unwrap_or_default());
        let mut buses = Bus::ALL.into_iter().zip(1..);
        Self {
            offsets: [(); Bus::ALL.len()].map(|()| {
                let (is_global, number) =
                    buses.next().map_or((false, 0), |(bus, number)| (bus.is_global(), number));
                let number = Val::from_usize(number);
                E::from(if is_global {
                    global.alpha + global_last * number
                } else {
                    local.alpha + last * number
                })
            }),
            minus_powers: powers
                .map(|powers| powers.iter().take(width).map(|power| E::from(-*power)).collect()),
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
        let [local, global] = &self.minus_powers;
        let minus_powers = if bus.is_global() { global } else { local };
        if let Some(first) = fields.next() {
            sum -= first;
        }
        for (power, field) in minus_powers.iter().skip(1).zip(fields) {
            sum += power.clone() * field;
        }
        sum
    }
}
