//! The proof file.
//!
//! ```text
//! "lvm proof"      9 bytes
//! version          1 byte, 4
//! head             4 bytes of length; then
//!   profile          1 byte
//!   key material     two roots of 32 bytes, 8 bytes of entry point, log2 of two heights, a byte each
//!   exit code        8 bytes
//!   public output    4 bytes of length, the bytes
//!   segments         4 bytes, how many
//!   ledger           1 byte of length; number and log2 of height of each table, a byte each;
//!                    root of its border, the border columns' values
//!   each segment     8 bytes of entry point, 8 bytes of position in the public output; then as for
//!                    the ledger
//! parts            for the ledger and each segment 4 bytes of length, its STARK proof
//! ```
//!
//! Numbers are little-endian. The lengths in a STARK proof are those of the queries' openings:
//! profile and tables fix all others ([`Plan`]). Field elements are 8 bytes, below the field's
//! order; an element of the challenge field is three of them. So each proof has one spelling, and
//! nothing can be made to look longer than the file is.
//!
//! A verifier needs the head and then one part at a time ([`crate::Verifier::begin`]).

use alloc::vec::Vec;
use core::fmt;

use lvm_air::table::Part;
use lvm_isa::segment::{Exit, SEGMENTS_MAX, Statement};
use lvm_syscalls::layout::{MEMORY_END, PUBLIC_OUTPUT_MAX};

use crate::decode;
use crate::encode::{self, Count, Section, Sink};
use crate::key::KeyMaterial;
use crate::profile::Profile;
use crate::reader::Reader;
use crate::shape::{Shape, ShapeError};
use crate::stark::global::{Gathering, GlobalChallenges};
use crate::stark::interactions::Catalogue;
use crate::stark::{self, Begun, Border, Plan, StarkError, StarkProof};
use crate::transcript;

/// Bytes that every proof begins with.
pub const MAGIC: &[u8; 9] = b"lvm proof";
/// Version of the format.
pub const VERSION: u8 = 4;
/// Bytes before the head: magic, version and the head's length.
pub const PREFIX: usize = MAGIC.len() + 1 + 4;
/// Largest head that is decoded: the public output, and for each of as many segments as there may be
/// somewhat more than an honest one has.
pub const HEAD_BYTES_MAX: usize = 65 << 20;
const _: () = assert!(PUBLIC_OUTPUT_MAX <= 1 << 20, "the head has room for the public output");
/// Largest STARK proof that is decoded, several times the largest honest one. Decoding takes at
/// most a small multiple of a file's size in memory.
pub const PART_BYTES_MAX: usize = 32 << 20;

/// A proof of one run.
#[derive(Clone)]
pub struct Proof {
    /// What the proof is about, and the borders of its parts.
    pub head: Head,
    /// The proofs of the ledger and of each segment, in this order.
    pub parts: Vec<StarkProof>,
}

/// What a proof is about, and the borders of its parts.
#[derive(Clone, PartialEq, Eq)]
pub struct Head {
    /// Number of the profile.
    pub profile: u8,
    /// What the verifying key stands for.
    pub key: KeyMaterial,
    /// Exit code of the run.
    pub exit_code: u64,
    /// Public output of the run.
    pub public_output: Vec<u8>,
    /// The ledger.
    pub ledger: PartHead,
    /// The segments, in order.
    pub segments: Vec<SegmentHead>,
}

/// The tables and the border of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartHead {
    /// The tables, as `(number, log2 of height)`.
    pub tables: Vec<(u8, u8)>,
    /// The commitment to its border columns.
    pub border: Border,
}

/// Where a segment begins, and its tables and border. It ends where the next one begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentHead {
    /// Address of the first instruction.
    pub entry: u64,
    /// Length of the public output before the segment.
    pub output_start: u64,
    /// Tables and border.
    pub part: PartHead,
}

/// The sections of a proof or of a piece of it, each with its size in bytes.
pub type Sections = [(Section, usize); Section::ALL.len()];

