/**
 * Implements `culvert trace ls`.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { Bundle } from "../../observe/trace/read/bundle.ts";
import { readEvents } from "../../observe/trace/read/event_log.ts";
import { findBundles } from "../../observe/trace/read/find_bundles.ts";
import { Problems } from "../../observe/trace/read/problems.ts";
import type { Execution } from "../../observe/trace/reduce/model.ts";
import { EventReducer } from "../../observe/trace/reduce/event_reducer.ts";
import { utc } from "../../observe/trace/show/trace_text.ts";
import type { CliContext } from "../command/context.ts";
import { createReporter } from "../output/reporter.ts";
import { renderTable } from "../output/table.ts";
import type { TraceListFlags } from "./command.ts";
import { traceFolder } from "./trace_folder.ts";

/** Runs the command. A bundle that cannot be read is a warning: the others are still listed. */
export async function run({ host }: CliContext, flags: TraceListFlags): Promise<void> {
  const reporter = createReporter(host, flags);
  const root = await traceFolder(flags.root, host.world, reporter);
  const bundles = flags.root === undefined && !await isThere(root) ? [] : await findBundles(root);
  const rows: (readonly string[])[] = [];
  let damaged = 0;
  for (const found of bundles) {
    try {
      if ("error" in found) throw found.error;
      const summary = await summarize(found.bundle);
      if (flags.json === true) await host.stdout.write(`${JSON.stringify(summary)}\n`);
      else rows.push(rowOf(summary));
    } catch (error) {
      if (!(error instanceof CulvertError)) throw error;
      damaged++;
      reporter.warn({ code: "trace_unreadable", message: error.message });
    }
  }
  if (flags.json === true) return;
  if (rows.length === 0) {
    const found = damaged === 0
      ? `there is no trace in ${root}`
      : `${root} has no trace that can be read: ${damaged} ${damaged === 1 ? "is" : "are"} damaged`;
    return reporter.progress(`${found}; to search another folder, use --root or CODEX_ROLLOUT_TRACE_ROOT`);
  }
  const head = ["STARTED (UTC)", "STATUS", "TURNS", "ATTEMPTS", "MODEL", "ID"];
  await host.stdout.write(renderTable([head, ...rows], host.stdout.columns()));
}

/** What is listed of a trace. */
interface Summary {
  readonly schema_version: number;
  readonly trace_id: string;
  readonly thread_id: string;
  readonly started_at_unix_ms: number;
  readonly ended_at_unix_ms: number | null;
  readonly status: string;
  readonly turns: number;
  readonly failed_turns: number;
  readonly cancelled_turns: number;
  readonly attempts: number;
  readonly failed_attempts: number;
  readonly tool_calls: number;
  readonly models: readonly string[];
  readonly path: string;
}

async function summarize(bundle: Bundle): Promise<Summary> {
  const state = new EventReducer(new Problems());
  for await (const event of readEvents(bundle, new Problems())) state.apply(event);
  const { manifest, path } = bundle;
  const calls = [...state.calls.values()];
  const turns = [...state.turns.values()];
  return {
    schema_version: manifest.schema_version,
    trace_id: manifest.trace_id,
    thread_id: manifest.root_thread_id,
    started_at_unix_ms: manifest.started_at_unix_ms,
    ended_at_unix_ms: state.end?.at ?? null,
    status: state.end?.status ?? "running",
    turns: turns.length,
    failed_turns: countOf(turns, "failed"),
    cancelled_turns: countOf(turns, "cancelled", "aborted"),
    attempts: calls.length,
    failed_attempts: countOf(calls, "failed"),
    tool_calls: state.tools.size,
    models: [...new Set(calls.map(({ model }) => model))],
    path,
  };
}

function countOf(operations: readonly { readonly execution: Execution }[], ...statuses: string[]): number {
  return operations.filter(({ execution }) => statuses.includes(execution.status)).length;
}

/** Writes a count, and in parentheses the parts of it that did not succeed. */
function countText(all: number, failed: number, cancelled = 0): string {
  const parts = [
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(cancelled === 0 ? [] : [`${cancelled} cancelled`]),
  ];
  return parts.length === 0 ? String(all) : `${all} (${parts.join(", ")})`;
}

function rowOf(summary: Summary): readonly string[] {
  return [
    utc(summary.started_at_unix_ms).slice(0, 16),
    summary.status,
    countText(summary.turns, summary.failed_turns, summary.cancelled_turns),
    countText(summary.attempts, summary.failed_attempts),
    summary.models.join(", "),
    summary.trace_id.slice(0, 13),
  ];
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    // For another reason the folder cannot be read either, and reading it says why.
    return !(error instanceof Deno.errors.NotFound);
  }
}
