// The page: takes files and fields, shows what the verifier says.

import { load, verify } from "./verifier.js";

const find = (id) => document.getElementById(id);
const U64_MAX = 2n ** 64n - 1n;
const SHOWN_BYTES = 64 * 1024;

let proofFile = null;
let keyFile = null;

function ready() {
  find("verify").disabled = !(proofFile && (keyFile || find("key").value.trim()));
}

/** A result belongs to what is in the fields, so it goes when they change. */
function changed() {
  find("result").hidden = true;
  ready();
}

function takeProof(file) {
  proofFile = file ?? null;
  find("proof-name").textContent = file ? `${file.name}, ${file.size.toLocaleString()} bytes` : "no file yet";
  changed();
}

const drop = find("drop");
for (const type of ["dragenter", "dragover"]) {
  drop.addEventListener(type, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
for (const type of ["dragleave", "drop"]) {
  drop.addEventListener(type, () => drop.classList.remove("over"));
}
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  takeProof(event.dataTransfer.files[0]);
});
// A file that misses its place is not opened instead of the page.
for (const type of ["dragover", "drop"]) {
  window.addEventListener(type, (event) => event.preventDefault());
}
find("proof").addEventListener("change", (event) => takeProof(event.target.files[0]));
find("key-file").addEventListener("change", (event) => {
  keyFile = event.target.files[0] ?? null;
  find("key").value = "";
  changed();
});
find("key").addEventListener("input", () => {
  keyFile = null;
  find("key-file").value = "";
  changed();
});
for (const id of ["exit-code", "expected", "expected-hex"]) find(id).addEventListener("input", changed);

find("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = find("verify");
  button.disabled = true;
  button.textContent = "Verifying…";
  try {
    const key = await readKey();
    const [exitCode, output] = [readExitCode(), readExpected()];
    const proof = new Uint8Array(await proofFile.arrayBuffer());
    show(await verify(proof, key, exitCode, output), key);
  } catch (error) {
    show({ verified: false, reason: error.message });
  }
  button.textContent = "Verify";
  ready();
});

async function readKey() {
  if (!keyFile) return new TextEncoder().encode(find("key").value.trim());
  if (keyFile.size > 1024) throw new Error("the key file is no verifying key: it is too long");
  return new Uint8Array(await keyFile.arrayBuffer());
}

function readExitCode() {
  const text = find("exit-code").value.trim();
  if (!/^[0-9]{1,20}$/.test(text) || BigInt(text) > U64_MAX) {
    throw new Error("the exit code is not a number from 0 to 2^64 − 1");
  }
  return BigInt(text);
}

function readExpected() {
  const text = find("expected").value;
  if (!text) return null;
  if (!find("expected-hex").checked) return new TextEncoder().encode(text);
  const digits = text.replace(/\s/g, "");
  if (digits.length % 2 || /[^0-9a-fA-F]/.test(digits)) {
    throw new Error("the expected public output is not hexadecimal");
  }
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

function show(answer, key) {
  const result = find("result");
  result.className = `card ${answer.verified ? "good" : "bad"}`;
  find("verdict").textContent = answer.verified ? "✓ Verified" : "✗ Refused";
  find("reason").textContent = answer.verified ? "" : sentence(answer.reason);
  find("statement").hidden = !answer.verified;
  if (answer.verified) {
    const { output } = answer;
    find("shown-key").textContent = key.length === 32 ? hex(key) : new TextDecoder().decode(key).trim();
    find("shown-exit-code").textContent =
      answer.exitCode === 0n ? "0, the run succeeded" : `${answer.exitCode}, the run failed`;
    find("shown-length").textContent = output.length === 1 ? "1 byte" : `${output.length.toLocaleString()} bytes`;
    const shown = output.subarray(0, SHOWN_BYTES);
    const more = output.length > shown.length ? "…" : "";
    const text = readable(shown);
    find("shown-text").textContent = text === null ? hex(shown) + more : text + more;
    find("shown-hex").textContent = hex(shown) + more;
    find("shown-hex-details").hidden = text === null;
    find("shown-bits").textContent = answer.bits;
    find("shown-time").textContent = `${answer.milliseconds.toFixed(1)} ms`;
  }
  result.hidden = false;
  result.focus();
}

/** The bytes as text, or null if they are none that can be shown. */
function readable(bytes) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return /[\p{Cc}\p{Cf}\p{Co}\p{Cn}]/u.test(text.replace(/[\n\t]/g, "")) ? null : text;
  } catch {
    return null;
  }
}

const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

load().then(
  ({ size }) => { find("wasm-size").textContent = `${Math.ceil(size / 1024)} KiB`; },
  (error) => show({ verified: false, reason: error.message }),
);
ready();
