/**
 * Makes the picture of a turn of a trace.
 *
 * @module
 */
import type { Execution, ToolCall } from "../reduce/model.ts";
import { causeText, type PictureOutcome, type PictureRow, type TurnPicture } from "./picture.ts";
import type { AttemptView, TurnView } from "./turn_views.ts";

/** Returns the picture. A row without an end extends to the end of the turn. */
export function tracePicture(view: TurnView): TurnPicture {
  const { turn, attempts, tools } = view;
  const start = turn.execution.started_at_unix_ms;
  const steps: (AttemptView | ToolCall)[] = [...attempts, ...tools];
  const end = steps.map(executionOf).reduce(
    (latest, { started_at_unix_ms: from, ended_at_unix_ms: to }) => Math.max(latest, from, to ?? from),
    turn.execution.ended_at_unix_ms ?? start,
  );
  steps.sort((one, other) => executionOf(one).started_seq - executionOf(other).started_seq);
  const rows: PictureRow[] = [];
  let last: number | undefined;
  for (const step of steps) {
    if ("call" in step) {
      const before = last;
      last = rows.length;
      rows.push(attemptRow(step, start, end, before));
    } else rows.push(toolRow(step, start, end));
  }
  return { title: `Turn ${view.number}`, duration_ms: Math.max(1, end - start), rows };
}

function executionOf(step: AttemptView | ToolCall): Execution {
  return "call" in step ? step.call.execution : step.execution;
}

function attemptRow(
  { call, number, cause, isUnauthorized, received }: AttemptView,
  start: number,
  end: number,
  before: number | undefined,
): PictureRow {
  const { execution, facts } = call;
  const from = execution.started_at_unix_ms - start;
  const after = (ms: number | null | undefined) => ms === null || ms === undefined ? null : from + ms;
  return {
    kind: "attempt",
    label: `attempt ${number}`,
    ...spanOf(execution, start, end),
    status: isUnauthorized ? "401" : execution.status,
    is_reused: facts?.connection_reused ?? null,
    first_event_ms: after(facts?.first_event_ms),
    first_output_ms: after(facts?.first_output_ms),
    gaps: (facts?.gaps ?? []).map((gap) => ({
      from_ms: from + gap.after_ms,
      to_ms: from + gap.after_ms + gap.ms,
    })),
    items: received.flatMap((item) => {
      const times = facts?.items?.find(({ item_id: id }) => id === item.responses_item_id);
      const at = after(times?.last_ms) ??
        (item.accepted_at_unix_ms === null ? null : item.accepted_at_unix_ms - start);
      return at === null ? [] : [{ at_ms: at, label: item.kind }];
    }),
    repeats: cause === null || before === undefined ? null : { row: before, why: causeText(cause) },
  };
}

function toolRow(tool: ToolCall, start: number, end: number): PictureRow {
  const status = tool.exit_code === null
    ? tool.execution.status
    : `${tool.execution.status}, exit ${tool.exit_code}`;
  return {
    kind: "tool",
    label: tool.name,
    ...spanOf(tool.execution, start, end),
    status,
    is_reused: null,
    first_event_ms: null,
    first_output_ms: null,
    gaps: [],
    items: [],
    repeats: null,
  };
}

function spanOf(
  { started_at_unix_ms: from, ended_at_unix_ms: to, status }: Execution,
  start: number,
  end: number,
): { readonly start_ms: number; readonly end_ms: number; readonly outcome: PictureOutcome } {
  return { start_ms: from - start, end_ms: (to ?? end) - start, outcome: OUTCOMES.get(status) ?? "cut" };
}

const OUTCOMES: ReadonlyMap<string, PictureOutcome> = new Map([
  ["completed", "good"],
  ["failed", "bad"],
  ["running", "open"],
]);
