//! The degrees of a table's constraints and messages in its cells, and whether they look at more
//! than one row.

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
pub struct Degree {
    /// The degree.
    pub degree: usize,
    /// Whether it depends on where its row lies: on the next row or on a selector of rows.
    pub depends_on_place: bool,
}

impl Degree {
    /// A constant.
    const CONSTANT: Self = Self { degree: 0, depends_on_place: false };
    /// A cell of the row.
    const HERE: Self = Self { degree: 1, depends_on_place: false };
    /// A cell of the next row, or a selector.
    const ELSEWHERE: Self = Self { degree: 1, depends_on_place: true };

    /// That of a sum.
    fn of_sum(self, other: Self) -> Self {
        let depends_on_place = self.depends_on_place || other.depends_on_place;
        Self { degree: self.degree.max(other.degree), depends_on_place }
    }

    /// That of a product.
    fn of_product(self, other: Self) -> Self {
        let depends_on_place = self.depends_on_place || other.depends_on_place;
        Self { degree: self.degree + other.degree, depends_on_place }
    }
}

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
    /// Whether a constraint or message depends on the next row or on a selector of rows.
    pub reads_next_row: bool,
}

impl Degrees {
    /// The degrees of `table`.
    #[must_use]
    pub fn of(table: Table) -> Self {
        let [main, main_next] = [Degree::HERE, Degree::ELSEWHERE].map(|d| vec![d; table.width()]);
        let [fixed, fixed_next] =
            [Degree::HERE, Degree::ELSEWHERE].map(|d| vec![d; table.preprocessed_width()]);
        let mut counter = Counter {
            main: RowWindow::from_two_rows(&main, &main_next),
            preprocessed: RowWindow::from_two_rows(&fixed, &fixed_next),
            periodic: vec![Degree::ELSEWHERE; table.periodic().len()],
            degrees: Self::default(),
        };
        table.eval(&Statement::default(), &mut counter);
        counter.degrees
    }
}

struct Counter<'a> {
    main: RowWindow<'a, Degree>,
    preprocessed: RowWindow<'a, Degree>,
    periodic: Vec<Degree>,
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

    fn periodic_values(&self) -> &[Degree] {
        &self.periodic
    }

    fn is_first_row(&self) -> Degree {
        Degree::ELSEWHERE
    }

    fn is_last_row(&self) -> Degree {
        Degree::ELSEWHERE
    }

    fn is_transition(&self) -> Degree {
        Degree::ELSEWHERE
    }

    fn assert_zero<I: Into<Degree>>(&mut self, zero: I) {
        let zero = zero.into();
        self.degrees.constraints.push(zero.degree);
        self.degrees.reads_next_row |= zero.depends_on_place;
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
        let fields: Degree = fields.into_iter().sum();
        self.degrees.reads_next_row |= fields.depends_on_place || multiplicity.depends_on_place;
        self.degrees.messages.push(MessageDegrees {
            bus,
            fields: fields.degree,
            multiplicity: multiplicity.degree,
        });
    }
}

impl PrimeCharacteristicRing for Degree {
    type PrimeSubfield = Goldilocks;

    const ZERO: Self = Self::CONSTANT;
    const ONE: Self = Self::CONSTANT;
    const TWO: Self = Self::CONSTANT;
    const NEG_ONE: Self = Self::CONSTANT;

    fn from_prime_subfield(_: Goldilocks) -> Self {
        Self::CONSTANT
    }
}

impl From<Goldilocks> for Degree {
    fn from(_: Goldilocks) -> Self {
        Self::CONSTANT
    }
}

impl Algebra<Goldilocks> for Degree {}

impl Neg for Degree {
    type Output = Self;

    fn neg(self) -> Self {
        self
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident $assign:ident $assign_method:ident $of:ident,)*) => {$(
        impl $trait for Degree {
            type Output = Self;

            fn $method(self, other: Self) -> Self {
                self.$of(other)
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
    Add add AddAssign add_assign of_sum,
    Sub sub SubAssign sub_assign of_sum,
    Mul mul MulAssign mul_assign of_product,
}

impl Sum for Degree {
    fn sum<I: Iterator<Item = Self>>(degrees: I) -> Self {
        degrees.fold(Self::CONSTANT, Add::add)
    }
}

impl Product for Degree {
    fn product<I: Iterator<Item = Self>>(degrees: I) -> Self {
        degrees.fold(Self::CONSTANT, Mul::mul)
    }
}
