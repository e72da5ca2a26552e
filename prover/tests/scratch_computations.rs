mod support;
use lvm_prover::Program;
use lvm_syscalls::{curve, modular, quadratic};
use lvm_vm::assemble::Assembler;
use support::Run;

#[test]
fn all_calls_are_proved() {
    const D: u64 = Assembler::DATA_START;
    let mut a = Assembler::new();
    let bytes: Vec<u8> = (0..800u32).map(|i| (i * 41 + 7) as u8 & 0x1f).collect();
    let mut bytes = bytes;
    for (at, w) in quadratic::MODULUS_BLS12_381.iter().enumerate() {
        bytes[64 + 8 * at..][..8].copy_from_slice(&w.to_le_bytes());
    }
    for (at, w) in curve::Curve::Secp256k1.modulus().iter().enumerate() {
        bytes[704 + 8 * at..][..8].copy_from_slice(&w.to_le_bytes());
    }
    a.data(D, &bytes);
    for (w, at) in [(4, 0), (6, 1)] {
        for op in modular::Operation::ALL {
            let _ = at;
            a.call(
                modular::number(w, op),
                [D + 256, D, if w == 4 { D + 704 } else { D + 64 }, D + 128],
            );
        }
    }
    for w in [8, 12] {
        for op in quadratic::Operation::ALL {
            a.call(quadratic::number(w, op), [D + 256, D, D + 128, 0]);
        }
    }
    for c in curve::Curve::ALL.into_iter().rev() {
        for op in curve::Operation::ALL {
            a.call(curve::number(c, op), [D + 400, D + 512, u64::MAX, 0]);
        }
    }
    a.commit(D, 64).halt(0);
    let run = Run::new(Program::from(a.load()), &[]);
    run.expect_accepted();
}
