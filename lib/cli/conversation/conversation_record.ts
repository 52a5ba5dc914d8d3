/**
 * The lines of a conversation's file: one JSON object for each turn.
 *
 * @module
 */
import { z } from "zod";
import { CulvertError } from "../../errors.ts";
import { isItem, type ResponseItem } from "../../responses/events/items.ts";

/** One turn of a conversation. */
export interface KeptTurn {
  /** ISO 8601. */
  readonly at: string;
  readonly model: string;
  /** Id of the provider. */
  readonly provider: string;
  readonly response_id: string | null;
  /** The input that the turn added, then the output of the response. */
  readonly items: readonly ResponseItem[];
}

const line = z.object({
  type: z.literal("turn"),
  at: z.string(),
  model: z.string(),
  provider: z.string(),
  response_id: z.string().nullable(),
  items: z.array(z.custom<ResponseItem>(isItem)),
});

/** The content of a file. */
export interface KeptTurns {
  readonly turns: readonly KeptTurn[];
  /**
   * Number of bytes of the complete lines. The bytes after them are an incomplete line and not part of the
   * conversation.
   */
  readonly completeBytes: number;
}

/**
 * Reads the turns. A last line without a newline comes from an interrupted write, and is ignored.
 *
 * @param bytes the content of the file
 * @param path for messages
 * @throws CulvertError `input_unreadable` for a complete line that is not a turn
 */
export function readTurns(bytes: Uint8Array, path: string): KeptTurns {
  const completeBytes = bytes.lastIndexOf(0x0a) + 1;
  const lines = new TextDecoder().decode(bytes.subarray(0, completeBytes)).split("\n").slice(0, -1);
  return { turns: lines.map((text, index) => readTurn(text, path, index + 1)), completeBytes };
}

function readTurn(text: string, path: string, lineNumber: number): KeptTurn {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const parsed = line.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new CulvertError(
    "input_unreadable",
    `Cannot use the conversation ${path}: line ${lineNumber} is not a turn`,
    {
      hint: "Remove the line, or remove the conversation with: culvert conversation rm NAME",
      details: { path, line: lineNumber },
    },
  );
}

/** Returns a turn as one line. */
export function turnLine(turn: KeptTurn): string {
  return `${JSON.stringify({ type: "turn", ...turn })}\n`;
}

/**
 * Adds to each tool call without an output one that says that the tool was not run: the API refuses a call
 * without its output.
 */
export function withMissingOutputs(items: readonly ResponseItem[]): readonly ResponseItem[] {
  const answered = new Set(
    items.flatMap((item) => /_call_output$/.test(item.type) && "call_id" in item ? [item.call_id] : []),
  );
  return items.flatMap((item) => {
    if (item.type !== "function_call" && item.type !== "custom_tool_call") return [item];
    if (!("call_id" in item) || answered.has(item.call_id)) return [item];
    return [item, { type: `${item.type}_output`, call_id: item.call_id, output: "The tool was not run." }];
  });
}
