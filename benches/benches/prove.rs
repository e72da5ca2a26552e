//! Proofs, from surveying to the verified proof, in cycles per second; and committing to a
//! program, which is done once for each program.

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use lvm_benches::Workload;
use lvm_prover::{ProveOptions, Prover};

fn prove(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("prove");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for workload in [
        Workload::fibonacci(1_000),
        Workload::fibonacci(50_000),
        Workload::keccak256(136),
        Workload::keccak256(8 << 10),
    ] {
        let program = workload.program().expect("the bundled guests are programs");
        let options = ProveOptions::default();
        let execution = program
            .execute(&workload.input, &options.execution, &mut |_| {})
            .expect("the bundled guests don't trap");
        let prover = Prover::new(program).expect("the bundled guests are small");
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

fn setup(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("setup");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for workload in [Workload::fibonacci(1_000), Workload::std_program(0)] {
        let program = workload.program().expect("the bundled guests are programs");
        group.bench_function(&workload.name, |bencher| {
            bencher.iter(|| Prover::new(program.clone()).expect("the bundled guests are small"));
        });
    }
    group.finish();
}

criterion_group!(benches, prove, setup);
criterion_main!(benches);
