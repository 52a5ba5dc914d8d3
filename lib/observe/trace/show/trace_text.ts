/**
 * Renders a reduced trace as text for a terminal.
 *
 * @module
 */
import { plural } from "../../../text/plural.ts";
import type { TokenUsage } from "../../../responses/events/events.ts";
import type { Style } from "../../../text/style.ts";
import { wrapText } from "../../../text/wrap.ts";
import type { AttemptFacts } from "../format/attempt_facts.ts";
import type { ReducedTrace, ToolCall, TraceItem, TraceThread } from "../reduce/model.ts";
import { causeText, duration } from "./picture.ts";
import type { AttemptView, TurnView } from "./turn_views.ts";

/** Options of {@link traceText}. */
export interface TextOptions {
  readonly style: Style;
  /** Width of a line. Default 80. */
  readonly columns?: number;
  /** Returns the exchange of a capture that belongs to an attempt, if one was found. */
  readonly exchangeOf?: (inferenceCallId: string) => string | undefined;
  /** The name of the bundle. */
  readonly name: string;
}

const INDENT = "            ";

/** Returns the lines: first the whole trace, then each turn with its attempts and tools. */
export function traceText(
  trace: ReducedTrace,
  turns: readonly TurnView[],
  options: TextOptions,
): readonly string[] {
  return [...headLines(trace, options), ...turns.flatMap((turn) => ["", ...turnLines(turn, options)])];
}

function headLines(trace: ReducedTrace, { name, style, columns }: TextOptions): readonly string[] {
  const root = trace.threads[trace.root_thread_id];
  const facts = [
    `${utc(trace.started_at_unix_ms)}, ${trace.status}; schema ${trace.schema_version}`,
    ...timesOf(trace),
    ...originOf(root),
    ...(trace.recording_status === "complete"
      ? []
      : [`recording ${trace.recording_status.replaceAll("_", " ")}`]),
    ...Object.entries(trace.unknown_events).map(([type, count]) => `${count} of the unknown event ${type}`),
    ...trace.problems.map((problem) => `problem: ${problem}`),
  ];
  return [
    ...wrapText(`Trace ${name}`, "", "  ", columns).map(style.bold),
    ...facts.flatMap((fact) => wrapText(fact, "  ", "    ", columns)),
  ];
}

function turnLines(view: TurnView, options: TextOptions): readonly string[] {
  const { turn, thread, attempts, tools, compactions, usage, number } = view;
  const { execution } = turn;
  const start = execution.started_at_unix_ms;
  const lasted = execution.ended_at_unix_ms === null
    ? ""
    : ` after ${duration(execution.ended_at_unix_ms - start)}`;
  const agent = agentOf(thread);
  const first = turn.time_to_first_token_ms === null
    ? ""
    : `, first token after ${duration(turn.time_to_first_token_ms)}`;
  const steps = [
    ...attempts.map((attempt) => ({
      seq: attempt.call.execution.started_seq,
      lines: attemptLines(attempt, start, options),
    })),
    ...tools.map((tool) => ({ seq: tool.execution.started_seq, lines: toolLines(tool, start, options) })),
    ...compactions.map(({ execution: { started_seq: seq, started_at_unix_ms: at, status }, error }) => ({
      seq,
      lines: step(at - start, `compaction: ${status}${error === null ? "" : `: ${error}`}`, status, options),
    })),
  ].toSorted((one, other) => one.seq - other.seq);
  const { columns, style } = options;
  return [
    ...wrapText(`Turn ${number}${agent}: ${execution.status}${lasted}${first}`, "", "  ", columns).map(
      style.bold,
    ),
    ...turn.errors.flatMap((error) => wrapText(error, "  ", "    ", columns).map(style.error)),
    ...steps.flatMap(({ lines }) => lines),
    ...(usage === null ? [] : [`  ${"total".padEnd(INDENT.length - 2)}${tokens(usage)}`]),
  ];
}

/**
 * Returns how long the trace was open, and how long its turns took: between turns the trace stays open. The first turn
 * may begin a few milliseconds before the writer has made the files, which counts as open.
 */
export function timesOf(trace: ReducedTrace): readonly string[] {
  const turns = Object.values(trace.codex_turns).map(({ execution }) => execution);
  const parts: string[] = [];
  if (trace.ended_at_unix_ms !== null) {
    const begin = Math.min(trace.started_at_unix_ms, ...turns.map((turn) => turn.started_at_unix_ms));
    const end = Math.max(trace.ended_at_unix_ms, ...turns.map((turn) => turn.ended_at_unix_ms ?? 0));
    parts.push(`open for ${duration(end - begin)}`);
  }
  const ended = turns.flatMap(({ started_at_unix_ms: start, ended_at_unix_ms: end }) =>
    end === null ? [] : [end - start]
  );
  if (ended.length > 0) {
    const sum = duration(ended.reduce((total, each) => total + each, 0));
    parts.push(
      ended.length === 1 ? `its turn took ${sum}` : `its ${ended.length} turns took ${sum} together`,
    );
  }
  return parts.length === 0 ? [] : [parts.join("; ")];
}

