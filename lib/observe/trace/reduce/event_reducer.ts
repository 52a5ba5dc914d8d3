/**
 * Applies the events of a trace, in their order, to the state of turns, calls and tools. Payloads are only
 * referenced.
 *
 * @module
 */
import type { TraceEvent } from "../read/event_log.ts";
import type { Problems } from "../read/problems.ts";
import type {
  CodeCell,
  Compaction,
  CompactionRequest,
  Execution,
  InferenceCall,
  InteractionEdge,
  ToolCall,
  TraceThread,
  TraceTurn,
} from "./model.ts";
import { beginning } from "./item_facts.ts";
import { PayloadTable } from "./payload_table.ts";

/** A step that adds items to a conversation. */
export interface ItemStep {
  readonly kind: "request" | "response";
  readonly call: InferenceCall;
  readonly at: number;
}

/** Time at which an item entered the history. */
export interface Acceptance {
  readonly at: number;
  readonly seq: number;
}

/** An event that the client showed. */
export interface ProtocolEvent {
  readonly type: string;
  readonly payloadId: string;
  /** The turn that ran. */
  readonly turn: TraceTurn | undefined;
}

type EventOf<Type> = Extract<NonNullable<TraceEvent["known"]>, { readonly type: Type }>;
type InferenceEnd = EventOf<"inference_completed" | "inference_failed" | "inference_cancelled">;

/** The state after the events that were applied. */
export class EventReducer {
  readonly payloads = new PayloadTable();
  readonly threads = new Map<string, TraceThread>();
  readonly turns = new Map<string, TraceTurn>();
  readonly calls = new Map<string, InferenceCall>();
  readonly tools = new Map<string, ToolCall>();
  readonly cells = new Map<string, CodeCell>();
  readonly compactions = new Map<string, Compaction>();
  readonly compactionRequests = new Map<string, CompactionRequest>();
  readonly edges = new Map<string, InteractionEdge>();
  readonly steps: ItemStep[] = [];
  readonly accepted = new Map<string, Acceptance>();
  readonly protocolEvents: ProtocolEvent[] = [];
  /** Payloads about threads, by the id of the thread. */
  readonly metadata = new Map<string, string>();
  readonly unknown = new Map<string, number>();
  /** Whether the last line of a normally closed bundle was read. */
  isClosed = false;
  end: { readonly at: number; readonly status: string } | undefined;
  readonly #problems: Problems;
  readonly #running = new Set<InferenceCall>();
  #lastTurn: TraceTurn | undefined;

  /** @param problems receives references to operations without a start */
  constructor(problems: Problems) {
    this.#problems = problems;
  }

