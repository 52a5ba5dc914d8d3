/**
 * Removes secrets from a reduced trace, and for sharing also contents.
 *
 * @module
 */
import { statusReason } from "../../../net/status_reason.ts";
import { createRedactor, type Redactor } from "../../../redaction/redactor.ts";
import type { ReducedTrace } from "../reduce/model.ts";

/** The treatment of the texts of a trace. */
interface Treatment {
  /** A text that people, models or tools wrote. @param chars its whole length, UTF-16 units */
  readonly content: (text: string, chars: number) => string;
  /** A message of a server or of the client, which may contain a quotation. */
  readonly message: (text: string) => string;
  /** Masks the secrets in texts of the program about the trace. */
  readonly redact: Redactor;
}

/** Returns a trace with secrets masked. E-mail addresses are kept, because the reader is the user. */
export function redactTrace(trace: ReducedTrace): ReducedTrace {
  const redact = createRedactor([], "user");
  return treated(trace, { content: redact, message: redact, redact });
}

/**
 * Returns a trace in a form that may be given to others: without texts of items, arguments and outputs of
 * tools, sources, messages of agents, paths of agents, directories, and messages of errors but for known
 * sentences and statuses. Lengths, names of models, providers and tools, ids and kinds are kept.
 */
export function shareTrace(trace: ReducedTrace): ReducedTrace {
  const redact = createRedactor([], "anybody");
  return treated(trace, {
    content: (text, chars) => text === "" ? "" : `[TEXT:${chars}]`,
    message: shortMessage,
    redact,
  });
}

/** Messages of the two programs that quote nothing (codex client 0.171.0, culvert). */
const KNOWN_MESSAGES = new Set([
  "response stream dropped before provider terminal event",
  "stream closed before response.completed",
  "the connection broke; the request was sent again over a new one",
]);

/** Path of the first agent; a model chooses the paths of the others. */
const ROOT_AGENT = "/root";

/** The beginning of a message about an HTTP status. */
const STATUS = /^(?:http|unexpected status) (\d{3})/;

/**
 * Keeps text that is known to contain no quotation, such as `http 401 Unauthorized`; the rest of a message
 * counts as content.
 */
function shortMessage(text: string): string {
  if (text === "" || KNOWN_MESSAGES.has(text)) return text;
  const [begin = "", status = ""] = STATUS.exec(text) ?? [];
  const withReason = `${begin} ${statusReason(status) ?? ""}`;
  const head = text.startsWith(withReason) ? withReason.trimEnd() : begin;
  const rest = text.length - head.length;
  return [head, rest === 0 ? "" : `[TEXT:${rest}]`].filter((part) => part !== "").join(" ");
}

function treated(trace: ReducedTrace, { content, message, redact }: Treatment): ReducedTrace {
  const text = (value: string) => content(value, value.length);
  const optional = (value: string | null) => value === null ? null : message(value);
  return {
    ...trace,
    threads: mapped(trace.threads, (thread) => ({
      ...thread,
      agent_path: thread.agent_path === null || thread.agent_path === ROOT_AGENT
        ? thread.agent_path
        : text(thread.agent_path),
      cwd: thread.cwd === null ? null : text(thread.cwd),
    })),
    codex_turns: mapped(trace.codex_turns, (turn) => ({ ...turn, errors: turn.errors.map(message) })),
    conversation_items: mapped(trace.conversation_items, (item) => ({
      ...item,
      text: content(item.text, item.chars),
    })),
    inference_calls: mapped(trace.inference_calls, (call) => ({ ...call, error: optional(call.error) })),
    tool_calls: mapped(trace.tool_calls, (tool) => ({
      ...tool,
      input: text(tool.input),
      output: text(tool.output),
    })),
    code_cells: mapped(trace.code_cells, (cell) => ({ ...cell, source: text(cell.source) })),
    compaction_requests: mapped(trace.compaction_requests, (request) => ({
      ...request,
      error: optional(request.error),
    })),
    interaction_edges: mapped(trace.interaction_edges, (edge) => ({ ...edge, message: text(edge.message) })),
    problems: trace.problems.map(redact),
  };
}

function mapped<T>(
  record: Readonly<Record<string, T>>,
  change: (value: T) => T,
): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
