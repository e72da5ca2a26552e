//! What a node's RPC says of a block becomes the input that the block was made with, in all forms
//! that nodes answer in; what isn't an answer is refused.

use alloy_consensus::Header;
use alloy_primitives::{Bytes, hex};
use lvm_block::block::{Block, decode_header};
use lvm_block::chain::Fork;
use lvm_block::input::{Ancestry, Input};
use lvm_block_tools::import::{ImportError, Options, import};
use lvm_block_tools::prune::prune;
use lvm_block_tools::synthesize::{Load, Specification};
use serde_json::{Value, json};

const FORK: Fork = Fork::Osaka;

const OPTIONS: Options = Options { chain_id: None, fork: Some(FORK) };

fn synthetic() -> Vec<u8> {
    let specification = Specification { fork: FORK, ..Specification::new(Load::TokenCalls(3)) };
    specification.synthesize().expect("a block")
}

/// The block as eth_getBlockByNumber answers it.
fn block_object(input: &Input<'_>) -> Value {
    let block = Block::decode(input.block).expect("a block");
    let mut object = serde_json::to_value(&block.header).expect("JSON");
    object["hash"] = json!(block.hash);
    object["size"] = json!(format!("0x{:x}", input.block.len()));
    object["totalDifficulty"] = json!("0x0");
    object["uncles"] = json!([]);
    object["withdrawals"] = json!(block.withdrawals);
    let transactions = block.transactions.iter().enumerate().map(|(index, transaction)| {
        let mut object = serde_json::to_value(transaction).expect("JSON");
        object["blockHash"] = json!(block.hash);
        object["transactionIndex"] = json!(format!("0x{index:x}"));
        object["from"] = json!("0x0000000000000000000000000000000000000000");
        object
    });
    object["transactions"] = transactions.collect();
    object
}

fn digits(strings: &[&[u8]]) -> Value {
    strings.iter().map(|string| json!(Bytes::copy_from_slice(string))).collect()
}

/// The witness with headers in hexadecimal.
fn witness(input: &Input<'_>) -> Value {
    let Ancestry::Headers(headers) = &input.ancestry else { panic!("headers are there") };
    json!({
        "state": digits(&input.nodes),
        "codes": digits(&input.codes),
        "keys": ["0x0102"],
        "headers": digits(headers),
    })
}

fn header_objects(input: &Input<'_>) -> Value {
    let Ancestry::Headers(headers) = &input.ancestry else { panic!("headers are there") };
    let object = |header: &&[u8]| json!(decode_header(header).expect("a header").0);
    headers.iter().rev().map(object).collect()
}

#[test]
fn in_all_forms() {
    let bytes = synthetic();
    let input = Input::decode(&bytes).expect("an input");
    let raw = hex::encode_prefixed(input.block);
    let object = block_object(&input);
    let envelope = |result: &Value| json!({ "jsonrpc": "2.0", "id": 1, "result": result });
    let blocks = [
        object.to_string(),
        envelope(&object).to_string(),
        raw.clone(),
        format!("  {}\n", &raw[2..]),
        json!(raw).to_string(),
        envelope(&json!(raw)).to_string(),
    ];
    let lists = witness(&input);
    let mut objects = lists.clone();
    objects["headers"] = header_objects(&input);
    let witnesses = [lists.to_string(), envelope(&lists).to_string(), objects.to_string()];
    for block in &blocks {
        for witness in &witnesses {
            let imported = import(block, witness, OPTIONS).expect("an input");
            assert_eq!(imported, bytes);
            assert_eq!(prune(&imported).expect("valid").1, bytes);
        }
    }

    // Nodes by their hash have another order; after all, the same are there.
    let mut by_key = lists;
    for field in ["state", "codes"] {
        let strings = by_key[field].as_array().expect("a list").iter().enumerate();
        by_key[field] = strings.map(|(at, string)| (format!("{at:04}"), string.clone())).collect();
    }
    assert_eq!(import(&raw, &by_key.to_string(), OPTIONS).expect("an input"), bytes);
}

#[test]
fn headers_in_any_order_with_others_among_them() {
    let bytes = synthetic();
    let input = Input::decode(&bytes).expect("an input");
    let raw = hex::encode_prefixed(input.block);
    let mut answer = witness(&input);
    let headers = answer["headers"].as_array_mut().expect("a list");
    let other = Header { number: 5, ..Header::default() };
    headers.insert(0, json!(Bytes::from(alloy_rlp::encode(&other))));
    headers.push(json!(other));
    assert_eq!(import(&raw, &answer.to_string(), OPTIONS).expect("an input"), bytes);
}

#[test]
fn what_is_no_answer() {
    let bytes = synthetic();
    let input = Input::decode(&bytes).expect("an input");
    let object = block_object(&input);
    let answer = witness(&input);
    let check = |block: &str, witness: &str, expected: fn(&ImportError) -> bool| {
        let error = import(block, witness, OPTIONS).expect_err("refused");
        assert!(expected(&error), "{error:?}");
    };
    let changed = |field: &str, value: Value| {
        let mut object = object.clone();
        object[field] = value;
        object.to_string()
    };
    let good = answer.to_string();
    check("", &good, |e| matches!(e, ImportError::Rlp(_)));
    check("no block", &good, |e| matches!(e, ImportError::Hexadecimal));
    check("{", &good, |e| matches!(e, ImportError::Json(_)));
    check("{\"result\": null}", &good, |e| matches!(e, ImportError::None));
    check("{\"error\": {\"code\": -32000}}", &good, |e| matches!(e, ImportError::Rpc(_)));
    check(&changed("gasUsed", json!("0x1")), &good, |e| matches!(e, ImportError::Hash { .. }));
    check(&changed("uncles", json!(["0x00"])), &good, |e| matches!(e, ImportError::Ommers));
    let hashes = json!([input.block.len().to_string()]);
    check(&changed("transactions", hashes), &good, |e| matches!(e, ImportError::OnlyHashes));

    let block = object.to_string();
    let mut without = answer.clone();
    without["headers"] = json!([]);
    check(&block, &without.to_string(), |e| matches!(e, ImportError::NoParent(_)));
    let mut odd = answer.clone();
    odd["state"] = json!(["0x0"]);
    check(&block, &odd.to_string(), |e| matches!(e, ImportError::Json(_)));
    assert_eq!(import(&block, &good, OPTIONS).expect("an input"), bytes);
}

#[test]
fn a_chain_that_nothing_tells() {
    let bytes = Specification { fork: FORK, ..Specification::new(Load::Transfers(0)) }
        .synthesize()
        .expect("a block");
    let input = Input::decode(&bytes).expect("an input");
    let (block, witness) = (block_object(&input).to_string(), witness(&input).to_string());
    let verdict = import(&block, &witness, OPTIONS);
    assert!(matches!(verdict, Err(ImportError::UnknownChain)));
    let options = Options { chain_id: Some(input.chain_id), ..OPTIONS };
    assert_eq!(import(&block, &witness, options).expect("an input"), bytes);
}
