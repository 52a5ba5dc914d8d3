/**
 * The content of a trace, assembled from its events and payloads. The names follow the reduced state of the
 * codex client (0.171.0, `state.json`), so that programs can read both.
 *
 * @module
 */
import type { TokenUsage } from "../../../responses/events/events.ts";
import type { AttemptFacts } from "../format/attempt_facts.ts";

/** Start and end of an operation. Times are ms since 1970. */
export interface Execution {
  readonly started_at_unix_ms: number;
  readonly started_seq: number;
  ended_at_unix_ms: number | null;
  ended_seq: number | null;
  /** `running`, `completed`, `failed`, `cancelled` or `aborted`. */
  status: string;
}

/** An agent. */
export interface TraceThread {
  readonly thread_id: string;
  readonly agent_path: string | null;
  readonly execution: Execution;
  default_model: string | null;
  /** The source that started it, such as `exec`. */
  session_source: string | null;
  cwd: string | null;
  /** In the order in which they were first seen. */
  readonly conversation_item_ids: string[];
}

/** A turn: from a prompt to the answer that ends it. */
export interface TraceTurn {
  readonly codex_turn_id: string;
  readonly thread_id: string;
  readonly execution: Execution;
  /** Duration as reported by the client, ms; `null` if it did not report one. */
  time_to_first_token_ms: number | null;
  /** Messages of errors that the client reported during the turn. */
  readonly errors: string[];
}

/** The producer of an item. */
export type ItemProducer =
  | { readonly type: "inference"; readonly inference_call_id: string }
  | { readonly type: "tool"; readonly tool_call_id: string };

/**
 * An item of a conversation. The same content at the same position is one item, even if it is sent several
 * times.
 */
export interface TraceItem {
  readonly item_id: string;
  /** The id of the item in the API. */
  readonly responses_item_id: string | null;
  readonly thread_id: string;
  readonly codex_turn_id: string;
  readonly first_seen_at_unix_ms: number;
  accepted_at_unix_ms: number | null;
  accepted_seq: number | null;
  readonly role: string | null;
  readonly kind: string;
  readonly call_id: string | null;
  /** The beginning of its text. */
  readonly text: string;
  /** Length of its text, UTF-16 units. */
  readonly chars: number;
  /** The payload in which it was first seen. */
  readonly raw_payload_id: string;
  readonly produced_by: ItemProducer[];
}

/** An attempt to get a response: one request. */
export interface InferenceCall {
  readonly inference_call_id: string;
  readonly thread_id: string;
  readonly codex_turn_id: string;
  readonly execution: Execution;
  readonly model: string;
  readonly provider_name: string;
  response_id: string | null;
  upstream_request_id: string | null;
  /** Error of a failed attempt, or the reason of a cancelled one. */
  error: string | null;
  request_item_ids: readonly string[];
  response_item_ids: readonly string[];
  readonly tool_call_ids_started_by_response: string[];
  usage: TokenUsage | null;
  /** The additional facts of culvert; `null` for traces of other programs. */
  facts: AttemptFacts | null;
  readonly raw_request_payload_id: string;
  readonly prepared_prompt_payload_id: string | null;
  raw_response_payload_id: string | null;
}

/** A call of a tool. */
export interface ToolCall {
  readonly tool_call_id: string;
  mcp_call_id: string | null;
  readonly model_visible_call_id: string | null;
  readonly thread_id: string | null;
  readonly started_by_codex_turn_id: string | null;
  readonly execution: Execution;
  /** Start and end of the program itself; `null` if the trace does not contain them. */
  runtime: Execution | null;
  readonly requester: string;
  /** Such as `exec_command`. */
  readonly kind: string;
  /** Name of the tool, with the name of the MCP server as a prefix. */
  name: string;
  /** The beginning of its arguments. */
  input: string;
  /** The beginning of its output. */
  output: string;
  exit_code: number | null;
  readonly model_visible_call_item_ids: string[];
  readonly model_visible_output_item_ids: string[];
  readonly raw_invocation_payload_id: string | null;
  raw_result_payload_id: string | null;
  readonly raw_runtime_payload_ids: string[];
}

/** A cell of JavaScript that the model ran. */
export interface CodeCell {
  readonly code_cell_id: string;
  readonly model_visible_call_id: string;
  readonly codex_turn_id: string | null;
  readonly execution: Execution;
  /** The beginning of its source. */
  readonly source: string;
}

/** A request that shortens the history. */
export interface CompactionRequest {
  readonly compaction_request_id: string;
  readonly compaction_id: string;
  readonly thread_id: string;
  readonly codex_turn_id: string;
  readonly execution: Execution;
  readonly model: string;
  error: string | null;
  readonly raw_request_payload_id: string;
  raw_response_payload_id: string | null;
}

/** A shortened history that replaced the previous one. */
export interface Compaction {
  readonly compaction_id: string;
  readonly installed_at_unix_ms: number;
  readonly installed_seq: number;
  readonly raw_checkpoint_payload_id: string;
}

/** A result that one agent passed to another. */
export interface InteractionEdge {
  readonly edge_id: string;
  readonly child_thread_id: string;
  readonly parent_thread_id: string;
  readonly observed_at_unix_ms: number;
  readonly message: string;
}

/** The location of a payload. */
export interface RawPayload {
  readonly raw_payload_id: string;
  readonly kind: string;
  readonly path?: string;
  readonly shard?: number;
  /** Ids of the payloads that are inserted into it. */
  readonly parts?: readonly string[];
  /** The part of it that a limit kept. */
  readonly capture?: {
    readonly status: string;
    readonly original_bytes: number;
    readonly retained_bytes?: number;
  };
}

/** A reduced trace. */
export interface ReducedTrace {
  /** The version of the bundle's schema. */
  readonly schema_version: number;
  readonly trace_id: string;
  readonly rollout_id: string;
  readonly root_thread_id: string;
  readonly started_at_unix_ms: number;
  ended_at_unix_ms: number | null;
  /** `running` if the trace does not contain the end. */
  status: string;
  /** `complete`, `closed_with_partial_payloads`, or `unclosed` if the writer did not end normally. */
  recording_status: string;
  readonly threads: Readonly<Record<string, TraceThread>>;
  readonly codex_turns: Readonly<Record<string, TraceTurn>>;
  readonly conversation_items: Readonly<Record<string, TraceItem>>;
  readonly inference_calls: Readonly<Record<string, InferenceCall>>;
  readonly code_cells: Readonly<Record<string, CodeCell>>;
  readonly tool_calls: Readonly<Record<string, ToolCall>>;
  readonly compactions: Readonly<Record<string, Compaction>>;
  readonly compaction_requests: Readonly<Record<string, CompactionRequest>>;
  readonly interaction_edges: Readonly<Record<string, InteractionEdge>>;
  readonly raw_payloads: Readonly<Record<string, RawPayload>>;
  /** Number of events of each type that this release does not know. */
  readonly unknown_events: Readonly<Record<string, number>>;
  /** The problems of the bundle. */
  readonly problems: readonly string[];
}
