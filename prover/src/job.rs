//! A segment to be proved by any process that has the program and the private input.

use lvm_verifier::Profile;
use lvm_verifier::stark::merkle::Digest;

/// What proving one segment takes besides the program and the private input. Whoever has surveyed
/// the run makes the jobs; they are small and hold nothing secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    /// Protocol parameters.
    pub profile: Profile,
    /// The segment's number, from 1 on.
    pub segment: u32,
    /// Cells of a segment, which say where segments are cut.
    pub segment_cells: u64,
    /// What all parts of the run absorb: the hash of their borders.
    pub global: Digest,
}

/// Bytes that aren't a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    #[error("a job has {} bytes, this has {found}", Job::BYTES)]
    Length { found: usize },
    #[error("not a job of this version: it does not begin with \"lvm job\", version {VERSION}")]
    Magic,
    #[error("profile {found} is not known")]
    UnknownProfile { found: u8 },
}

const MAGIC: &[u8; 7] = b"lvm job";
const VERSION: u8 = 1;

impl Job {
    /// Bytes in a job.
    pub const BYTES: usize = MAGIC.len() + 1 + 1 + 4 + 8 + 32;

    /// The job's bytes: magic, version, profile, segment, cells, digest; numbers little-endian.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&[VERSION, self.profile.id()]);
        bytes.extend_from_slice(&self.segment.to_le_bytes());
        bytes.extend_from_slice(&self.segment_cells.to_le_bytes());
        bytes.extend_from_slice(&self.global);
        bytes
    }

    /// Reads a job.
    ///
    /// # Errors
    /// If the bytes aren't one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, JobError> {
        let wrong_length = JobError::Length { found: bytes.len() };
        let rest = bytes.strip_prefix(MAGIC).ok_or(JobError::Magic)?;
        let (&[version, profile], rest) = rest.split_first_chunk().ok_or(wrong_length)?;
        if version != VERSION {
            return Err(JobError::Magic);
        }
        let (segment, rest) = rest.split_first_chunk().ok_or(wrong_length)?;
        let (segment_cells, rest) = rest.split_first_chunk().ok_or(wrong_length)?;
        Ok(Self {
            profile: Profile::from_id(profile)
                .ok_or(JobError::UnknownProfile { found: profile })?,
            segment: u32::from_le_bytes(*segment),
            segment_cells: u64::from_le_bytes(*segment_cells),
            global: rest.try_into().map_err(|_| wrong_length)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_read_back() {
        let job = Job {
            profile: Profile::Provable100,
            segment: 7,
            segment_cells: 1 << 26,
            global: [9; 32],
        };
        let bytes = job.to_bytes();
        assert_eq!(Job::from_bytes(&bytes), Ok(job));
        for length in 0..bytes.len() {
            assert!(Job::from_bytes(&bytes[..length]).is_err());
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert_eq!(Job::from_bytes(&longer), Err(JobError::Length { found: bytes.len() + 1 }));
        let mut unknown = bytes;
        unknown[8] = 77;
        assert_eq!(Job::from_bytes(&unknown), Err(JobError::UnknownProfile { found: 77 }));
    }
}
