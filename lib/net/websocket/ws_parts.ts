/**
 * The parts of `ws` that are used: its framing and its compression. Its client is not, because that stands on
 * Node's HTTP client, which hides what happens below it: roots of its own, no status of a proxy, and on older
 * versions of Deno (2.4.2) no way to give it a tunnel.
 *
 * @module
 */
// @ts-types="./ws_parts.d.ts"
export { extension, PerMessageDeflate, Receiver, Sender } from "ws";
