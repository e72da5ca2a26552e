//! What a measurement was made on.

use std::fs;

use serde::Serialize;

/// The machine, and what this binary uses of it.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// Threads that proofs are made with.
    pub threads: usize,
    /// Bytes of memory.
    pub memory: u64,
    /// Widest vector instructions that this binary was compiled for.
    pub vectors: &'static str,
}

impl Machine {
    /// This machine. What the system doesn't say is left out.
    #[must_use]
    pub fn this() -> Self {
        let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".into());
        let memory = kibibytes("/proc/meminfo", "MemTotal").unwrap_or(0);
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let vectors = if cfg!(target_feature = "avx512f") {
            "AVX-512"
        } else if cfg!(target_feature = "avx2") {
            "AVX2"
        } else if cfg!(target_feature = "neon") {
            "NEON"
        } else {
            "none"
        };
        Self { processor, threads, memory, vectors }
    }
}

/// The most memory that this process had at any time, in bytes; 0 where the system doesn't say.
#[must_use]
pub fn peak_memory() -> u64 {
    kibibytes("/proc/self/status", "VmHWM").unwrap_or(0)
}

/// A field of a file with lines of `name: value`.
fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let mut fields = text.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(found, _)| found.trim() == name).map(|(_, value)| value.trim().to_owned())
}

/// A field in KiB, in bytes.
fn kibibytes(path: &str, name: &str) -> Option<u64> {
    field(path, name)?.strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}