function originOf(root: TraceThread | undefined): readonly string[] {
  const parts = [root?.session_source, root?.cwd].filter((part) => typeof part === "string");
  return parts.length === 0 ? [] : [parts.join(" in ")];
}

/** Names the agent of a turn, unless it is the first one. */
export function agentOf(thread: TraceThread | undefined): string {
  const path = thread?.agent_path ?? "/root";
  return path === "/root" ? "" : ` of ${path}`;
}

function timingOf(facts: AttemptFacts): readonly string[] {
  const { transport, connection_reused: isReused, first_event_ms: event, first_output_ms: output } = facts;
  return [
    ...(typeof transport === "string" ? [transport] : []),
    ...(typeof isReused === "boolean" ? [isReused ? "reused connection" : "new connection"] : []),
    ...(typeof event === "number" ? [`first event ${duration(event)}`] : []),
    ...(typeof output === "number" ? [`first output ${duration(output)}`] : []),
  ];
}

function attemptLines(attempt: AttemptView, start: number, options: TextOptions): readonly string[] {
  const { call, number, cause, received } = attempt;
  const { execution, facts } = call;
  const { columns, style } = options;
  const lasted = execution.ended_at_unix_ms === null
    ? ""
    : ` after ${duration(execution.ended_at_unix_ms - execution.started_at_unix_ms)}`;
  const why = cause === null ? "" : ` (${causeText(cause)})`;
  const recovered = cause === "unauthorized" && execution.status === "completed"
    ? ", recovered from 401"
    : "";
  const line = (text: string) => wrapText(text, INDENT, `${INDENT}  `, columns);
  const timing = facts === null ? [] : timingOf(facts);
  const exchange = options.exchangeOf?.(call.inference_call_id);
  return [
    ...step(
      execution.started_at_unix_ms - start,
      `attempt ${number}${why}: ${call.model} (${call.provider_name}), ${execution.status}${lasted}${recovered}`,
      execution.status,
      options,
    ),
    ...line(sentText(attempt)),
    ...(timing.length === 0 ? [] : line(timing.join("; "))),
    ...(facts?.gaps ?? []).flatMap(({ after_ms: after, ms }) =>
      line(`stalled for ${duration(ms)}, ${duration(after)} after the request`).map(style.warning)
    ),
    ...(call.error === null ? [] : line(call.error).map(style.error)),
    ...received.flatMap((item) => line(itemText(item))),
    ...(call.usage === null ? [] : line(`tokens: ${tokens(call.usage)}`)),
    ...[
      ["response", call.response_id],
      ["request", call.upstream_request_id],
      ["exchange", exchange],
    ].flatMap(([label, id]) => id === null || id === undefined ? [] : line(`${label} ${id}`)).map(
      style.faint,
    ),
  ];
}

/** Says how many items a request contains. */
export function sentText({ call, added }: AttemptView): string {
  const count = call.request_item_ids.length;
  return `sends ${plural(count, "item")}, ${added.length} new`;
}

function toolLines(tool: ToolCall, start: number, options: TextOptions): readonly string[] {
  const { execution, exit_code: exit } = tool;
  const lasted = execution.ended_at_unix_ms === null
    ? ""
    : ` after ${duration(execution.ended_at_unix_ms - execution.started_at_unix_ms)}`;
  const { columns } = options;
  const text = (mark: string, content: string) =>
    content === "" ? [] : wrapText(excerpt(content), `${INDENT}${mark} `, `${INDENT}  `, columns);
  return [
    ...step(
      execution.started_at_unix_ms - start,
      `tool ${tool.name}: ${execution.status}${lasted}${exit === null ? "" : `, exit ${exit}`}`,
      exit !== null && exit !== 0 ? "failed" : execution.status,
      options,
    ),
    ...text("<", tool.input),
    ...text(">", tool.output),
  ];
}

/** Returns a line with its time in the left column. */
function step(ms: number, text: string, status: string, { columns, style }: TextOptions): readonly string[] {
  const lines = wrapText(text, `  ${`+${duration(ms)}`.padEnd(INDENT.length - 3)} `, `${INDENT}  `, columns);
  return status === "failed"
    ? lines.map(style.error)
    : status === "completed"
    ? lines
    : lines.map(style.warning);
}

function itemText(item: TraceItem): string {
  const name = item.kind === "message" ? item.role ?? "message" : item.kind;
  return item.text === "" ? name : `${name}: ${excerpt(item.text)}`;
}

/** Longest text of an item, UTF-16 units; `--json` and the page contain more of it. */
const EXCERPT = 160;

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= EXCERPT ? line : `${line.slice(0, EXCERPT - 1)}…`;
}

/** Returns token counts as one phrase. */
export function tokens(usage: TokenUsage): string {
  const { input_tokens: input, cached_input_tokens: cached, output_tokens: output } = usage;
  const reasoning = usage.reasoning_output_tokens === 0
    ? ""
    : ` (${usage.reasoning_output_tokens} reasoning)`;
  return `${input} in (${cached} cached), ${output} out${reasoning}`;
}

/** Returns a time as text in UTC. @param ms since 1970 */
export function utc(ms: number): string {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return "unknown time";
  return `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