  /** Applies the next event. */
  apply({ envelope, known }: TraceEvent): void {
    const { seq, wall_time_unix_ms: at, payload } = envelope;
    if (known === undefined) {
      this.unknown.set(payload.type, (this.unknown.get(payload.type) ?? 0) + 1);
      return;
    }
    const execution = (): Execution => ({
      started_at_unix_ms: at,
      started_seq: seq,
      ended_at_unix_ms: null,
      ended_seq: null,
      status: "running",
    });
    const close = (running: Execution, status: string) => {
      running.ended_at_unix_ms = at;
      running.ended_seq = seq;
      running.status = status;
    };
    switch (known.type) {
      case "rollout_started":
        break;
      case "rollout_ended":
        this.end = { at, status: known.status };
        break;
      case "recording_completed":
        this.isClosed = true;
        break;
      case "history_item_accepted":
        this.payloads.addOptional(known.tool_output_payload);
        this.accepted.set(known.item_id, { at, seq });
        break;
      case "thread_started": {
        const metadata = this.payloads.addOptional(known.metadata_payload);
        if (metadata !== null) this.metadata.set(known.thread_id, metadata);
        this.#start(this.threads, known.thread_id, () => ({
          thread_id: known.thread_id,
          agent_path: known.agent_path ?? null,
          execution: execution(),
          default_model: null,
          session_source: null,
          cwd: null,
          conversation_item_ids: [],
        }));
        break;
      }
      case "thread_ended":
        this.#with(this.threads, known.thread_id, (thread) => close(thread.execution, known.status));
        break;
      case "codex_turn_started":
        this.#lastTurn = this.#start(this.turns, known.codex_turn_id, () => ({
          codex_turn_id: known.codex_turn_id,
          thread_id: known.thread_id,
          execution: execution(),
          time_to_first_token_ms: null,
          errors: [],
        }));
        break;
      case "codex_turn_ended":
        this.#with(this.turns, known.codex_turn_id, (turn) => {
          close(turn.execution, known.status);
          for (const call of this.#running) {
            if (call.codex_turn_id !== turn.codex_turn_id) continue;
            this.#running.delete(call);
            // A call cannot run longer than its turn: the client has abandoned it.
            close(call.execution, known.status === "completed" ? "cancelled" : known.status);
          }
        });
        break;
      case "inference_started": {
        const request = this.payloads.add(known.request_payload);
        this.payloads.addOptional(known.warmup_context_payload);
        const prepared = this.payloads.addOptional(known.prepared_prompt_payload);
        const call = this.#start(this.calls, known.inference_call_id, (): InferenceCall => ({
          inference_call_id: known.inference_call_id,
          thread_id: known.thread_id,
          codex_turn_id: known.codex_turn_id,
          execution: execution(),
          model: known.model,
          provider_name: known.provider_name,
          response_id: null,
          upstream_request_id: null,
          error: null,
          request_item_ids: [],
          response_item_ids: [],
          tool_call_ids_started_by_response: [],
          usage: null,
          facts: null,
          raw_request_payload_id: request,
          prepared_prompt_payload_id: prepared,
          raw_response_payload_id: null,
        }));
        if (call === undefined) break;
        this.#running.add(call);
        this.steps.push({ kind: "request", call, at });
        break;
      }
      case "inference_completed":
        this.#endCall(known, "completed", at, close);
        break;
      case "inference_failed":
        this.#endCall(known, "failed", at, close);
        break;
      case "inference_cancelled":
        this.#endCall(known, "cancelled", at, close);
        break;
      case "tool_call_started": {
        const { kind } = known;
        const name = kind.type === "mcp"
          ? [kind.server, kind.tool].filter(Boolean).join(".")
          : kind.name ?? kind.type;
        this.#start(this.tools, known.tool_call_id, () => ({
          tool_call_id: known.tool_call_id,
          mcp_call_id: null,
          model_visible_call_id: known.model_visible_call_id ?? null,
          thread_id: envelope.thread_id ?? null,
          started_by_codex_turn_id: envelope.codex_turn_id ?? null,
          execution: execution(),
          runtime: null,
          requester: known.requester.type,
          kind: kind.type,
          name,
          input: previewOf(known.summary, "input_preview"),
          output: previewOf(known.summary, "output_preview"),
          exit_code: null,
          model_visible_call_item_ids: [],
          model_visible_output_item_ids: [],
          raw_invocation_payload_id: this.payloads.addOptional(known.invocation_payload),
          raw_result_payload_id: null,
          raw_runtime_payload_ids: [],
        }));
        break;
      }
      case "tool_call_runtime_started":
      case "tool_call_runtime_ended": {
        const id = this.payloads.addOptional(known.runtime_payload);
        this.#with(this.tools, known.tool_call_id, (tool) => {
          if (id !== null) tool.raw_runtime_payload_ids.push(id);
          tool.runtime ??= execution();
          if (known.type === "tool_call_runtime_ended") close(tool.runtime, known.status);
        });
        break;
      }
      case "tool_call_ended": {
        const id = this.payloads.addOptional(known.result_payload);
        this.#with(this.tools, known.tool_call_id, (tool) => {
          tool.raw_result_payload_id = id;
          close(tool.execution, known.status);
        });
        break;
      }
      case "mcp_tool_call_correlation_assigned":
        this.#with(this.tools, known.tool_call_id, (tool) => void (tool.mcp_call_id = known.mcp_call_id));
        break;
      case "code_cell_started":
        this.#start(this.cells, known.runtime_cell_id, () => ({
          code_cell_id: known.runtime_cell_id,
          model_visible_call_id: known.model_visible_call_id,
          codex_turn_id: envelope.codex_turn_id ?? null,
          execution: execution(),
          source: beginning(known.source_js),
        }));
        break;
      case "code_cell_initial_response":
        this.payloads.addOptional(known.response_payload);
        break;
      case "code_cell_ended":
        this.payloads.addOptional(known.response_payload);
        this.#with(this.cells, known.runtime_cell_id, (cell) => close(cell.execution, known.status));
        break;
      case "compaction_request_started": {
        const request = this.payloads.add(known.request_payload);
        this.#start(this.compactionRequests, known.compaction_request_id, () => ({
          compaction_request_id: known.compaction_request_id,
          compaction_id: known.compaction_id,
          thread_id: known.thread_id,
          codex_turn_id: known.codex_turn_id,
          execution: execution(),
          model: known.model,
          error: null,
          raw_request_payload_id: request,
          raw_response_payload_id: null,
        }));
        break;
      }
      case "compaction_request_completed": {
        const response = this.payloads.add(known.response_payload);
        this.#with(this.compactionRequests, known.compaction_request_id, (request) => {
          request.raw_response_payload_id = response;
          close(request.execution, "completed");
        });
        break;
      }
      case "compaction_request_failed":
        this.#with(this.compactionRequests, known.compaction_request_id, (request) => {
          request.error = beginning(known.error);
          close(request.execution, "failed");
        });
        break;
      case "compaction_installed":
        this.compactions.set(known.compaction_id, {
          compaction_id: known.compaction_id,
          installed_at_unix_ms: at,
          installed_seq: seq,
          raw_checkpoint_payload_id: this.payloads.add(known.checkpoint_payload),
        });
        break;
      case "agent_result_observed":
        this.payloads.addOptional(known.carried_payload);
        this.edges.set(known.edge_id, {
          edge_id: known.edge_id,
          child_thread_id: known.child_thread_id,
          parent_thread_id: known.parent_thread_id,
          observed_at_unix_ms: at,
          message: beginning(known.message),
        });
        break;
      case "protocol_event_observed":
        this.protocolEvents.push({
          type: known.event_type,
          payloadId: this.payloads.add(known.event_payload),
          turn: this.#lastTurn,
        });
        break;
    }
  }

  #endCall(
    known: InferenceEnd,
    status: string,
    at: number,
    close: (running: Execution, status: string) => void,
  ): void {
    const payload = this.payloads.addOptional(
      known.type === "inference_completed" ? known.response_payload : known.partial_response_payload,
    );
    this.#with(this.calls, known.inference_call_id, (call) => {
      const isLate = call.execution.ended_seq !== null;
      if (isLate && known.type !== "inference_cancelled") {
        this.#problems.add(`${known.type} of ${known.inference_call_id}: it has already ended`);
        return;
      }
      call.upstream_request_id = known.upstream_request_id ?? call.upstream_request_id;
      if (known.type === "inference_completed") call.response_id = known.response_id ?? null;
      else if (known.type === "inference_failed") call.error = beginning(known.error);
      else call.error = beginning(known.reason);
      call.facts = known.culvert ?? null;
      if (payload !== null) {
        call.raw_response_payload_id = payload;
        this.steps.push({ kind: "response", call, at });
      }
      // The turn may have ended first, which has also ended the call.
      if (!isLate) close(call.execution, status);
      this.#running.delete(call);
    });
  }

  #start<T>(map: Map<string, T>, id: string, make: () => T): T | undefined {
    if (map.has(id)) {
      this.#problems.add(`${id} starts more than once`);
      return undefined;
    }
    const value = make();
    map.set(id, value);
    return value;
  }

  #with<T>(map: ReadonlyMap<string, T>, id: string, change: (value: T) => void): void {
    const value = map.get(id);
    if (value === undefined) this.#problems.add(`${id} has no start`);
    else change(value);
  }
}

function previewOf(summary: unknown, name: string): string {
  if (typeof summary !== "object" || summary === null) return "";
  const value = Object.entries(summary).find(([key]) => key === name)?.[1];
  return typeof value === "string" ? beginning(value) : "";
}
