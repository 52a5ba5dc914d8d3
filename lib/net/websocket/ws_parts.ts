/**
 * The parts of `ws` that are used: its framing and its compression. Its client is not used: it is built on
 * the HTTP client of Node, which has its own roots and reports neither the status of a proxy nor a failed
 * handshake.
 *
 * @module
 */
// @ts-types="./ws_parts.d.ts"
export { extension, type Extensions, PerMessageDeflate, Receiver, Sender } from "ws";
