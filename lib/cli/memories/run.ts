/**
 * Implements `culvert memories`.
 *
 * @module
 */
import { basename } from "node:path";
import { type MemoryTrace, summarizeTraces } from "../../api/memories.ts";
import { CulvertError } from "../../errors.ts";
import { withApi } from "../command/api_command.ts";
import type { CliContext } from "../command/context.ts";
import { readText } from "../respond/input_files.ts";
import type { MemoriesFlags } from "./command.ts";
import { isObject } from "../../text/json.ts";

/** Summarizes each file and prints its memory. */
export async function run(context: CliContext, flags: MemoriesFlags, ...paths: string[]): Promise<void> {
  const traces = await Promise.all(paths.map(readTrace));
  const { reasoning, ...rest } = flags;
  const memories = await withApi(
    context,
    rest,
    "the memories",
    ({ connection, signal }) =>
      summarizeTraces(connection, {
        model: connection.settings.model,
        traces,
        ...(reasoning === undefined ? {} : { reasoningEffort: reasoning }),
      }, { signal }),
  );
  const entries = memories.map(({ memorySummary, traceSummary }, index) => ({
    source_path: traces[index]?.sourcePath ?? null,
    trace_summary: traceSummary,
    memory_summary: memorySummary,
  }));
  await context.host.stdout.write(
    flags.json === true
      ? `${JSON.stringify({ type: "culvert.memories", memories: entries })}\n`
      : entries.map(({ memory_summary }) => `${memory_summary.trimEnd()}\n`).join("\n"),
  );
}

async function readTrace(path: string): Promise<MemoryTrace> {
  const text = await readText(path);
  const values = parsed(text, path);
  const at = values.findIndex((value) => !isObject(value));
  if (at !== -1) {
    throw new CulvertError("input_unreadable", `Cannot use ${path}: item ${at + 1} is not a JSON object`, {
      hint: "Give a JSON array of items, or one item per line.",
      details: { path },
    });
  }
  return { id: basename(path).replace(/\.[^.]*$/, ""), sourcePath: path, items: values.filter(isObject) };
}

function parsed(text: string, path: string): readonly unknown[] {
  try {
    if (text.trimStart().startsWith("[")) return JSON.parse(text);
    return text.split("\n").filter((line) => line.trim() !== "").map((line): unknown => JSON.parse(line));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CulvertError("input_unreadable", `Cannot use ${path}: not JSON: ${reason}`, {
      hint: "Give a JSON array of items, or one item per line.",
      details: { path },
    });
  }
}
