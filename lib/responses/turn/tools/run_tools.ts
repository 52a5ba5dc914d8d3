/**
 * Runs the functions that answer the calls of one response.
 *
 * @module
 */
import { raceAbort } from "../../../async/race_abort.ts";
import type { World } from "../../../world/world.ts";
import type { ToolOutputEvent } from "../../events/events.ts";
import type { ToolOutput } from "../../events/items.ts";
import type { InferenceTrace } from "../../request/inference_trace.ts";
import { isObject } from "../../../text/json.ts";
import { type ToolCall, type ToolFunction, toolOutputItem } from "./tool_call.ts";

/** Most calls that run at the same time: a response may hold any number of them. */
const MOST_AT_ONCE = 8;

/** The calls of one response. */
export interface ToolRun {
  readonly calls: readonly ToolCall[];
  /** By name. */
  readonly functions: Readonly<Record<string, ToolFunction>>;
  /** Whether they run at the same time. */
  readonly parallel: boolean;
  readonly world: Pick<World, "monotonic">;
  /** Absent if no inference trace is written. */
  readonly inferenceTrace?: InferenceTrace;
}

/**
 * Runs the calls and returns their outputs in the order of the calls.
 *
 * @throws the signal's reason when the turn ends first
 */
export async function runTools(run: ToolRun, signal: AbortSignal): Promise<readonly ToolOutputEvent[]> {
  signal.throwIfAborted();
  const outputs: ToolOutputEvent[] = [];
  const rest = run.calls.entries();
  // The workers take the calls from one iterator, so that each call is run once.
  const work = async () => {
    for (const [index, call] of rest) outputs[index] = await runTool(call, run, signal);
  };
  await Promise.all(Array.from({ length: run.parallel ? MOST_AT_ONCE : 1 }, work));
  return outputs;
}

async function runTool(call: ToolCall, run: ToolRun, signal: AbortSignal): Promise<ToolOutputEvent> {
  const begin = run.world.monotonic();
  const trace = run.inferenceTrace?.tool(call);
  let output: ToolOutput;
  let error: string | null = null;
  try {
    output = await raceAbort(callFunction(call, run, signal), signal);
  } catch (thrown) {
    if (signal.aborted) {
      trace?.end({ status: "cancelled" });
      throw signal.reason;
    }
    error = thrown instanceof Error ? thrown.message : String(thrown);
    output = `error: ${error}`;
  }
  const item = toolOutputItem(call, output);
  trace?.end(error === null ? { status: "completed", item } : { status: "failed", error });
  return {
    type: "culvert.tool_output",
    name: call.name,
    duration_ms: Math.round(run.world.monotonic() - begin),
    error,
    item,
  };
}

async function callFunction(
  call: ToolCall,
  { functions }: ToolRun,
  signal: AbortSignal,
): Promise<ToolOutput> {
  const run = Object.hasOwn(functions, call.name) ? functions[call.name] : undefined;
  if (run === undefined) throw new Error(`there is no tool named "${call.name}"`);
  const output: unknown = await run(call, signal);
  // A function in JavaScript may return anything, and the API refuses a request with another output.
  if (typeof output === "string" || isContent(output)) return output;
  throw new TypeError("the function of the tool returned neither text nor parts of content");
}

function isContent(output: unknown): output is Exclude<ToolOutput, string> {
  return Array.isArray(output) && output.every((part) => isObject(part) && typeof part.type === "string");
}
