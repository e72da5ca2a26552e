//! Every field of a proof is checked against something, and lists of any length are survived.

use lvm_verifier::config::{Challenge, Val};
use lvm_verifier::key::KeyMaterial;
use lvm_verifier::proof::{Head, PartHead, SegmentHead};
use lvm_verifier::stark::fri::FriProof;
use lvm_verifier::stark::keccak_layers::{LayerProof, LayersProof};
use lvm_verifier::stark::merkle::TreeOpening;
use lvm_verifier::stark::{Border, Opened, StarkProof, Totals, Tree};
use lvm_verifier::{Proof, Verifier, VerifyError};
use p3_field::PrimeCharacteristicRing;

use crate::support::Run;
use crate::transcript::{PARTS, claim, part_head, proved, verdict};

/// Requires that a change of an honest proof is refused, by the protocol or as no run's.
#[track_caller]
fn is_refused(run: &Run, proof: &Proof, change: &dyn Fn(&mut Proof)) {
    let mut changed = proof.clone();
    change(&mut changed);
    let verdict = verdict(run, &changed);
    let is_expected = matches!(verdict, Err(VerifyError::Part { .. } | VerifyError::Head(_)));
    assert!(is_expected, "{verdict:?}");
}

/// Of a list the first place, a middle one and the last.
#[track_caller]
fn some(length: usize) -> [usize; 3] {
    assert!(length > 0, "a list is empty");
    [0, length / 2, length - 1]
}

/// Every field of a head is checked against something. The patterns name them all, so a new field
/// needs a line here.
#[test]
fn a_head_has_no_free_fields() {
    let (run, proof) = proved();
    let Proof { head, parts: _ } = &proof;
    let Head { profile: _, key: _, exit_code: _, public_output: _, ledger: _, segments } = head;
    let refused = |change: &dyn Fn(&mut Proof)| is_refused(&run, &proof, change);
    let change = |change: &dyn Fn(&mut Head)| {
        let mut changed = proof.clone();
        change(&mut changed.head);
        verdict(&run, &changed).expect_err("the field is free")
    };
    assert_eq!(change(&|h| h.profile = 77), VerifyError::UnknownProfile { found: 77 });
    refused(&|p| p.head.profile = 2);
    let KeyMaterial { segment: _, ledger: _, entry: _, log_program: _, log_image: _ } = &head.key;
    let keys: [fn(&mut KeyMaterial); 5] = [
        |key| key.segment[0] ^= 1,
        |key| key.ledger[31] ^= 1,
        |key| key.entry += 4,
        |key| key.log_image += 1,
        |key| key.log_program += 1,
    ];
    for key in keys {
        let error = change(&|h| key(&mut h.key));
        assert!(matches!(error, VerifyError::OtherProgram { .. }), "{error:?}");
    }
    refused(&|p| p.head.exit_code = 0);
    refused(&|p| p.head.public_output[4] ^= 1);
    refused(&|p| p.head.public_output.push(0));
    refused(&|p| p.head.public_output.clear());
    for (at, segment) in segments.iter().enumerate() {
        let SegmentHead { entry: _, output_start: _, part: _ } = segment;
        refused(&|p| p.head.segments[at].entry ^= 4);
        refused(&|p| p.head.segments[at].output_start ^= 1);
        refused(&|p| p.head.segments[at].output_start = u64::MAX);
    }
    for part in PARTS {
        let PartHead { tables, border } = head.part_head(part).expect("there is such a part");
        for at in 0..tables.len() {
            refused(&|p| part_head(p, part).tables[at].0 ^= 1);
            refused(&|p| part_head(p, part).tables[at].1 += 1);
        }
        let Border { root: _, values } = border;
        refused(&|p| part_head(p, part).border.root[9] ^= 1);
        for (group, values) in values.iter().enumerate() {
            for at in some(values.len()) {
                refused(&|p| part_head(p, part).border.values[group][at] += Challenge::ONE);
            }
        }
    }
}

