//! Rows as documented structs: one definition gives the struct, its width, its layout in a trace
//! and the column list of the generated documentation.
//!
//! A row's cells lie in declaration order. `read` and `write` are the only places where a struct
//! and a slice of cells meet, so a column can't be read under another column's name.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// A named cell of a row, for documentation and error reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Path of the cell, e.g. `rs1.value.lo`.
    pub name: String,
    /// What it means and which values it takes: the comments of the groups it lies in, outermost
    /// first, then its own.
    pub doc: String,
}

/// A group of cells with a fixed layout.
pub trait Columns<T: Copy>: Sized {
    /// Cells in the group.
    const WIDTH: usize;

    /// Reads the group from the front of `cells` and moves past it.
    fn read(cells: &mut core::slice::Iter<'_, T>) -> Self;

    /// Writes the group to the front of `cells` and moves past it.
    fn write(&self, cells: &mut core::slice::IterMut<'_, T>);

    /// Lists the group's cells below the name `path`, their comments after `doc`.
    fn describe(path: &str, doc: &str, columns: &mut Vec<Column>);

    /// The row that lies in `cells`.
    ///
    /// # Panics
    /// If there are fewer than [`Self::WIDTH`] cells.
    fn of(cells: &[T]) -> Self {
        Self::read(&mut cells.iter())
    }
}

/// Joins a path and a field name.
#[must_use]
pub fn join(path: &str, field: &str) -> String {
    if path.is_empty() { String::from(field) } else { format!("{path}.{field}") }
}

/// Joins a group's comment and the lines of a field's.
#[must_use]
pub fn join_docs(group: &str, lines: &[&str]) -> String {
    let lines = lines.iter().map(|line| line.trim());
    let parts: Vec<&str> =
        core::iter::once(group).chain(lines).filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

/// Declares a struct whose fields are cells: `cell`, `[cell; N]`, another such struct, or an
/// array of them.
macro_rules! columns {
    ($(#[doc = $outer:expr])* pub struct $name:ident $(<$(const $size:ident),*>)? { $($(#[doc = $doc:expr])* $field:ident : $kind:tt,)* }) => {
        $(#[doc = $outer])*
        pub struct $name<T $($(, const $size: usize)*)?> { $($(#[doc = $doc])* pub $field: $crate::columns::columns!(@type T $kind),)* }

        impl<T: Copy $($(, const $size: usize)*)?> Clone for $name<T $($(, $size)*)?> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<T: Copy $($(, const $size: usize)*)?> Copy for $name<T $($(, $size)*)?> {}

        impl<T: Default $($(, const $size: usize)*)?> Default for $name<T $($(, $size)*)?> {
            fn default() -> Self {
                Self { $($field: $crate::columns::columns!(@default T $kind),)* }
            }
        }

        impl<T: Copy $($(, const $size: usize)*)?> $crate::columns::Columns<T> for $name<T $($(, $size)*)?> {
            const WIDTH: usize = 0 $(+ $crate::columns::columns!(@width T $kind))*;

            fn read(cells: &mut core::slice::Iter<'_, T>) -> Self {
                Self { $($field: $crate::columns::columns!(@read cells T $kind),)* }
            }

            fn write(&self, cells: &mut core::slice::IterMut<'_, T>) {
                $($crate::columns::columns!(@write cells T (self.$field) $kind);)*
            }

            fn describe(path: &str, doc: &str, columns: &mut alloc::vec::Vec<$crate::columns::Column>) {
                $({
                    let path = $crate::columns::join(path, stringify!($field));
                    let doc = $crate::columns::join_docs(doc, &[$($doc),*]);
                    $crate::columns::columns!(@describe path doc columns T $kind);
                })*
            }
        }
    };
    (@type $t:ident cell) => { $t };
    (@type $t:ident [cell; $n:tt]) => { [$t; $n] };
    (@type $t:ident [$nested:ident; $n:tt]) => { [$nested<$t>; $n] };
    (@type $t:ident $nested:ident) => { $nested<$t> };
    (@default $t:ident [$nested:ident; $n:tt]) => { core::array::from_fn(|_| Default::default()) };
    (@default $t:ident $nested:ident) => { Default::default() };
    (@width $t:ident cell) => { 1 };
    (@width $t:ident [cell; $n:tt]) => { $n };
    (@width $t:ident [$nested:ident; $n:tt]) => { $n * <$nested<$t> as $crate::columns::Columns<$t>>::WIDTH };
    (@width $t:ident $nested:ident) => { <$nested<$t> as $crate::columns::Columns<$t>>::WIDTH };
    (@read $cells:ident $t:ident cell) => { *$cells.next().expect("a row is as wide as its struct") };
    (@read $cells:ident $t:ident [cell; $n:tt]) => {
        core::array::from_fn(|_| *$cells.next().expect("a row is as wide as its struct"))
    };
    (@read $cells:ident $t:ident [$nested:ident; $n:tt]) => {
        core::array::from_fn(|_| <$nested<$t> as $crate::columns::Columns<$t>>::read($cells))
    };
    (@read $cells:ident $t:ident $nested:ident) => { <$nested<$t> as $crate::columns::Columns<$t>>::read($cells) };
    (@write $cells:ident $t:ident ($value:expr) cell) => {
        *$cells.next().expect("a row is as wide as its struct") = $value
    };
    (@write $cells:ident $t:ident ($value:expr) [cell; $n:tt]) => {
        for value in $value { *$cells.next().expect("a row is as wide as its struct") = value; }
    };
    (@write $cells:ident $t:ident ($value:expr) [$nested:ident; $n:tt]) => {
        for value in &$value { $crate::columns::Columns::<$t>::write(value, $cells); }
    };
    (@write $cells:ident $t:ident ($value:expr) $nested:ident) => {
        $crate::columns::Columns::<$t>::write(&$value, $cells)
    };
    (@describe $path:ident $doc:ident $columns:ident $t:ident cell) => {
        $columns.push($crate::columns::Column { name: $path, doc: $doc })
    };
    (@describe $path:ident $doc:ident $columns:ident $t:ident [cell; $n:tt]) => {
        for i in 0..$n {
            $columns.push($crate::columns::Column { name: alloc::format!("{}[{i}]", $path), doc: $doc.clone() });
        }
    };
    (@describe $path:ident $doc:ident $columns:ident $t:ident [$nested:ident; $n:tt]) => {
        for i in 0..$n {
            <$nested<$t> as $crate::columns::Columns<$t>>::describe(&alloc::format!("{}[{i}]", $path), &$doc, $columns);
        }
    };
    (@describe $path:ident $doc:ident $columns:ident $t:ident $nested:ident) => {
        <$nested<$t> as $crate::columns::Columns<$t>>::describe(&$path, &$doc, $columns)
    };
}
pub(crate) use columns;
