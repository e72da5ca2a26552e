//! Programs of random instructions end in the same way in both interpreters, traps included, and
//! what they do before is recorded consistently.

mod both;

use both::run_both_for;
use lvm_isa::instruction::{Instruction, Operation, Operation::*};
use lvm_vm::assemble::Assembler;
use lvm_vm::error::ExecuteError;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Values that lead to code, data, the edges of memory and of the call numbers.
fn random_value(random: &mut StdRng) -> u64 {
    let places = [
        0,
        1,
        2,
        64,
        93,
        u64::MAX - 1,
        0x1000,
        (1 << 35) - 8,
        0xff00_0000,
        Assembler::CODE_START,
        Assembler::CODE_START + 0x100,
        Assembler::DATA_START,
        Assembler::DATA_START + 0x1000,
    ];
    let place = places[random.random_range(0..places.len())];
    if random.random() { place } else { place.wrapping_add(random.random_range(0..256)) }
}

fn random_instruction(random: &mut StdRng) -> Instruction {
    let operation = match random.random_range(0..10) {
        0 => Ecall,
        1 => [Ld, Sd, Lw, Sh][random.random_range(0..4)],
        _ => Operation::ALL[random.random_range(0..Operation::ALL.len())],
    };
    // Few registers, among them those of the calls.
    let register = |random: &mut StdRng| [0, 5, 6, 10, 11, 12, 17][random.random_range(0..7)];
    let imm = match operation {
        Lui | Auipc => i64::from(random.random::<i32>() >> random.random_range(0..19) & !0xfff),
        Jal | Beq | Bne | Blt | Bge | Bltu | Bgeu => 2 * random.random_range(-20..60),
        Slli | Srli | Srai | Slliw | Srliw | Sraiw => random.random_range(0..32),
        Fence | Ecall | Ebreak => 0,
        _ if operation.reads_rs2() && operation.writes_rd() => 0,
        _ => random.random_range(-64..64),
    };
    Instruction {
        operation,
        rd: if operation.writes_rd() { register(random) } else { 0 },
        rs1: if operation.reads_rs1() { register(random) } else { 0 },
        rs2: if operation.reads_rs2() { register(random) } else { 0 },
        imm,
    }
}

#[test]
fn wild_programs_agree() {
    let (mut ended, mut trapped, mut endless) = (0, 0, 0);
    for seed in 0..6000 {
        let mut random = StdRng::seed_from_u64(seed);
        let mut code = Assembler::new();
        code.data(Assembler::DATA_START, &[seed as u8; 100]);
        for register in [5, 6, 10, 11, 12, 17] {
            let value = random_value(&mut random);
            code.li(register, value);
        }
        for _ in 0..40 {
            code.push(random_instruction(&mut random));
            if random.random_range(0..40) == 0 {
                code.word(random.random());
            }
        }
        match run_both_for(2000, &code.load(), &seed.to_le_bytes()) {
            Ok(_) => ended += 1,
            Err(ExecuteError::Trap(_)) => trapped += 1,
            Err(_) => endless += 1,
        }
    }
    assert!(ended > 100 && trapped > 1000 && endless > 10, "{ended}, {trapped}, {endless}");
}
