//! Validating synthetic blocks on the machine: executing, in cycles per second, and proving.
//!
//! Blocks of 10 transactions are proved in about half a minute, and criterion proves each at least
//! 11 times; `cargo bench -p lvm-benches --bench block -- block-execute` leaves that out.

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use lvm_benches::block::{Block, SYNTHETIC};
use lvm_prover::{ProveOptions, Prover};

fn blocks() -> impl Iterator<Item = Block> {
    SYNTHETIC.into_iter().map(|(name, _)| Block::named(name).expect("synthetic blocks are there"))
}

fn execute(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("block-execute");
    let options = ProveOptions::default();
    for Block { workload, .. } in blocks() {
        let program = workload.program().expect("the bundled guests are programs");
        let run = || {
            program
                .execute(&workload.input, &options.execution, &mut |_| {})
                .expect("the guest doesn't trap")
        };
        let execution = run();
        assert_eq!(execution.exit_code, 0, "{} is valid", workload.name);
        group.throughput(Throughput::Elements(execution.cycles));
        group.bench_function(&workload.name, |bencher| bencher.iter(run));
    }
    group.finish();
}

fn prove(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("block-prove");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    let options = ProveOptions::default();
    for Block { workload, .. } in blocks() {
        let program = workload.program().expect("the bundled guests are programs");
        let execution = program
            .execute(&workload.input, &options.execution, &mut |_| {})
            .expect("the guest doesn't trap");
        let prover = Prover::new(program).expect("the guest's tables are committed");
        group.throughput(Throughput::Elements(execution.cycles));
        group.bench_function(&workload.name, |bencher| {
            bencher.iter(|| {
                prover
                    .prove(&workload.input, &options, &mut |_| {})
                    .expect("the run fits into memory")
            });
        });
    }
    group.finish();
}

criterion_group!(benches, execute, prove);
criterion_main!(benches);
