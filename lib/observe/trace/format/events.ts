/**
 * The events of an inference trace: each is one line of the event log, in a common envelope.
 *
 * @module
 */
import { z } from "zod";
import { attemptFactsSchema } from "./attempt_facts.ts";
import { schemaVersion } from "./manifest.ts";
import { payloadReferenceSchema as payload } from "./payload_reference.ts";

const text = z.string();
const optional = z.string().nullish();
const noPayload = payload.nullish();
const call = { inference_call_id: text };
/** Added by culvert to the events that end an attempt. */
const facts = { culvert: attemptFactsSchema.nullish().catch(null) };
const compaction = { compaction_id: text, compaction_request_id: text };
const requester = z.object({ type: text, runtime_cell_id: optional });

const toolKind = z.object({ type: text, server: optional, tool: optional, name: optional });
const summary = z.unknown();

/** The known events (codex client 0.171.0). Unknown fields are ignored. */
export const knownEventSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("rollout_started"), trace_id: text, root_thread_id: text }),
  z.object({ type: z.literal("rollout_ended"), status: text }),
  /** Last line of a bundle that was closed normally (schema 2 and 3). */
  z.object({ type: z.literal("recording_completed") }),
  /** An item entered the history (schema 2 and 3). The output of a tool includes its payload (schema 3). */
  z.object({ type: z.literal("history_item_accepted"), item_id: text, tool_output_payload: noPayload }),
  z.object({
    type: z.literal("thread_started"),
    thread_id: text,
    agent_path: optional,
    metadata_payload: noPayload,
  }),
  z.object({ type: z.literal("thread_ended"), thread_id: text, status: text }),
  z.object({ type: z.literal("codex_turn_started"), codex_turn_id: text, thread_id: text }),
  z.object({ type: z.literal("codex_turn_ended"), codex_turn_id: text, status: text }),
  z.object({
    type: z.literal("inference_started"),
    ...call,
    thread_id: text,
    codex_turn_id: text,
    model: text,
    provider_name: text,
    request_payload: payload,
    prepared_prompt_payload: noPayload,
    warmup_context_payload: noPayload,
  }),
  z.object({
    type: z.literal("inference_completed"),
    ...call,
    ...facts,
    response_id: optional,
    upstream_request_id: optional,
    response_payload: payload,
  }),
  z.object({
    type: z.literal("inference_failed"),
    ...call,
    ...facts,
    upstream_request_id: optional,
    error: text,
    partial_response_payload: noPayload,
  }),
  z.object({
    type: z.literal("inference_cancelled"),
    ...call,
    ...facts,
    upstream_request_id: optional,
    reason: text,
    partial_response_payload: noPayload,
  }),
  z.object({
    type: z.literal("tool_call_started"),
    tool_call_id: text,
    model_visible_call_id: optional,
    code_mode_runtime_tool_id: optional,
    requester,
    kind: toolKind,
    summary,
    invocation_payload: noPayload,
  }),
  z.object({ type: z.literal("tool_call_runtime_started"), tool_call_id: text, runtime_payload: noPayload }),
  z.object({
    type: z.literal("tool_call_runtime_ended"),
    tool_call_id: text,
    status: text,
    runtime_payload: noPayload,
  }),
  z.object({
    type: z.literal("tool_call_ended"),
    tool_call_id: text,
    status: text,
    result_payload: noPayload,
  }),
  z.object({
    type: z.literal("mcp_tool_call_correlation_assigned"),
    tool_call_id: text,
    mcp_call_id: text,
  }),
  z.object({
    type: z.literal("code_cell_started"),
    runtime_cell_id: text,
    model_visible_call_id: text,
    source_js: text,
  }),
  z.object({
    type: z.literal("code_cell_initial_response"),
    runtime_cell_id: text,
    status: text,
    response_payload: noPayload,
  }),
  z.object({
    type: z.literal("code_cell_ended"),
    runtime_cell_id: text,
    status: text,
    response_payload: noPayload,
  }),
  z.object({
    type: z.literal("compaction_request_started"),
    ...compaction,
    thread_id: text,
    codex_turn_id: text,
    model: text,
    provider_name: text,
    request_payload: payload,
  }),
  z.object({ type: z.literal("compaction_request_completed"), ...compaction, response_payload: payload }),
  z.object({ type: z.literal("compaction_request_failed"), ...compaction, error: text }),
  z.object({ type: z.literal("compaction_installed"), compaction_id: text, checkpoint_payload: payload }),
  z.object({
    type: z.literal("agent_result_observed"),
    edge_id: text,
    child_thread_id: text,
    child_codex_turn_id: text,
    parent_thread_id: text,
    message: text,
    carried_payload: noPayload,
  }),
  z.object({ type: z.literal("protocol_event_observed"), event_type: text, event_payload: payload }),
]);

/** A known event. */
export type KnownEvent = z.infer<typeof knownEventSchema>;

const envelope = {
  schema_version: schemaVersion,
  /** From 1, without gaps. */
  seq: z.int(),
  /** Wall clock, ms since 1970. */
  wall_time_unix_ms: z.number(),
  rollout_id: text,
  thread_id: optional,
  codex_turn_id: optional,
};

/** The envelope of any event: the `payload` of an unknown type is kept unchanged. */
export const envelopeSchema = z.object({ ...envelope, payload: z.looseObject({ type: text }) });

/** A line of the event log whose event is known. */
export const lineSchema = z.object({ ...envelope, payload: knownEventSchema });

/** A line of the event log whose event has not been parsed yet. */
export type Envelope = z.infer<typeof envelopeSchema>;

/** A line of the event log whose event is known. */
export type EventLine = z.infer<typeof lineSchema>;

const known: ReadonlySet<string> = new Set(knownEventSchema.options.map(({ shape }) => shape.type.value));

/**
 * Returns whether a type of events is known. Unknown ones are not an error, because later releases add some.
 */
export function isKnownEvent(type: string): type is KnownEvent["type"] {
  return known.has(type);
}
