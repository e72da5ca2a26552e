//! Execution without proving, in cycles per second.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lvm_benches::Workload;
use lvm_vm::execute::Options;

fn execute(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("execute");
    for workload in [
        Workload::fibonacci(20_000),
        Workload::fibonacci(2_000_000),
        Workload::keccak256(64 << 10),
        Workload::keccak256(1 << 20),
        Workload::std_program(8 << 10),
    ] {
        let program = workload.program().expect("the bundled guests are programs");
        let run = || {
            program
                .execute(&workload.input, &Options::default(), &mut |_| {})
                .expect("the bundled guests don't trap")
        };
        group.throughput(Throughput::Elements(run().cycles));
        group.bench_function(&workload.name, |bencher| bencher.iter(run));
    }
    group.finish();
}

criterion_group!(benches, execute);
criterion_main!(benches);
