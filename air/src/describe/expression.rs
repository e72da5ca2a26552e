//! Expressions as readable text.
//!
//! An expression is written as a sum of terms, each a coefficient and factors, in the order in
//! which the table has them. Nothing is multiplied out, except that the double of a sum is the
//! sum of doubles, and of two opposite terms in a sum neither is written. So the text shows the
//! constraint as the table has it, and one that demands nothing as 0.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use p3_air::{BaseEntry, BaseLeaf, SymbolicExpr, SymbolicExpression, SymbolicVariable};
use p3_field::{PrimeCharacteristicRing, PrimeField64};
use p3_goldilocks::Goldilocks;

/// An expression over the cells of a row.
pub(super) type Symbolic = SymbolicExpression<Goldilocks>;
/// A cell.
pub(super) type Variable = SymbolicVariable<Goldilocks>;

/// What cells and constants are called.
#[derive(Debug)]
pub(super) struct Names {
    /// Main columns.
    pub(super) main: Vec<String>,
    /// Preprocessed columns.
    pub(super) preprocessed: Vec<String>,
    /// Periodic columns.
    pub(super) periodic: Vec<&'static str>,
    /// Constants that stand for parts of the statement.
    pub(super) constants: Vec<(Goldilocks, &'static str)>,
}

/// Writes expressions and keeps account of the cells they mention.
#[derive(Debug)]
pub(super) struct Writer {
    names: Names,
    /// Names of the columns in the expressions so far.
    pub(super) mentioned: BTreeSet<String>,
}

/// A coefficient, not 0, times factors.
struct Term {
    coefficient: Goldilocks,
    factors: Vec<String>,
}

/// Terms and a constant.
#[derive(Default)]
struct Sum {
    terms: Vec<Term>,
    constant: Goldilocks,
}

impl Sum {
    /// Adds a term, or takes away its opposite.
    fn push(&mut self, term: Term) {
        let is_opposite =
            |other: &Term| other.coefficient == -term.coefficient && other.factors == term.factors;
        match self.terms.iter().position(is_opposite) {
            Some(opposite) => {
                self.terms.remove(opposite);
            }
            None => self.terms.push(term),
        }
    }
}

impl Writer {
    pub(super) const fn new(names: Names) -> Self {
        Self { names, mentioned: BTreeSet::new() }
    }

    /// The text of `expression`.
    pub(super) fn write(&mut self, expression: &Symbolic) -> String {
        let mut sum = Sum::default();
        self.accumulate(expression, Goldilocks::ONE, &mut sum);
        text(&sum)
    }

    /// Adds `coefficient·expression` to `sum`.
    fn accumulate(&mut self, expression: &Symbolic, coefficient: Goldilocks, sum: &mut Sum) {
        match expression {
            Symbolic::Leaf(BaseLeaf::Constant(constant)) if self.constant(*constant).is_none() => {
                sum.constant += coefficient * *constant;
            }
            Symbolic::Add { x, y, .. } if are_same(x, y) => {
                self.accumulate(x, coefficient.double(), sum);
            }
            Symbolic::Add { x, y, .. } => {
                self.accumulate(x, coefficient, sum);
                self.accumulate(y, coefficient, sum);
            }
            Symbolic::Sub { x, y, .. } => {
                self.accumulate(x, coefficient, sum);
                self.accumulate(y, -coefficient, sum);
            }
            Symbolic::Neg { x, .. } => self.accumulate(x, -coefficient, sum),
            Symbolic::Leaf(leaf) => {
                let factors = Vec::from([self.leaf(leaf)]);
                sum.push(Term { coefficient, factors });
            }
            Symbolic::Mul { .. } => {
                let mut scale = coefficient;
                let mut factors = Vec::new();
                collect_factors(expression, &mut scale, &mut factors);
                match factors[..] {
                    [factor] if scale == Goldilocks::ONE || scale == Goldilocks::NEG_ONE => {
                        self.accumulate(factor, scale, sum);
                    }
                    _ => {
                        if let Some(product) = self.product(scale, &factors) {
                            sum.push(product);
                        }
                    }
                }
            }
        }
    }

    /// The term `coefficient·factors`; `None` if a factor is 0.
    fn product(&mut self, coefficient: Goldilocks, factors: &[&Symbolic]) -> Option<Term> {
        let mut product = Term { coefficient, factors: Vec::new() };
        for factor in factors {
            let mut sum = Sum::default();
            self.accumulate(factor, Goldilocks::ONE, &mut sum);
            match (&mut sum.terms[..], sum.constant) {
                ([], constant) => product.coefficient *= constant,
                ([term], constant) if constant == Goldilocks::ZERO => {
                    product.coefficient *= term.coefficient;
                    product.factors.append(&mut term.factors);
                }
                _ => product.factors.push(format!("({})", text(&sum))),
            }
        }
        (product.coefficient != Goldilocks::ZERO).then_some(product)
    }

    fn constant(&self, constant: Goldilocks) -> Option<&'static str> {
        self.names.constants.iter().find(|(value, _)| *value == constant).map(|(_, name)| *name)
    }

