/**
 * How the bodies of forwarded messages are framed (RFC 9112 §6).
 *
 * @module
 */
import type { IncomingMessage } from "node:http";
import { headerValueOf } from "./raw_headers.ts";

/** Tells whether a request has a body, as its framing says (RFC 9112 §6.3). */
export function hasBody({ headers }: Pick<IncomingMessage, "headers">): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/**
 * Returns the fields that frame the body where the headers have no length: given a list of headers, `node:http` would
 * send a chunked body for some methods and none for others.
 */
export function framingOf(
  message: IncomingMessage,
  method: string,
  headers: readonly string[],
): readonly string[] {
  if (headerValueOf(headers, "content-length") !== undefined) return [];
  // The codings of the client: the body passes undecoded.
  if (hasBody(message)) return ["Transfer-Encoding", message.headers["transfer-encoding"] ?? "chunked"];
  return /^(GET|HEAD|OPTIONS|TRACE|DELETE)$/.test(method) ? [] : ["Content-Length", "0"];
}

/**
 * Returns the field for the transfer codings of a response beside `chunked`, in which its body passes undecoded. Only a
 * server that breaks RFC 9112 §6.1 uses one, since `TE` is not forwarded.
 */
export function codingsOf({ headers }: IncomingMessage): readonly string[] {
  const codings = headers["transfer-encoding"];
  if (codings === undefined || codings.toLowerCase() === "chunked") return [];
  return ["Transfer-Encoding", /\bchunked$/i.test(codings) ? codings : `${codings}, chunked`];
}
