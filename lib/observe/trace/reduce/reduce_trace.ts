/**
 * Reduces a trace: reads the events once and the payloads once, both in the order of the files, and keeps
 * only the parts that {@link ReducedTrace} contains. The same bundle always gives the same result.
 *
 * @module
 */
import type { Bundle } from "../read/bundle.ts";
import { readEvents } from "../read/event_log.ts";
import { readPayloads } from "../read/payloads.ts";
import type { PayloadReference } from "../format/payload_reference.ts";
import { Problems } from "../read/problems.ts";
import { Conversations } from "./conversation.ts";
import { EventReducer } from "./event_reducer.ts";
import type { ReducedTrace } from "./model.ts";
import { PayloadFacts, type PayloadMembers } from "./payload_facts.ts";
import { referenceOf } from "./payload_table.ts";

/**
 * Reduces a trace.
 *
 * @throws CulvertError `input_unreadable` if the event log cannot be read; other missing or damaged parts are
 * listed in `problems`
 */
export async function reduceTrace(bundle: Bundle): Promise<ReducedTrace> {
  const problems = new Problems();
  const state = new EventReducer(problems);
  for await (const event of readEvents(bundle, problems)) state.apply(event);
  const facts = new PayloadFacts((id) => state.payloads.get(id), problems);
  await readPayloads(bundle, wanted(state), (id, text) => facts.take(id, text), problems);
  const conversations = new Conversations(facts, state.threads);
  for (const step of state.steps) conversations.apply(step);
  describeThreads(state, facts);
  describeTools(state, facts);
  describeTurns(state, facts);
  linkItems(state, conversations);
  return result(bundle, state, conversations, problems);
}

/** Payloads that a reduced trace does not need: requests whose prompt is also recorded in parts. */
function wanted(state: EventReducer): readonly PayloadReference[] {
  const isPrepared = new Set<string>();
  for (const call of state.calls.values()) {
    if (call.prepared_prompt_payload_id !== null) isPrepared.add(call.raw_request_payload_id);
  }
  const needless = new Set([
    "warmup_context",
    "compaction_checkpoint",
    "compaction_request",
    "compaction_response",
  ]);
  const find = (id: string) => state.payloads.get(id);
  const known = new Map<string, PayloadReference>();
  return [...state.payloads.all.values()]
    .filter(({ raw_payload_id: id, kind }) => !isPrepared.has(id) && !needless.has(kind))
    .flatMap(({ raw_payload_id: id }) => referenceOf(find, id, known) ?? []);
}

function describeThreads(state: EventReducer, facts: PayloadFacts): void {
  for (const thread of state.threads.values()) {
    const members = facts.members(state.metadata.get(thread.thread_id));
    thread.default_model = textMember(members, "model");
    thread.session_source = textMember(members, "session_source");
    thread.cwd = textMember(members, "cwd");
  }
}

function describeTools(state: EventReducer, facts: PayloadFacts): void {
  for (const tool of state.tools.values()) {
    const invocation = facts.members(tool.raw_invocation_payload_id);
    const result = facts.members(tool.raw_result_payload_id);
    if (tool.kind === "other") {
      const name = [textMember(invocation, "tool_namespace"), textMember(invocation, "tool_name")];
      tool.name = name.filter((part) => part !== null).join(".") || tool.name;
    }
    if (tool.input === "") tool.input = textMember(invocation, "payload") ?? "";
    for (const id of tool.raw_runtime_payload_ids) {
      const members = facts.members(id);
      if (typeof members.exit_code === "number") tool.exit_code = members.exit_code;
      tool.output = textMember(members, "aggregated_output") ?? tool.output;
    }
    if (tool.output === "") {
      tool.output = textMember(result, "response_item") ?? textMember(result, "output") ?? "";
    }
  }
}

function describeTurns(state: EventReducer, facts: PayloadFacts): void {
  for (const { type, payloadId, turn } of state.protocolEvents) {
    const members = facts.members(payloadId);
    const named = textMember(members, "turn_id");
    const about = named === null ? turn : state.turns.get(named) ?? turn;
    if (about === undefined) continue;
    if (type === "turn_complete" && typeof members.time_to_first_token_ms === "number") {
      about.time_to_first_token_ms = members.time_to_first_token_ms;
    }
    const message = textMember(members, type === "turn_aborted" ? "reason" : "message");
    if (message !== null && ["error", "warning", "turn_aborted"].includes(type)) about.errors.push(message);
  }
}

/** Connects items with the tools that they call or report on, and with the time at which they entered the history. */
function linkItems(state: EventReducer, { items }: Conversations): void {
  const toolOfCall = new Map(
    [...state.tools.values()].flatMap((tool) =>
      tool.model_visible_call_id === null ? [] : [[tool.model_visible_call_id, tool] as const]
    ),
  );
  const isAssigned = new Set<string>();
  for (const item of items.values()) {
    const accepted = state.accepted.get(item.responses_item_id ?? "");
    if (accepted !== undefined && !isAssigned.has(item.responses_item_id ?? "")) {
      isAssigned.add(item.responses_item_id ?? "");
      item.accepted_at_unix_ms = accepted.at;
      item.accepted_seq = accepted.seq;
    }
    const tool = toolOfCall.get(item.call_id ?? "");
    if (tool === undefined) continue;
    if (item.kind.endsWith("_output")) {
      tool.model_visible_output_item_ids.push(item.item_id);
      item.produced_by.push({ type: "tool", tool_call_id: tool.tool_call_id });
    } else {
      tool.model_visible_call_item_ids.push(item.item_id);
      const [producer] = item.produced_by;
      if (producer?.type !== "inference") continue;
      state.calls.get(producer.inference_call_id)?.tool_call_ids_started_by_response.push(tool.tool_call_id);
    }
  }
}

function result(
  { manifest }: Bundle,
  state: EventReducer,
  { items }: Conversations,
  problems: Problems,
): ReducedTrace {
  const isPartial = [...state.payloads.all.values()].some(({ capture }) => capture !== undefined);
  const recording = isPartial ? "closed_with_partial_payloads" : "complete";
  return {
    schema_version: manifest.schema_version,
    trace_id: manifest.trace_id,
    rollout_id: manifest.rollout_id,
    root_thread_id: manifest.root_thread_id,
    started_at_unix_ms: manifest.started_at_unix_ms,
    ended_at_unix_ms: state.end?.at ?? null,
    status: state.end?.status ?? "running",
    // Schema 1 has no event for it: the end of the rollout is its last event.
    recording_status: state.isClosed || (manifest.schema_version === 1 && state.end !== undefined)
      ? recording
      : "unclosed",
    threads: Object.fromEntries(state.threads),
    codex_turns: Object.fromEntries(state.turns),
    conversation_items: Object.fromEntries(items),
    inference_calls: Object.fromEntries(state.calls),
    code_cells: Object.fromEntries(state.cells),
    tool_calls: Object.fromEntries(state.tools),
    compactions: Object.fromEntries(state.compactions),
    compaction_requests: Object.fromEntries(state.compactionRequests),
    interaction_edges: Object.fromEntries(state.edges),
    raw_payloads: Object.fromEntries(state.payloads.all),
    unknown_events: Object.fromEntries(state.unknown),
    problems: problems.all,
  };
}

function textMember(members: PayloadMembers, name: string): string | null {
  const value = members[name];
  return typeof value === "string" ? value : null;
}
