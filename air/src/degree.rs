//! The degrees of a table's constraints and messages in its cells.

use alloc::vec;
use alloc::vec::Vec;
use core::iter::{Product, Sum};
use core::ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use lvm_isa::segment::Statement;
use p3_air::{AirBuilder, RowWindow};
use p3_field::{Algebra, PrimeCharacteristicRing};
use p3_goldilocks::Goldilocks;

use crate::builder::{Side, TableBuilder};
use crate::bus::Bus;
use crate::table::Table;

/// The degree of an expression, as it is written: what cancels out still counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Degree(pub usize);

/// The degrees of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageDegrees {
    /// The bus.
    pub bus: Bus,
    /// The largest degree of its fields.
    pub fields: usize,
    /// The degree of its multiplicity.
    pub multiplicity: usize,
}

/// The degrees of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Degrees {
    /// Of each constraint, in order.
    pub constraints: Vec<usize>,
    /// Of each message, in order.
    pub messages: Vec<MessageDegrees>,
}

impl Degrees {
    /// The degrees of `table`.
    #[must_use]
    pub fn of(table: Table) -> Self {
        let main = vec![Degree(1); table.width()];
        let preprocessed = vec![Degree(1); table.preprocessed_width()];
        let mut counter = Counter {
            main: RowWindow::from_two_rows(&main, &main),
            preprocessed: RowWindow::from_two_rows(&preprocessed, &preprocessed),
            degrees: Self::default(),
        };
        table.eval(&Statement::default(), &mut counter);
        counter.degrees
    }
}

struct Counter<'a> {
    main: RowWindow<'a, Degree>,
    preprocessed: RowWindow<'a, Degree>,
    degrees: Degrees,
}

impl<'a> AirBuilder for Counter<'a> {
    type F = Goldilocks;
    type Expr = Degree;
    type Var = Degree;
    type PreprocessedWindow = RowWindow<'a, Degree>;
    type MainWindow = RowWindow<'a, Degree>;
    type PublicVar = Degree;
    type PeriodicVar = Degree;

    fn main(&self) -> Self::MainWindow {
        self.main
    }

    fn preprocessed(&self) -> &Self::PreprocessedWindow {
        &self.preprocessed
    }

    fn is_first_row(&self) -> Degree {
        Degree(1)
    }

    fn is_last_row(&self) -> Degree {
        Degree(1)
    }

    fn is_transition(&self) -> Degree {
        Degree(1)
    }

    fn assert_zero<I: Into<Degree>>(&mut self, zero: I) {
        self.degrees.constraints.push(zero.into().0);
    }
}

impl TableBuilder for Counter<'_> {
    fn constrain(&mut self, _label: &'static str, zero: impl Into<Degree>) {
        self.assert_zero(zero);
    }

    fn message(
        &mut self,
        bus: Bus,
        _side: Side,
        fields: impl IntoIterator<Item = Degree>,
        multiplicity: Degree,
        _multiplicity_max: u32,
    ) {
        self.degrees.messages.push(MessageDegrees {
            bus,
            fields: fields.into_iter().map(|field| field.0).max().unwrap_or(0),
            multiplicity: multiplicity.0,
        });
    }
}

impl PrimeCharacteristicRing for Degree {
    type PrimeSubfield = Goldilocks;

    const ZERO: Self = Self(0);
    const ONE: Self = Self(0);
    const TWO: Self = Self(0);
    const NEG_ONE: Self = Self(0);

    fn from_prime_subfield(_: Goldilocks) -> Self {
        Self(0)
    }
}

impl From<Goldilocks> for Degree {
    fn from(_: Goldilocks) -> Self {
        Self(0)
    }
}

impl Algebra<Goldilocks> for Degree {}

impl Neg for Degree {
    type Output = Self;

    fn neg(self) -> Self {
        self
    }
}

/// Sums have the larger degree, products the sum of degrees.
macro_rules! operators {
    ($($trait:ident $method:ident $assign:ident $assign_method:ident $of:expr,)*) => {$(
        impl $trait for Degree {
            type Output = Self;

            fn $method(self, other: Self) -> Self {
                let of: fn(usize, usize) -> usize = $of;
                Self(of(self.0, other.0))
            }
        }

        impl $assign for Degree {
            fn $assign_method(&mut self, other: Self) {
                *self = self.$method(other);
            }
        }

        impl $trait<Goldilocks> for Degree {
            type Output = Self;

            fn $method(self, _: Goldilocks) -> Self {
                self
            }
        }

        impl $assign<Goldilocks> for Degree {
            fn $assign_method(&mut self, _: Goldilocks) {}
        }
    )*};
}

operators! {
    Add add AddAssign add_assign |a, b| a.max(b),
    Sub sub SubAssign sub_assign |a, b| a.max(b),
    Mul mul MulAssign mul_assign |a, b| a + b,
}

impl Sum for Degree {
    fn sum<I: Iterator<Item = Self>>(degrees: I) -> Self {
        degrees.fold(Self(0), Add::add)
    }
}

impl Product for Degree {
    fn product<I: Iterator<Item = Self>>(degrees: I) -> Self {
        degrees.fold(Self(0), Mul::mul)
    }
}