/// The same of the parts: each number and digest, of lists the first, a middle and the last one.
#[test]
fn a_part_has_no_free_fields() {
    let (run, proof) = proved();
    assert_eq!(proof.parts.len(), PARTS.len());
    for part in PARTS {
        let StarkProof {
            main: _,
            layers,
            interactions: _,
            totals,
            quotient: _,
            opened,
            witness: _,
            fri,
            queries,
        } = &proof.parts[part];
        let Opened { values, next } = opened;
        let FriProof { roots, last, witness: _, openings } = fri;
        let refused = |change: &dyn Fn(&mut StarkProof)| {
            let mut changed = proof.clone();
            change(&mut changed.parts[part]);
            // The parts before it are as they were.
            match verdict(&run, &changed) {
                Err(VerifyError::Part { index, .. }) if index == part => {}
                other => panic!("part {part}: {other:?}"),
            }
        };
        refused(&|p| p.main[31] ^= 1);
        assert_eq!(layers.len(), usize::from(part == 1));
        for (table, LayersProof { output, layers }) in layers.iter().enumerate() {
            for at in some(output.len()) {
                refused(&|p| p.layers[table].output[at] += Challenge::ONE);
            }
            for layer in some(layers.len()) {
                let LayerProof { first, rounds, values } = &layers[layer];
                for at in some(first.len()) {
                    refused(&|p| p.layers[table].layers[layer].first[at] += Challenge::ONE);
                }
                // There is none for a single permutation.
                for at in 0..rounds.len() {
                    refused(&|p| p.layers[table].layers[layer].rounds[at][1] += Challenge::ONE);
                }
                for at in some(values.len()) {
                    refused(&|p| p.layers[table].layers[layer].values[at] += Challenge::ONE);
                }
            }
        }
        refused(&|p| p.interactions[0] ^= 1);
        refused(&|p| p.quotient[17] ^= 1);
        refused(&|p| p.witness += 1);
        refused(&|p| p.fri.witness ^= 1);
        for at in some(totals.len()) {
            let Totals { local: _, global: _ } = totals[at];
            refused(&|p| p.totals[at].local += Challenge::ONE);
            refused(&|p| p.totals[at].global += Challenge::ONE);
        }
        for (tree, groups) in values.iter().enumerate() {
            for (group, values) in groups.iter().enumerate() {
                for at in some(values.len()) {
                    refused(&|p| p.opened.values[tree][group][at] += Challenge::ONE);
                }
            }
        }
        assert_eq!(next.len(), usize::from(part == 1));
        for (table, values) in next.iter().enumerate() {
            for at in some(values.len()) {
                refused(&|p| p.opened.next[table][at] += Challenge::ONE);
            }
        }
        for at in some(roots.len()) {
            refused(&|p| p.fri.roots[at][5] ^= 1);
        }
        for at in some(last.len()) {
            refused(&|p| p.fri.last[at] += Challenge::ONE);
        }
        for (tree, TreeOpening { rows, siblings }) in queries.iter().enumerate() {
            for at in some(rows.len()) {
                refused(&|p| p.queries[tree].rows[at] += Val::ONE);
            }
            // In a small tree the positions may be all there are.
            if Tree::ALL[tree] != Tree::Border || !siblings.is_empty() {
                for at in some(siblings.len()) {
                    refused(&|p| p.queries[tree].siblings[at][9] ^= 1);
                }
            }
        }
        for (round, TreeOpening { rows, siblings }) in openings.iter().enumerate() {
            for at in some(rows.len()) {
                refused(&|p| p.fri.openings[round].rows[at] += Val::ONE);
            }
            // In the smallest trees the positions may be all there are.
            if !siblings.is_empty() {
                refused(&|p| p.fri.openings[round].siblings[0][1] ^= 1);
            }
        }
    }
}

/// Changes the length of a list, in one of three ways.
fn resize<T: Clone>(list: &mut Vec<T>, how: usize) {
    match how {
        0 => drop(list.pop()),
        1 => list.clear(),
        _ => list.extend(list.first().cloned()),
    }
}