/// Bytes that aren't a proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("not an lvm proof: it does not begin with \"lvm proof\"")]
    Magic,
    #[error("proof format version {found} is not known; this verifier knows version {VERSION}")]
    Version { found: u8 },
    #[error("the proof's head has {found} bytes, more than {HEAD_BYTES_MAX}")]
    HeadTooLong { found: usize },
    #[error("a part of the proof has {found} bytes, more than {PART_BYTES_MAX}")]
    PartTooLong { found: usize },
    #[error("the proof is cut off")]
    CutOff,
    #[error("the proof has {extra} trailing bytes")]
    Trailing { extra: usize },
    #[error("profile {found} is not known")]
    UnknownProfile { found: u8 },
    #[error("{0}")]
    Head(#[from] HeadError),
    #[error("byte {position} of the proof begins a field element that is not canonical")]
    NotCanonical { position: usize },
}

/// A head that no honest prover makes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    #[error("the public output has {bytes} bytes, more than {PUBLIC_OUTPUT_MAX}")]
    OutputTooLong { bytes: u64 },
    #[error("the run has {found} segments, not 1 to {SEGMENTS_MAX}")]
    Segments { found: usize },
    #[error("the first segment does not begin at the program's entry point and without output")]
    Beginning,
    #[error("segment {segment} begins at {entry:#x}, which is no instruction's address")]
    Entry { segment: u32, entry: u64 },
    #[error(
        "segment {segment} begins at a position of the public output before the last one's or after its end"
    )]
    OutputOrder { segment: u32 },
    #[error("the shape of {} is not one of a run: {source}", PartName(*index))]
    Shape { index: usize, source: ShapeError },
    #[error("the border of {} is not laid out as its shape wants: {source}", PartName(*index))]
    Border { index: usize, source: StarkError },
}

/// A proof that has no file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    #[error("profile {found} is not known")]
    UnknownProfile { found: u8 },
    #[error("{0}")]
    Head(#[from] HeadError),
    #[error("the proof has {found} parts instead of {expected}")]
    Parts { expected: usize, found: usize },
    #[error("the proof of {} is not laid out as its shape wants: {source}", PartName(*index))]
    Layout { index: usize, source: StarkError },
    #[error("{} bytes are more than a head or a part may have", found)]
    TooLong { found: usize },
}

/// Names a part by its index: the ledger is 0, segments have their numbers.
#[derive(Clone, Copy, Debug)]
pub struct PartName(pub usize);

impl fmt::Display for PartName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("the ledger"),
            segment => write!(f, "segment {segment}"),
        }
    }
}

impl Head {
    /// Parts: the ledger and the segments.
    #[must_use]
    pub const fn parts(&self) -> usize {
        self.segments.len().saturating_add(1)
    }

    /// Which kind of part has this index.
    #[must_use]
    pub const fn part(&self, index: usize) -> Part {
        if index == 0 { Part::Ledger } else { Part::Segment }
    }

    /// Tables and border of the part with this index, if there is one.
    #[must_use]
    pub fn part_head(&self, index: usize) -> Option<&PartHead> {
        match index.checked_sub(1) {
            None => Some(&self.ledger),
            Some(segment) => self.segments.get(segment).map(|segment| &segment.part),
        }
    }

    /// The statement of the segment with this number, from 1 on: it ends where the next one begins,
    /// the last one with the run's exit code.
    #[must_use]
    pub fn statement(&self, number: usize) -> Option<Statement> {
        let segment = self.segments.get(number.checked_sub(1)?)?;
        let next = self.segments.get(number);
        let end = next.map_or(self.public_output.len() as u64, |next| next.output_start);
        Some(Statement {
            segment: u32::try_from(number).ok()?,
            entry: segment.entry,
            exit: next.map_or(Exit::Halt(self.exit_code), |next| Exit::Continue(next.entry)),
            output: segment.output_start..end,
        })
    }

    /// Shape and plan of the part with this index.
    ///
    /// # Errors
    /// If its shape isn't one, or there is no such part.
    pub fn plan(&self, index: usize) -> Result<(Shape, Plan), HeadError> {
        self.plan_by(&mut Catalogue::default(), index)
    }

    /// The same, with demands that are known already.
    pub(crate) fn plan_by(
        &self,
        catalogue: &mut Catalogue,
        index: usize,
    ) -> Result<(Shape, Plan), HeadError> {
        let found = self.segments.len();
        let head = self.part_head(index).ok_or(HeadError::Segments { found })?;
        let shape = Shape::new(self.part(index), &head.tables, &self.key)
            .map_err(|source| HeadError::Shape { index, source })?;
        let plan = Plan::by(catalogue, shape.tables());
        Ok((shape, plan))
    }

