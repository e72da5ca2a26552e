//! Verification: of a decoded proof, and decoding.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lvm_benches::Workload;
use lvm_prover::{ProveOptions, Prover};
use lvm_verifier::{Claim, Proof, Verifier};

fn verify(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("verify");
    group.sample_size(20);
    for workload in
        [Workload::fibonacci(1_000), Workload::fibonacci(50_000), Workload::keccak256(8 << 10)]
    {
        let program = workload.program().expect("the bundled guests are programs");
        let prover = Prover::new(program).expect("the bundled guests are small");
        let proved = prover
            .prove(&workload.input, &ProveOptions::default(), &mut |_| {})
            .expect("the run fits into memory");
        let verifier = Verifier::new(prover.verifying_key());
        group.throughput(Throughput::Elements(proved.execution.cycles));
        group.bench_function(&workload.name, |bencher| {
            bencher.iter(|| {
                verifier.verify(&proved.proof, &Claim::default()).expect("the proof is good").len()
            });
        });
        let bytes = proved.proof.to_bytes().expect("the proof is small");
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(format!("decode {}", workload.name), |bencher| {
            bencher.iter(|| Proof::from_bytes(&bytes).expect("the bytes are a proof"));
        });
    }
    group.finish();
}

criterion_group!(benches, verify);
criterion_main!(benches);
