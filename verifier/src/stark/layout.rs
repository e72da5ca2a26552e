//! Where columns lie in a commitment.
//!
//! All tables of one height share a matrix: their columns lie side by side, in the order of the
//! tables. A matrix is padded with columns of zeros to a multiple of [`BLOCK_ELEMENTS`]; the
//! padding is hashed, but neither opened nor sent.

use alloc::vec::Vec;
use core::ops::Range;

use crate::stark::domain::LOG_BLOWUP;
use crate::stark::merkle::{BLOCK_ELEMENTS, Dimensions};

/// The matrices of one commitment, in descending order of height.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The matrices.
    pub groups: Vec<Group>,
}

/// One matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Log2 of the tables' height.
    pub log_height: usize,
    /// Columns, without padding.
    pub width: usize,
    /// The tables in it.
    pub parts: Vec<Part>,
}

/// One table's columns in a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The table's position in the shape.
    pub instance: usize,
    /// Its first column.
    pub offset: usize,
    /// Its columns.
    pub width: usize,
}

impl Part {
    /// Its columns.
    #[must_use]
    pub const fn columns(&self) -> Range<usize> {
        self.offset..self.offset.saturating_add(self.width)
    }
}

impl Layout {
    /// The layout of tables with these heights (log2) and widths; those of width 0 have no part.
    #[must_use]
    pub fn new(tables: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let mut groups: Vec<Group> = Vec::new();
        for (instance, (log_height, width)) in tables.into_iter().enumerate() {
            if width == 0 {
                continue;
            }
            let at = groups.partition_point(|group| group.log_height > log_height);
            if groups.get(at).is_none_or(|group| group.log_height != log_height) {
                groups.insert(at, Group { log_height, width: 0, parts: Vec::new() });
            }
            if let Some(group) = groups.get_mut(at) {
                group.parts.push(Part { instance, offset: group.width, width });
                group.width = group.width.saturating_add(width);
            }
        }
        Self { groups }
    }

    /// The matrix of tables of height `2^log_height`, and its position.
    #[must_use]
    pub fn group(&self, log_height: usize) -> Option<(usize, &Group)> {
        self.groups.iter().enumerate().find(|(_, group)| group.log_height == log_height)
    }

    /// Where the columns of a table lie: the matrix's position and the part.
    #[must_use]
    pub fn part(&self, instance: usize) -> Option<(usize, Part)> {
        self.groups.iter().enumerate().find_map(|(index, group)| {
            let part = group.parts.iter().find(|part| part.instance == instance)?;
            Some((index, *part))
        })
    }

    /// The dimensions of the committed matrices, as opened: without padding.
    #[must_use]
    pub fn dimensions(&self) -> Vec<Dimensions> {
        let dimensions = |group: &Group| Dimensions {
            log_height: group.log_height.saturating_add(LOG_BLOWUP),
            width: group.width,
        };
        self.groups.iter().map(dimensions).collect()
    }
}

impl Group {
    /// Columns, with padding.
    #[must_use]
    pub const fn padded_width(&self) -> usize {
        self.width.next_multiple_of(BLOCK_ELEMENTS)
    }
}