    /// The challenges of the global buses, once all parts have begun: the ledger, then the
    /// segments.
    ///
    /// # Errors
    /// If there are too few or too many of them.
    pub fn global(&self, profile: Profile, begun: &[Begun]) -> Result<GlobalChallenges, HeadError> {
        let wrong = HeadError::Segments { found: self.segments.len() };
        let (ledger, segments) = begun.split_first().ok_or_else(|| wrong.clone())?;
        if segments.len() != self.segments.len() {
            return Err(wrong);
        }
        let mut gathering = Gathering::default();
        for segment in segments {
            gathering.segment(&segment.transcript);
        }
        let run = transcript::run_seed(
            profile,
            &self.key.verifying_key(),
            self.exit_code,
            u32::try_from(segments.len()).map_err(|_| wrong)?,
            &self.public_output,
        );
        Ok(gathering.finish(&ledger.transcript, &run))
    }

    /// Shape and plan of the part with this index, whose border is laid out as they want.
    ///
    /// # Errors
    /// As [`Self::plan`], or if the border is laid out otherwise.
    pub(crate) fn checked_plan(
        &self,
        catalogue: &mut Catalogue,
        index: usize,
    ) -> Result<(Shape, Plan), HeadError> {
        let (shape, plan) = self.plan_by(catalogue, index)?;
        if let Some(head) = self.part_head(index) {
            stark::check_border(&plan, &head.border)
                .map_err(|source| HeadError::Border { index, source })?;
        }
        Ok((shape, plan))
    }

    /// Whether the head is one of a run, as far as it says itself.
    ///
    /// # Errors
    /// If it isn't.
    pub fn check(&self) -> Result<(), HeadError> {
        self.check_places()?;
        let mut catalogue = Catalogue::default();
        (0..self.parts()).try_for_each(|index| self.checked_plan(&mut catalogue, index).map(drop))
    }