    fn leaf(&mut self, leaf: &BaseLeaf<Goldilocks>) -> String {
        let variable = match leaf {
            BaseLeaf::IsFirstRow => return "is_first_row".into(),
            BaseLeaf::IsLastRow => return "is_last_row".into(),
            BaseLeaf::IsTransition => return "is_transition".into(),
            BaseLeaf::Constant(constant) => {
                return self.constant(*constant).unwrap_or_default().into();
            }
            BaseLeaf::Variable(variable) => variable,
        };
        let (name, offset) = match variable.entry {
            BaseEntry::Main { offset } => (&self.names.main[variable.index], offset),
            BaseEntry::Preprocessed { offset } => {
                (&self.names.preprocessed[variable.index], offset)
            }
            BaseEntry::Periodic => return self.names.periodic[variable.index].into(),
            // Tables have none.
            BaseEntry::Public => return String::from("?"),
        };
        self.mentioned.insert(name.clone());
        if offset == 0 { name.clone() } else { format!("{name}'") }
    }
}

/// Takes a product apart into a constant and factors that are no products.
fn collect_factors<'a>(
    expression: &'a Symbolic,
    scale: &mut Goldilocks,
    factors: &mut Vec<&'a Symbolic>,
) {
    match expression {
        Symbolic::Mul { x, y, .. } => {
            collect_factors(x, scale, factors);
            collect_factors(y, scale, factors);
        }
        Symbolic::Neg { x, .. } => {
            *scale = -*scale;
            collect_factors(x, scale, factors);
        }
        Symbolic::Add { x, y, .. } if are_same(x, y) => {
            *scale = scale.double();
            collect_factors(x, scale, factors);
        }
        Symbolic::Leaf(BaseLeaf::Constant(constant)) => *scale *= *constant,
        _ => factors.push(expression),
    }
}

/// Whether `x` and `y` are visibly one expression, as the two halves of a doubling are.
fn are_same(x: &Symbolic, y: &Symbolic) -> bool {
    use SymbolicExpr::{Add, Leaf, Mul, Neg, Sub};
    match (x, y) {
        (Leaf(BaseLeaf::Variable(x)), Leaf(BaseLeaf::Variable(y))) => {
            x.entry == y.entry && x.index == y.index
        }
        (Add { x, y, .. }, Add { x: u, y: v, .. })
        | (Sub { x, y, .. }, Sub { x: u, y: v, .. })
        | (Mul { x, y, .. }, Mul { x: u, y: v, .. }) => Arc::ptr_eq(x, u) && Arc::ptr_eq(y, v),
        (Neg { x, .. }, Neg { x: u, .. }) => Arc::ptr_eq(x, u),
        _ => false,
    }
}

fn text(sum: &Sum) -> String {
    let mut text = String::new();
    let (constant_is_negative, constant) = constant(sum.constant);
    let constant = if constant_is_negative { parenthesized(constant) } else { constant };
    let starts_negative = sum.terms.first().is_some_and(|term| coefficient(term.coefficient).0);
    let mut is_constant_due = sum.constant != Goldilocks::ZERO || sum.terms.is_empty();
    if is_constant_due && starts_negative && !constant_is_negative {
        push(&mut text, false, &constant);
        is_constant_due = false;
    }
    for term in &sum.terms {
        let (is_negative, coefficient) = coefficient(term.coefficient);
        let mut factors = term.factors.clone();
        if coefficient != "1" {
            factors.insert(0, parenthesized(coefficient));
        }
        push(&mut text, is_negative, &factors.join("·"));
    }
    if is_constant_due {
        push(&mut text, constant_is_negative, &constant);
    }
    text
}

/// Appends a summand.
fn push(text: &mut String, is_negative: bool, summand: &str) {
    text.push_str(match (text.is_empty(), is_negative) {
        (true, false) => "",
        (true, true) => "−",
        (false, false) => " + ",
        (false, true) => " − ",
    });
    text.push_str(summand);
}

fn parenthesized(number: String) -> String {
    if number.contains(' ') { format!("({number})") } else { number }
}

/// Powers of two from this on are written as powers.
const LOG_POWER_MIN: u32 = 8;
/// Numbers below this are written in decimal.
const DECIMAL_END: u64 = 1 << 16;

/// Differences of powers below this are written as such rather than as negative inverses.
const DIFFERENCE_FIRST_END: u64 = 1 << 40;

/// The sign of a coefficient and its text without the sign.
///
/// The field has no sign, and 2^32 − 1 is −2^-32 there; so this is a choice of what is likely
/// meant. The first that fits of: a number near 0 or a power of two; an inverse of a power; a
/// difference of powers, if it isn't large; the negative of an inverse; what a constant would be.
fn coefficient(value: Goldilocks) -> (bool, String) {
    let is_small = value.as_canonical_u64() < DIFFERENCE_FIRST_END;
    of_either_sign(value, decimal_or_power)
        .or_else(|| Some((false, inverse_power(value)?)))
        .or_else(|| if is_small { Some((false, difference(value)?)) } else { None })
        .or_else(|| Some((true, inverse_power(-value)?)))
        .unwrap_or_else(|| constant(value))
}

