//! Where in an encoded value its lists and options are.
//!
//! [`Layout::of`] walks a value as bincode's fixed-width encoding does, and notes positions instead
//! of writing bytes. With them, bytes can be changed so that they still decode: a list's element
//! goes away and its length changes with it.

use core::fmt::{self, Display};
use core::ops::Range;

use serde::ser::{self, Serialize};

/// A list in an encoded value: eight bytes of length, then the elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// How many lists this one is in.
    pub depth: usize,
    /// Position of the length.
    pub at: usize,
    /// Position of each element, and of the end.
    pub elements: Vec<usize>,
}

impl List {
    /// Elements of the list.
    pub fn len(&self) -> usize {
        self.elements.len() - 1
    }

    /// Whether the list has no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of an element.
    pub fn element(&self, index: usize) -> Range<usize> {
        self.elements[index]..self.elements[index + 1]
    }

    /// The bytes of the list, its length included.
    pub fn range(&self) -> Range<usize> {
        self.at..self.elements[self.len()]
    }
}

/// Positions in an encoded value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The lists, those that are in fewer others first.
    pub lists: Vec<List>,
    /// The options that are there: one byte that is 1, and the value.
    pub options: Vec<Range<usize>>,
    /// Bytes in total.
    pub length: usize,
}

impl Layout {
    /// The layout of `value`, as if it was encoded at position `start`.
    ///
    /// # Errors
    /// If the value has parts that proofs don't have, such as maps.
    pub fn of(value: &impl Serialize, start: usize) -> Result<Self, Unsupported> {
        let mut walk = Walk { at: start, depth: 0, layout: Self::default() };
        value.serialize(&mut walk)?;
        let mut layout = walk.layout;
        layout.lists.sort_by_key(|list| (list.depth, list.at));
        layout.length = walk.at;
        Ok(layout)
    }
}

/// A value of a kind that has no layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported(String);

impl Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no layout: {}", self.0)
    }
}

impl core::error::Error for Unsupported {}

impl ser::Error for Unsupported {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

fn unsupported<T>(kind: &str) -> Result<T, Unsupported> {
    Err(Unsupported(kind.to_owned()))
}

struct Walk {
    at: usize,
    depth: usize,
    layout: Layout,
}

impl Walk {
    fn skip(&mut self, bytes: usize) -> Result<(), Unsupported> {
        self.at += bytes;
        Ok(())
    }
}

/// A list or a tuple whose elements are being walked. Tuples have no length of their own.
struct Elements<'a> {
    walk: &'a mut Walk,
    /// Position of the length and of the elements so far, if this is a list.
    list: Option<(usize, Vec<usize>)>,
}

impl Elements<'_> {
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unsupported> {
        if let Some((_, elements)) = &mut self.list {
            elements.push(self.walk.at);
        }
        value.serialize(&mut *self.walk)
    }

    fn finish(self) -> Result<(), Unsupported> {
        if let Some((at, mut elements)) = self.list {
            elements.push(self.walk.at);
            self.walk.depth -= 1;
            self.walk.layout.lists.push(List { depth: self.walk.depth, at, elements });
        }
        Ok(())
    }
}

macro_rules! skips {
    ($($name:ident($kind:ty)),*) => {
        $(fn $name(self, _: $kind) -> Result<(), Unsupported> {
            self.skip(size_of::<$kind>())
        })*
    };
}

impl<'a> ser::Serializer for &'a mut Walk {
    type Ok = ();
    type Error = Unsupported;
    type SerializeSeq = Elements<'a>;
    type SerializeTuple = Elements<'a>;
    type SerializeTupleStruct = Elements<'a>;
    type SerializeTupleVariant = ser::Impossible<(), Unsupported>;
    type SerializeMap = ser::Impossible<(), Unsupported>;
    type SerializeStruct = Elements<'a>;
    type SerializeStructVariant = ser::Impossible<(), Unsupported>;

    skips! {
        serialize_bool(bool), serialize_i8(i8), serialize_i16(i16), serialize_i32(i32),
        serialize_i64(i64), serialize_u8(u8), serialize_u16(u16), serialize_u32(u32),
        serialize_u64(u64), serialize_f32(f32), serialize_f64(f64)
    }

    fn serialize_char(self, _: char) -> Result<(), Unsupported> {
        unsupported("char")
    }

    fn serialize_str(self, text: &str) -> Result<(), Unsupported> {
        self.skip(8 + text.len())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Unsupported> {
        self.skip(8 + bytes.len())
    }

    fn serialize_none(self) -> Result<(), Unsupported> {
        self.skip(1)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unsupported> {
        let start = self.at;
        self.at += 1;
        value.serialize(&mut *self)?;
        self.layout.options.push(start..self.at);
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), Unsupported> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Unsupported> {
        Ok(())
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
    ) -> Result<(), Unsupported> {
        self.skip(4)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Unsupported> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Unsupported> {
        unsupported("enum with fields")
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Elements<'a>, Unsupported> {
        let at = self.at;
        self.at += 8;
        self.depth += 1;
        Ok(Elements { walk: self, list: Some((at, Vec::with_capacity(length.unwrap_or(0) + 1))) })
    }

    fn serialize_tuple(self, _: usize) -> Result<Elements<'a>, Unsupported> {
        Ok(Elements { walk: self, list: None })
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Elements<'a>, Unsupported> {
        Ok(Elements { walk: self, list: None })
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unsupported> {
        unsupported("enum with fields")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Unsupported> {
        unsupported("map")
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Elements<'a>, Unsupported> {
        Ok(Elements { walk: self, list: None })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unsupported> {
        unsupported("enum with fields")
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

impl ser::SerializeSeq for Elements<'_> {
    type Ok = ();
    type Error = Unsupported;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unsupported> {
        self.element(value)
    }

    fn end(self) -> Result<(), Unsupported> {
        self.finish()
    }
}

impl ser::SerializeTuple for Elements<'_> {
    type Ok = ();
    type Error = Unsupported;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unsupported> {
        self.element(value)
    }

    fn end(self) -> Result<(), Unsupported> {
        self.finish()
    }
}

impl ser::SerializeTupleStruct for Elements<'_> {
    type Ok = ();
    type Error = Unsupported;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unsupported> {
        self.element(value)
    }

    fn end(self) -> Result<(), Unsupported> {
        self.finish()
    }
}

impl ser::SerializeStruct for Elements<'_> {
    type Ok = ();
    type Error = Unsupported;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Unsupported> {
        self.element(value)
    }

    fn end(self) -> Result<(), Unsupported> {
        self.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_those_of_the_encoding() {
        let value = (7u8, vec![vec![1u16, 2], vec![3]], Some(vec![4u64]), None::<u8>);
        let bytes = bincode::serde::encode_to_vec(&value, bincode::config::legacy()).unwrap();
        let layout = Layout::of(&value, 0).unwrap();
        assert_eq!(layout.length, bytes.len());
        let lists: Vec<_> = layout.lists.iter().map(|list| (list.depth, list.at)).collect();
        assert_eq!(lists, [(0, 1), (0, 32), (1, 9), (1, 21)]);
        for list in &layout.lists {
            assert_eq!(bytes[list.at..list.at + 8], (list.len() as u64).to_le_bytes());
        }
        assert_eq!(layout.lists[0].element(0), 9..21);
        assert_eq!(layout.lists[0].range(), 1..31);
        assert_eq!((layout.options.len(), &layout.options[0]), (1, &(31..48)));
        assert_eq!(bytes[31], 1);
    }
}
