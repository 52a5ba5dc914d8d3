/**
 * Outputs of tools that a script has run: `--tool-output FILE`.
 *
 * @module
 */
import { z } from "zod";
import { CulvertError } from "../../../errors.ts";
import { isItem, type ResponseItem } from "../../../responses/events/items.ts";
import { readText } from "../input_files.ts";
import { type ToolCall, toolCallOf, toolOutputItem } from "../../../responses/turn/tools/tool_call.ts";

const TYPES = ["function_call_output", "custom_tool_call_output", "tool_search_output"];

/** One output: a whole item, or the id of the call and what the tool returned. */
const OUTPUT = z.looseObject({
  call_id: z.string().min(1),
  type: z.enum(TYPES).optional(),
  output: z.unknown(),
});

/**
 * Reads the files of `--tool-output`.
 *
 * @param paths as typed; `-` is standard input
 * @returns what builds the items for a history that holds the calls
 * @throws CulvertError `input_unreadable`
 */
export async function readToolOutputs(
  paths: readonly string[],
  readInput: () => Promise<string>,
): Promise<(history: readonly ResponseItem[]) => readonly ResponseItem[]> {
  const texts = await Promise.all(
    paths.map((path) => path === "-" ? readInput() : readText(path, "--tool-output")),
  );
  return (history) =>
    texts.flatMap((text, index) => parseToolOutputs(text, `--tool-output ${paths[index]}`, history));
}

/**
 * Parses the outputs of tools: one JSON object, an array of them, or one object a line. Each names the `call_id`; an
 * `output` that is neither text nor a list of parts is sent as JSON text.
 *
 * @param source for messages, such as `--tool-output out.json`
 * @param history items that hold the calls; empty if the server keeps them
 * @throws CulvertError `input_unreadable` for another form, and for a call that the history does not have
 */
export function parseToolOutputs(
  text: string,
  source: string,
  history: readonly ResponseItem[],
): readonly ResponseItem[] {
  const calls = new Map(
    history.map(toolCallOf).flatMap((call) => call === undefined ? [] : [[call.callId, call]]),
  );
  const seen = new Set<string>();
  const outputs = valuesOf(text, source).map((value) => {
    const parsed = OUTPUT.safeParse(value);
    if (!parsed.success) throw unusable(source, "an output has no call_id");
    const { call_id: callId, type, output } = parsed.data;
    if (seen.has(callId)) throw unusable(source, `the call ${callId} has two outputs`);
    seen.add(callId);
    if (history.length > 0 && !calls.has(callId)) {
      throw unusable(source, `the conversation has no call ${JSON.stringify(callId)}`);
    }
    if (type !== undefined && isItem(value)) return value;
    const call: ToolCall = calls.get(callId) ?? { kind: "function", name: "", callId, input: "" };
    const parts = typeof output === "string" || isParts(output) ? output : JSON.stringify(output ?? null);
    return toolOutputItem(call, parts);
  });
  if (outputs.length === 0) throw unusable(source, "it contains no output");
  return outputs;
}

function isParts(value: unknown): value is Extract<Parameters<typeof toolOutputItem>[1], readonly unknown[]> {
  return Array.isArray(value) && value.length > 0 && value.every(isItem);
}

function valuesOf(text: string, source: string): readonly unknown[] {
  if (text.trim() === "") return [];
  try {
    const whole: unknown = JSON.parse(text);
    return Array.isArray(whole) ? whole : [whole];
  } catch {
    // Not one document: one object a line.
  }
  const lines = text.split(/\r?\n/);
  return lines.flatMap((line, index) => {
    if (line.trim() === "") return [];
    try {
      return [JSON.parse(line)];
    } catch {
      throw unusable(source, `line ${index + 1} is not JSON`);
    }
  });
}

function unusable(source: string, reason: string): CulvertError {
  return new CulvertError("input_unreadable", `Cannot use ${source}: ${reason}`, {
    hint: 'Write {"call_id": "…", "output": "…"}, an array of such objects, or one a line.',
  });
}