    /// The part of [`Self::check`] that isn't about shapes and borders: lengths, and where segments
    /// begin.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn check_places(&self) -> Result<(), HeadError> {
        let length = self.public_output.len() as u64;
        if length > PUBLIC_OUTPUT_MAX {
            return Err(HeadError::OutputTooLong { bytes: length });
        }
        check_segments(self.segments.len())?;
        let first = self.segments.first().map(|segment| (segment.entry, segment.output_start));
        if first != Some((self.key.entry, 0)) {
            return Err(HeadError::Beginning);
        }
        let mut last = 0;
        for (segment, number) in self.segments.iter().zip(1..) {
            if !segment.entry.is_multiple_of(4) || segment.entry >= MEMORY_END {
                return Err(HeadError::Entry { segment: number, entry: segment.entry });
            }
            if segment.output_start < last || segment.output_start > length {
                return Err(HeadError::OutputOrder { segment: number });
            }
            last = segment.output_start;
        }
        Ok(())
    }

    /// The bytes before the parts.
    ///
    /// # Errors
    /// If the head isn't one.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EncodeError> {
        Profile::from_id(self.profile)
            .ok_or(EncodeError::UnknownProfile { found: self.profile })?;
        self.check()?;
        let mut head = Vec::new();
        self.write(&mut head);
        let mut bytes = Vec::new();
        bytes.extend_from_slice(MAGIC);
        bytes.push(VERSION);
        bytes.extend_from_slice(&length(head.len(), HEAD_BYTES_MAX)?);
        bytes.append(&mut head);
        Ok(bytes)
    }

    /// The bytes of the part with this index, with their length before them.
    ///
    /// # Errors
    /// If it isn't laid out as its shape wants.
    pub fn part_to_bytes(&self, index: usize, part: &StarkProof) -> Result<Vec<u8>, EncodeError> {
        self.check_part(index, part)?;
        let mut body = Vec::new();
        encode::write(part, &mut body);
        let mut bytes = Vec::from(length(body.len(), PART_BYTES_MAX)?);
        bytes.append(&mut body);
        Ok(bytes)
    }

    /// The sections of the bytes before the parts, with their sizes.
    ///
    /// # Errors
    /// As [`Self::to_bytes`].
    pub fn sections(&self) -> Result<Sections, EncodeError> {
        self.check()?;
        Ok(Section::ALL.map(|section| {
            let mut count = Count { section, bytes: 0 };
            count.bytes(Section::Statement, &[0; PREFIX]);
            self.write(&mut count);
            (section, count.bytes)
        }))
    }

    /// The sections of the bytes of the part with this index, its length included, with their
    /// sizes.
    ///
    /// # Errors
    /// As [`Self::part_to_bytes`].
    pub fn part_sections(&self, index: usize, part: &StarkProof) -> Result<Sections, EncodeError> {
        self.check_part(index, part)?;
        Ok(Section::ALL.map(|section| {
            let mut count = Count { section, bytes: 0 };
            count.bytes(Section::Statement, &encode::length(0));
            encode::write(part, &mut count);
            (section, count.bytes)
        }))
    }

    fn check_part(&self, index: usize, part: &StarkProof) -> Result<(), EncodeError> {
        let profile = Profile::from_id(self.profile)
            .ok_or(EncodeError::UnknownProfile { found: self.profile })?;
        let (_, plan) = self.plan(index)?;
        stark::check_lengths(&profile.parameters(), &plan, part)
            .map_err(|source| EncodeError::Layout { index, source })
    }

    fn write<S: Sink>(&self, sink: &mut S) {
        let mut put = |bytes: &[u8]| sink.bytes(Section::Statement, bytes);
        put(&[self.profile]);
        put(&self.key.segment);
        put(&self.key.ledger);
        put(&self.key.entry.to_le_bytes());
        put(&[self.key.log_program, self.key.log_image]);
        put(&self.exit_code.to_le_bytes());
        put(&encode::length(self.public_output.len()));
        put(&self.public_output);
        put(&encode::length(self.segments.len()));
        write_part(sink, &self.ledger);
        for segment in &self.segments {
            sink.bytes(Section::Statement, &segment.entry.to_le_bytes());
            sink.bytes(Section::Statement, &segment.output_start.to_le_bytes());
            write_part(sink, &segment.part);
        }
    }

    /// The length of the head, from the bytes before it.
    ///
    /// # Errors
    /// If no head follows that this version knows.
    pub fn length(prefix: &[u8]) -> Result<usize, DecodeError> {
        if !prefix.starts_with(MAGIC) {
            return Err(DecodeError::Magic);
        }
        let mut reader = Reader::new(prefix);
        reader.slice(MAGIC.len())?;
        let version = reader.byte()?;
        if version != VERSION {
            return Err(DecodeError::Version { found: version });
        }
        let found = reader.length()?;
        if found > HEAD_BYTES_MAX { Err(DecodeError::HeadTooLong { found }) } else { Ok(found) }
    }

    /// Reads a head, which is what follows the first [`PREFIX`] bytes of a file.
    ///
    /// # Errors
    /// If the bytes aren't exactly one head in its one spelling.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let found = reader.byte()?;
        Profile::from_id(found).ok_or(DecodeError::UnknownProfile { found })?;
        let [segment, ledger] = [reader.array()?, reader.array()?];
        let entry = reader.u64()?;
        let [log_program, log_image] = reader.array()?;
        let key = KeyMaterial { segment, ledger, entry, log_program, log_image };
        let exit_code = reader.u64()?;
        let public_output = public_output(&mut reader)?.to_vec();
        let segments = reader.length()?;
        check_segments(segments)?;
        let mut catalogue = Catalogue::default();
        let ledger = part_head(&mut reader, &mut catalogue, &key, 0)?;
        let mut list = Vec::new();
        for number in 1..=segments {
            let [entry, output_start] = [reader.u64()?, reader.u64()?];
            let part = part_head(&mut reader, &mut catalogue, &key, number)?;
            list.push(SegmentHead { entry, output_start, part });
        }
        reader.end()?;
        let head = Self { profile: found, key, exit_code, public_output, ledger, segments: list };
        // Shapes and borders were read as they must be.
        head.check_places()?;
        Ok(head)
    }

    /// The length of a part, from the four bytes before it.
    ///
    /// # Errors
    /// If it is longer than any part.
    pub fn part_length(prefix: [u8; 4]) -> Result<usize, DecodeError> {
        let found = Reader::new(&prefix).length()?;
        if found > PART_BYTES_MAX { Err(DecodeError::PartTooLong { found }) } else { Ok(found) }
    }

    /// Reads the part with this index, without its length.
    ///
    /// # Errors
    /// If the bytes aren't exactly one such part in its one spelling.
    pub fn part_from_bytes(&self, index: usize, bytes: &[u8]) -> Result<StarkProof, DecodeError> {
        let profile = Profile::from_id(self.profile)
            .ok_or(DecodeError::UnknownProfile { found: self.profile })?;
        let (_, plan) = self.plan(index)?;
        let mut reader = Reader::new(bytes);
        let part = decode::read(&mut reader, &profile.parameters(), &plan)?;
        reader.end()?;
        Ok(part)
    }
}

