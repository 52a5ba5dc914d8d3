/**
 * Checks what is read from a capture's files.
 *
 * @module
 */
import { z } from "zod";
import { FORMAT_VERSION } from "../format.ts";

/** The name of a redaction profile. */
export const redactionProfile = z.enum(["safe", "share", "none"]);

const part = z.union([z.string(), z.tuple([z.int(), z.int()]), z.tuple([z.int(), z.int(), z.string()])]);
const omitted = z.enum(["budget", "undecodable", "secret", "backlog"]).exactOptional();
const stored = {
  text: z.string().exactOptional(),
  parts: z.array(part).exactOptional(),
  omitted,
};
const pairs = z.array(z.tuple([z.string(), z.string()]));
const version = z.literal(FORMAT_VERSION);
const body = z.object({
  ...stored,
  encoding: z.enum(["utf8", "base64"]),
  sha256: z.string().exactOptional(),
  wire_size: z.number(),
  size: z.number(),
  content_encoding: z.string().exactOptional(),
  truncated: z.boolean(),
  decode_error: z.string().exactOptional(),
});
const base = {
  v: version,
  seq: z.int(),
  id: z.string(),
  t_ms: z.number(),
  wall_ms: z.number(),
  channel: z.string(),
  tags: z.record(z.string(), z.string()).exactOptional(),
};
const data = {
  data: z.string().exactOptional(),
  data_parts: z.array(part).exactOptional(),
  omitted,
  json_type: z.string().exactOptional(),
};

/** Any line of `capture.jsonl`. */
export const recordSchema = z.discriminatedUnion("kind", [
  z.object({
    ...base,
    kind: z.literal("http.request"),
    connection: z.number(),
    method: z.string(),
    url: z.string(),
    http_version: z.string(),
    headers: pairs,
    body: body.exactOptional(),
  }),
  z.object({
    ...base,
    kind: z.literal("http.response"),
    status: z.int(),
    status_text: z.string(),
    headers: pairs,
    interim: z.boolean().exactOptional(),
  }),
  z.object({
    ...base,
    kind: z.literal("sse.event"),
    index: z.int(),
    event: z.string(),
    event_id: z.string().exactOptional(),
    retry: z.number().exactOptional(),
    ...data,
    offset: z.number(),
    size: z.number(),
    raw: z.string().exactOptional(),
    incomplete: z.boolean().exactOptional(),
  }),
  z.object({
    ...base,
    kind: z.literal("http.chunk"),
    dir: z.enum(["send", "receive"]),
    offset: z.number(),
    size: z.number(),
    ...data,
  }),
  z.object({
    ...base,
    kind: z.literal("http.end"),
    outcome: z.enum(["ok", "aborted", "error"]),
    error: z.string().exactOptional(),
    body: body.exactOptional(),
    request_body: body.exactOptional(),
    sizes: z.object({
      request_wire: z.number(),
      request: z.number(),
      response_wire: z.number(),
      response: z.number(),
    }),
    decode_error: z.string().exactOptional(),
    trailers: pairs.exactOptional(),
    timings: z.object({
      blocked: z.number(),
      dns: z.number(),
      connect: z.number(),
      ssl: z.number(),
      send: z.number(),
      wait: z.number(),
      first_event: z.number(),
      first_output: z.number(),
      receive: z.number(),
    }),
  }),
  z.object({
    ...base,
    kind: z.literal("ws.open"),
    status: z.int(),
    headers: pairs,
    subprotocol: z.string().exactOptional(),
    extensions: z.string().exactOptional(),
  }),
  z.object({
    ...base,
    kind: z.literal("ws.message"),
    index: z.int(),
    dir: z.enum(["send", "receive"]),
    opcode: z.union([z.literal(1), z.literal(2), z.literal(9), z.literal(10)]),
    size: z.number(),
    ...data,
    response_id: z.string().exactOptional(),
  }),
  z.object({
    ...base,
    kind: z.literal("ws.close"),
    code: z.int(),
    reason: z.string(),
    by: z.enum(["client", "server"]),
    decode_error: z.string().exactOptional(),
  }),
  z.object({
    ...base,
    kind: z.literal("net.error"),
    stage: z.enum(["dns", "tcp", "tls", "proxy", "http", "unknown"]),
    error: z.string(),
  }),
  z.object({
    v: version,
    seq: z.int(),
    kind: z.literal("piece"),
    piece: z.int(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    text: z.string().exactOptional(),
  }),
  z.object({
    v: version,
    seq: z.int(),
    kind: z.literal("capture.limit"),
    t_ms: z.number(),
    max_size: z.number(),
  }),
]);

/** The content of `meta.json`. */
export const metaSchema = z.object({
  v: version,
  capture_id: z.string(),
  tool: z.object({ name: z.string(), version: z.string() }),
  redaction: redactionProfile,
  started_ms: z.number(),
  channels: z.record(z.string(), z.string()).exactOptional(),
});
