// Calls the verifier's WebAssembly module. `verifier/web/src/answer.rs` has the formats.

let compiled;

/** The module, compiled once, and its size in bytes. */
export function load() {
  compiled ??= (async () => {
    const response = await fetch("lvm_verifier.wasm");
    if (!response.ok) throw new Error(`the verifier cannot be loaded: ${response.status}`);
    const bytes = await response.arrayBuffer();
    return { module: await WebAssembly.compile(bytes), size: bytes.byteLength };
  })();
  return compiled;
}

/**
 * Checks a proof.
 *
 * @param {Uint8Array} proof the proof file
 * @param {Uint8Array} key 32 bytes, or 64 hexadecimal digits
 * @param {bigint} exitCode the exit code that the run must have ended with
 * @param {Uint8Array | null} output the public output that it must have had; any, if null
 * @returns {Promise<{verified: true, exitCode: bigint, bits: number, output: Uint8Array, milliseconds: number}
 *   | {verified: false, reason: string}>}
 */
export async function verify(proof, key, exitCode, output) {
  const { module } = await load();
  // A new instance for every proof: whatever one does to its memory, the next one has its own.
  const { exports } = await WebAssembly.instantiate(module, {});
  const bytesMax = exports.lvm_proof_bytes_max();
  if (proof.length > bytesMax) {
    return { verified: false, reason: `the proof has ${proof.length} bytes, more than ${bytesMax}` };
  }
  const place = (bytes) => {
    const address = exports.lvm_allocate(bytes.length) >>> 0;
    new Uint8Array(exports.memory.buffer).set(bytes, address);
    return address;
  };
  const request = encodeRequest(key, exitCode, output);
  let answer;
  let milliseconds;
  try {
    const requestAddress = place(request);
    const proofAddress = place(proof);
    const started = performance.now();
    const address = exports.lvm_verify(requestAddress, request.length, proofAddress, proof.length) >>> 0;
    milliseconds = performance.now() - started;
    const length = new DataView(exports.memory.buffer).getUint32(address, true);
    answer = new Uint8Array(exports.memory.buffer, address + 4, length);
  } catch (error) {
    return { verified: false, reason: `the verifier stopped: ${error.message}` };
  }
  if (answer[0] !== 1) {
    return { verified: false, reason: new TextDecoder().decode(answer.subarray(1)) };
  }
  const view = new DataView(answer.buffer, answer.byteOffset, answer.length);
  return {
    verified: true,
    exitCode: view.getBigUint64(1, true),
    bits: view.getUint32(9, true),
    output: answer.slice(13),
    milliseconds,
  };
}

function encodeRequest(key, exitCode, output) {
  const given = output ?? new Uint8Array();
  const request = new Uint8Array(13 + given.length + key.length);
  const view = new DataView(request.buffer);
  view.setBigUint64(0, exitCode, true);
  view.setUint8(8, output === null ? 0 : 1);
  view.setUint32(9, given.length, true);
  request.set(given, 13);
  request.set(key, 13 + given.length);
  return request;
}