impl Proof {
    /// The file's bytes.
    ///
    /// # Errors
    /// If the proof isn't laid out as its head wants, or a part is larger than [`PART_BYTES_MAX`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, EncodeError> {
        self.check_parts()?;
        let mut bytes = self.head.to_bytes()?;
        for (index, part) in self.parts.iter().enumerate() {
            bytes.append(&mut self.head.part_to_bytes(index, part)?);
        }
        Ok(bytes)
    }

    fn check_parts(&self) -> Result<(), EncodeError> {
        let (expected, found) = (self.head.parts(), self.parts.len());
        if expected == found { Ok(()) } else { Err(EncodeError::Parts { expected, found }) }
    }

    /// The sections of the file with their sizes in bytes, which add up to the file's. They don't
    /// lie in one piece each.
    ///
    /// # Errors
    /// As [`Self::to_bytes`].
    pub fn sections(&self) -> Result<Sections, EncodeError> {
        self.check_parts()?;
        let mut sections = self.head.sections()?;
        for (index, part) in self.parts.iter().enumerate() {
            let more = self.head.part_sections(index, part)?;
            for ((_, bytes), (_, more)) in sections.iter_mut().zip(more) {
                *bytes = bytes.saturating_add(more);
            }
        }
        Ok(sections)
    }

    /// Reads a file's bytes.
    ///
    /// # Errors
    /// If they aren't exactly one proof in its one spelling. That the proof is laid out right
    /// says nothing of what it proves: [`crate::Verifier::verify`] does.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        if !bytes.starts_with(MAGIC) {
            return Err(DecodeError::Magic);
        }
        let mut reader = Reader::new(bytes);
        let length = Head::length(reader.slice(PREFIX)?)?;
        let head = Head::from_bytes(reader.slice(length)?)?;
        let mut parts = Vec::new();
        for index in 0..head.parts() {
            let length = Head::part_length(reader.array()?)?;
            parts.push(head.part_from_bytes(index, reader.slice(length)?)?);
        }
        reader.end()?;
        Ok(Self { head, parts })
    }
}

/// Whether a run may have so many segments.
fn check_segments(found: usize) -> Result<(), HeadError> {
    match u32::try_from(found) {
        Ok(1..=SEGMENTS_MAX) => Ok(()),
        _ => Err(HeadError::Segments { found }),
    }
}

fn length(found: usize, maximum: usize) -> Result<[u8; 4], EncodeError> {
    if found > maximum { Err(EncodeError::TooLong { found }) } else { Ok(encode::length(found)) }
}

fn write_part<S: Sink>(sink: &mut S, head: &PartHead) {
    // A shape has at most TABLES_MAX tables.
    let tables = u8::try_from(head.tables.len()).unwrap_or(u8::MAX);
    sink.bytes(Section::Statement, &[tables]);
    for &(id, log_height) in &head.tables {
        sink.bytes(Section::Statement, &[id, log_height]);
    }
    encode::write_border(&head.border, sink);
}

fn part_head(
    reader: &mut Reader<'_>,
    catalogue: &mut Catalogue,
    key: &KeyMaterial,
    index: usize,
) -> Result<PartHead, DecodeError> {
    let tables = usize::from(reader.byte()?);
    let tables = reader.list(tables, 2, |reader| reader.array().map(<(u8, u8)>::from))?;
    let part = if index == 0 { Part::Ledger } else { Part::Segment };
    let shape =
        Shape::new(part, &tables, key).map_err(|source| HeadError::Shape { index, source })?;
    let border = decode::read_border(reader, &Plan::by(catalogue, shape.tables()))?;
    Ok(PartHead { tables, border })
}

fn public_output<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
    let length = reader.u32()?;
    if u64::from(length) > PUBLIC_OUTPUT_MAX {
        return Err(HeadError::OutputTooLong { bytes: length.into() }.into());
    }
    reader.slice(length.try_into().map_err(|_| DecodeError::CutOff)?)
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head")
            .field("profile", &self.profile)
            .field("exit_code", &self.exit_code)
            .field("public_output", &self.public_output.len())
            .field("segments", &self.segments.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proof").field("head", &self.head).finish_non_exhaustive()
    }
}