/// Verifiers that panic: every list of a proof is cut, emptied or lengthened.
#[test]
fn lists_of_any_length_are_survived() {
    let (run, proof) = proved();
    let of_run: [fn(&mut Proof, usize); 4] = [
        |p, how| resize(&mut p.head.segments, how),
        |p, how| resize(&mut p.parts, how),
        |p, how| {
            resize(&mut p.head.segments, how);
            resize(&mut p.parts, how);
        },
        |p, how| resize(&mut p.head.public_output, how),
    ];
    let of_heads: [fn(&mut PartHead, usize); 3] = [
        |head, how| resize(&mut head.tables, how),
        |head, how| resize(&mut head.border.values, how),
        |head, how| resize(&mut head.border.values[0], how),
    ];
    let of_parts: [fn(&mut StarkProof, usize); 14] = [
        |p, how| resize(&mut p.totals, how),
        |p, how| resize(&mut p.opened.values[0], how),
        |p, how| resize(&mut p.opened.values[1], how),
        |p, how| resize(&mut p.opened.values[2], how),
        |p, how| resize(&mut p.opened.values[3][0], how),
        |p, how| resize(&mut p.opened.values[4][0], how),
        // Where no table looks at the next row, one more does.
        |p, how| {
            if how < 2 && p.opened.next.is_empty() {
                p.opened.next.push(Vec::new());
            } else if p.opened.next.is_empty() {
                p.opened.next.push(vec![Challenge::ONE]);
            } else {
                resize(&mut p.opened.next, how);
            }
        },
        |p, how| resize(&mut p.fri.roots, how),
        |p, how| resize(&mut p.fri.last, how),
        |p, how| resize(&mut p.fri.openings, how),
        |p, how| resize(&mut p.fri.openings[0].rows, how),
        |p, how| resize(&mut p.fri.openings[0].siblings, how),
        |p, how| {
            resize(&mut p.fri.roots, how);
            resize(&mut p.fri.openings, how);
        },
        |p, how| resize(&mut p.opened.values[1][0], how),
    ];
    let of_trees: [fn(&mut TreeOpening, usize); 3] = [
        |opening, how| resize(&mut opening.rows, how),
        |opening, how| resize(&mut opening.siblings, how),
        |opening, how| {
            resize(&mut opening.rows, how);
            resize(&mut opening.siblings, how);
        },
    ];
    let refused = |what: &str, change: &dyn Fn(&mut Proof)| {
        let mut changed = proof.clone();
        change(&mut changed);
        assert!(verdict(&run, &changed).is_err(), "{what}");
        // Alone, too: no part needs the others to be survived.
        let verifier = Verifier::new(run.prover.verifying_key());
        if let Ok(verification) = verifier.begin(&changed.head, &claim(&changed)) {
            for (index, part) in changed.parts.iter().enumerate() {
                let _ = verification.part_at(index, part);
            }
        }
    };
    for how in 0..3 {
        for (at, change) in of_run.iter().enumerate() {
            refused(&format!("change {at} of the run, {how}"), &|p| change(p, how));
        }
        for part in PARTS {
            for (at, change) in of_heads.iter().enumerate() {
                let what = format!("change {at} of the head of {part}, {how}");
                refused(&what, &|p| change(part_head(p, part), how));
            }
            for (at, change) in of_parts.iter().enumerate() {
                let what = format!("change {at} of {part}, {how}");
                refused(&what, &|p| change(&mut p.parts[part], how));
            }
            for (at, change) in of_trees.iter().enumerate() {
                for tree in Tree::ALL {
                    // A small tree may have no siblings to leave out.
                    let opening = &proof.parts[part].queries[tree as usize];
                    if at == 1 && opening.siblings.is_empty() {
                        continue;
                    }
                    let what = format!("change {at} of {tree:?} of {part}, {how}");
                    refused(&what, &|p| change(&mut p.parts[part].queries[tree as usize], how));
                }
            }
        }
    }
    verdict(&run, &proof).expect("the twin is honest");
}