/// The sign of a constant and its text without the sign: a number near 0, a power of two, a
/// difference of such, or a hexadecimal number.
fn constant(value: Goldilocks) -> (bool, String) {
    of_either_sign(value, decimal_or_power)
        .or_else(|| of_either_sign(value, difference))
        .unwrap_or_else(|| {
            let is_negative = value.as_canonical_u64() > Goldilocks::ORDER_U64 / 2;
            let magnitude = if is_negative { -value } else { value };
            (is_negative, format!("{:#x}", magnitude.as_canonical_u64()))
        })
}

fn of_either_sign(
    value: Goldilocks,
    write: fn(Goldilocks) -> Option<String>,
) -> Option<(bool, String)> {
    let positive = write(value).map(|text| (false, text));
    positive.or_else(|| Some((true, write(-value)?)))
}

fn decimal_or_power(value: Goldilocks) -> Option<String> {
    let value = value.as_canonical_u64();
    if value >= 1 << LOG_POWER_MIN && value.is_power_of_two() {
        return Some(format!("2^{}", value.trailing_zeros()));
    }
    (value < DECIMAL_END).then(|| value.to_string())
}

fn inverse_power(value: Goldilocks) -> Option<String> {
    let log = (1..=32u64).find(|log| Goldilocks::from_u64(1 << log) * value == Goldilocks::ONE)?;
    Some(format!("2^-{log}"))
}

fn difference(value: Goldilocks) -> Option<String> {
    let value = u128::from(value.as_canonical_u64());
    let power = value.next_power_of_two();
    let (log, less) = (power.trailing_zeros(), power - value);
    if less < 1 << LOG_POWER_MIN {
        return Some(format!("2^{log} − {less}"));
    }
    less.is_power_of_two().then(|| format!("2^{log} − 2^{}", less.trailing_zeros()))
}

#[cfg(test)]
mod tests {
    use std::vec;

    use p3_field::Field;

    use super::*;

    fn check(expression: impl Into<Symbolic>, expected: &str) {
        let names = Names {
            main: vec!["a".into(), "b".into()],
            periodic: Vec::new(),
            preprocessed: vec!["fixed.c".into()],
            constants: vec![(Goldilocks::from_u32(77_777), "statement.x")],
        };
        assert_eq!(Writer::new(names).write(&expression.into()), expected);
    }

    fn main(index: usize) -> Symbolic {
        Variable::new(BaseEntry::Main { offset: 0 }, index).into()
    }

    fn constant(value: i64) -> Symbolic {
        let magnitude = Goldilocks::from_u64(value.unsigned_abs());
        Symbolic::from(if value < 0 { -magnitude } else { magnitude })
    }

    #[test]
    fn constants() {
        for (value, expected) in [
            (0, "0"),
            (-1, "−1"),
            (128, "128"),
            (256, "2^8"),
            (-1000, "−1000"),
            (1 << 32, "2^32"),
            (-(1 << 48), "−2^48"),
            (0xFFFF_FF00, "2^32 − 2^8"),
            (0xFFFF_FFFF, "2^32 − 1"),
            (-0xFFFF_FFFF, "−(2^32 − 1)"),
            ((1 << 35) - 8, "2^35 − 8"),
            (-0x1234_5678, "−0x12345678"),
        ] {
            check(constant(value), expected);
        }
    }

    #[test]
    fn coefficients() {
        let inverse = |log: u32| Symbolic::from(Goldilocks::from_u64(1 << log).inverse());
        check(main(0) * inverse(32), "2^-32·a");
        check(-main(0) * inverse(16), "−2^-16·a");
        check(main(0) * inverse(3), "2^-3·a");
        check(main(0) * constant(0xFFFF_FFFF), "(2^32 − 1)·a");
        check(main(0) * constant((1 << 31) - 1), "(2^31 − 1)·a");
    }

    #[test]
    fn sums_and_products() {
        let (a, b) = (main(0), main(1));
        let (a, b) = (&a, &b);
        let a = || a.clone();
        let b = || b.clone();
        check(a() * (a() - constant(1)), "a·(a − 1)");
        check(a() * constant(1 << 16) + b(), "2^16·a + b");
        check(constant(1) - a(), "1 − a");
        check(-(a() - b()) * constant(3), "−3·(a − b)");
        check((a() - constant(5)) + constant(5), "a");
        check((a() + b() - a()) * a(), "b·a");
        check((a() + b() - b() - a()) * a(), "0");
        check(constant((1 << 35) - 8) - a(), "2^35 − 8 − a");
        check(a() - constant(0xFFFF_FF00), "a − (2^32 − 2^8)");
        check((a() + b()).double(), "2·a + 2·b");
        check((a() + b()).double() * a(), "2·(a + b)·a");
        check(a() * b().double().double(), "4·a·b");
        check(a() * constant((1 << 32) - 256), "(2^32 − 2^8)·a");
        check(a() - constant(77_777), "a − statement.x");
        let fixed = Variable::new(BaseEntry::Preprocessed { offset: 0 }, 0);
        let next = Variable::new(BaseEntry::Main { offset: 1 }, 1);
        check(next - fixed, "b' − fixed.c");
    }
}
