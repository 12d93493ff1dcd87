import { setFlagsFromString } from "node:v8";

/**
 * How many bytes of WebAssembly, roughly, run before V8 compiles them once more, for speed. Undici's parser comes to V8's
 * own bound, 1.8 million in Node 20, within the first answer, and that compiler takes 80 ms of a processor: more than a
 * command that asks a few times ever gets back. A tail comes to this one after some hundred answers.
 */
const budgetBytes = 1_000_000_000;

/**
 * Puts that second compilation off. Only when the service is about to be asked: with other flags than it was started with, Node
 * compiles its own modules that are loaded from then on, instead of taking them from its cache.
 */
export function putOffWasmTiering(): void {
  setFlagsFromString(`--wasm-tiering-budget=${budgetBytes}`);
}
