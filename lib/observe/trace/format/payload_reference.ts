/**
 * References of events to payloads.
 *
 * @module
 */
import { z } from "zod";

/** Kinds of payloads that are known (codex client 0.171.0). Readers accept others. */
const PAYLOAD_KINDS = [
  "inference_request",
  "inference_response",
  "compaction_request",
  "compaction_checkpoint",
  "compaction_response",
  "tool_invocation",
  "tool_result",
  "tool_runtime_event",
  "terminal_runtime_event",
  "protocol_event",
  "session_metadata",
  "agent_result",
  "prepared_prompt",
  "model_item",
  "content_value",
  "warmup_context",
] as const;

/** A known kind of payload. */
export type PayloadKind = typeof PAYLOAD_KINDS[number];

/** The stored part of a payload above the limits. */
const capture = z.object({
  /** `truncated`: the JSON is incomplete. `omitted`: it is not stored, and the reference has no shard. */
  status: z.string(),
  /** Length of the whole JSON, bytes. */
  original_bytes: z.number(),
  /** Length of the part that was kept, bytes; absent if nothing was kept. */
  retained_bytes: z.number().nullish(),
});

/** A payload that an event refers to. Unknown fields are ignored. */
export const payloadReferenceSchema = z.object({
  /** `raw_payload:N`, N from 1. */
  raw_payload_id: z.string(),
  kind: z.object({ type: z.string() }),
  /** Schema 1 and 2: path of the file within the bundle. */
  path: z.string().nullish(),
  /** Schema 3: number of the shard; null if the payload was omitted. */
  shard: z.int().nullish(),
  /**
   * Schema 3: payloads whose JSON is inserted between the strings of this payload, which is an array of one string more
   * than there are parts.
   */
  get parts() {
    return z.array(payloadReferenceSchema).nullish();
  },
  /** Schema 3: set if limits omitted a part. */
  capture: capture.nullish().catch(null),
});

/** A reference to a payload, as it is read. */
export type PayloadReference = z.infer<typeof payloadReferenceSchema>;

/** A reference to a payload, as it is written. */
export interface WrittenReference {
  readonly raw_payload_id: string;
  readonly kind: { readonly type: PayloadKind };
  readonly shard: number | null;
  readonly parts?: readonly WrittenReference[];
  readonly capture?:
    | { readonly status: "truncated"; readonly original_bytes: number; readonly retained_bytes: number }
    | { readonly status: "omitted"; readonly original_bytes: number };
}
