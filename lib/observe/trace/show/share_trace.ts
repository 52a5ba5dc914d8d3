/**
 * Takes secrets, and for others also contents, out of a reduced trace.
 *
 * @module
 */
import { createRedactor, type Redactor } from "../../../redaction/redactor.ts";
import type { ReducedTrace } from "../reduce/model.ts";

/** How the texts of a trace are treated. */
interface Treatment {
  /** A text that people, models or tools wrote. @param chars its whole length, UTF-16 units */
  readonly content: (text: string, chars: number) => string;
  /** A message of a server or of the client, which may quote something. */
  readonly message: (text: string) => string;
  /** Masks the secrets in what the program itself says about the trace. */
  readonly redact: Redactor;
}

/** Returns a trace with secrets masked. E-mail addresses stay: the reader is the user. */
export function redactTrace(trace: ReducedTrace): ReducedTrace {
  const redact = createRedactor([], "user");
  return treated(trace, { content: redact, message: redact, redact });
}

/**
 * Returns a trace as it may be given to others: without texts of items, arguments and outputs of tools, sources,
 * messages of agents, directories and the messages of errors behind their first words. Lengths stay.
 */
export function shareTrace(trace: ReducedTrace): ReducedTrace {
  const redact = createRedactor([], "anybody");
  return treated(trace, {
    content: (text, chars) => text === "" ? "" : `[TEXT:${chars}]`,
    message: (text) => shortMessage(text, redact),
    redact,
  });
}

/** Keeps the class of an error, such as `http 401 Unauthorized`; a body that follows is a content. */
function shortMessage(text: string, redact: Redactor): string {
  const [, head = ""] = /^([\w ,/-]{0,80})/.exec(text) ?? [];
  const rest = text.length - head.length;
  return rest === 0 ? redact(head) : `${redact(head.trimEnd())} [TEXT:${rest}]`;
}

function treated(trace: ReducedTrace, { content, message, redact }: Treatment): ReducedTrace {
  const text = (value: string) => content(value, value.length);
  const optional = (value: string | null) => value === null ? null : message(value);
  return {
    ...trace,
    threads: mapped(trace.threads, (thread) => ({
      ...thread,
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
