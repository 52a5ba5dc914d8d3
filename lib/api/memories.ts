/**
 * Summaries of recorded sessions: `POST memories/trace_summarize`.
 *
 * @module
 */
import { z } from "zod";
import type { JsonObject } from "../responses/events/events.ts";
import { call } from "./call.ts";
import type { ApiConnection } from "./send_request.ts";

/** A recorded session. */
export interface MemoryTrace {
  /** The id of the trace in the request. */
  readonly id: string;
  /** The file in which the session was recorded. */
  readonly sourcePath: string;
  /** Its items, as they were recorded. */
  readonly items: readonly JsonObject[];
}

/** The summary of a trace by the model. */
export interface Memory {
  /** A summary of the whole trace. */
  readonly traceSummary: string;
  /** The part of the trace that the model should remember. */
  readonly memorySummary: string;
}

/** A request for summaries. */
export interface MemoriesRequest {
  /** Model that summarizes. */
  readonly model: string;
  /** The sessions to summarize. */
  readonly traces: readonly MemoryTrace[];
  /** The reasoning effort, as for a turn. */
  readonly reasoningEffort?: string;
}

const entrySchema = z.union([
  z.object({ trace_summary: z.string(), memory_summary: z.string() }),
  // The older name of the same field.
  z.object({ raw_memory: z.string(), memory_summary: z.string() })
    .transform(({ memory_summary, raw_memory }) => ({ trace_summary: raw_memory, memory_summary })),
]);
const repliesSchema = z.object({ output: z.array(entrySchema) });

/**
 * Summarizes traces. The request belongs to no session, so it has no session ids.
 *
 * @returns one memory per trace, in the same order; without traces no request is sent
 * @throws CulvertError as `call`
 */
export async function summarizeTraces(
  connection: ApiConnection,
  { model, reasoningEffort, traces }: MemoriesRequest,
  options: { readonly signal?: AbortSignal } = {},
): Promise<readonly Memory[]> {
  if (traces.length === 0) return [];
  const { value } = await call(connection, {
    endpoint: "/memories/trace_summarize",
    method: "POST",
    headers: { "x-openai-subagent": "memory_consolidation", "x-openai-memgen-request": "true" },
    body: {
      json: {
        model,
        traces: traces.map(({ id, items, sourcePath }) => ({
          id,
          metadata: { source_path: sourcePath },
          items,
        })),
        ...(reasoningEffort === undefined ? {} : { reasoning: { effort: reasoningEffort } }),
      },
    },
    idempotent: true,
    schema: repliesSchema.refine(
      ({ output }) => output.length === traces.length,
      `there are not ${traces.length} memories, one for each trace`,
    ),
    ...options,
  });
  return value.output.map(({ memory_summary, trace_summary }) => ({
    traceSummary: trace_summary,
    memorySummary: memory_summary,
  }));
}
