/**
 * The prompt of a model call as the server puts it together: tools, instructions, then the items of the input. A cache
 * of prompts can be reused up to the first part that differs.
 *
 * @module
 */
import { member, parsed } from "../record/decode/event_facts.ts";
import type { LoadedCapture } from "../record/read/exchanges.ts";
import type { Turn } from "../record/read/turns.ts";

/** A part of a prompt. */
export interface PromptPart {
  readonly kind: "tool" | "instructions" | "format" | "item";
  /** What it is, in a few words: `tool shell`, `message user`. */
  readonly label: string;
  /** JSON pointer within the request. */
  readonly pointer: string;
  /** Its JSON. */
  readonly json: unknown;
  /** Its JSON as text. */
  readonly text: string;
}

/** The prompt of one call. */
export interface Prompt {
  readonly parts: readonly PromptPart[];
  /** Parameters beside the prompt that decide on the cache or on the answer. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The call continues an earlier response, whose prompt is not repeated. */
  readonly continues?: string;
}

const NO_PARAMETERS: ReadonlySet<string> = new Set([
  "input",
  "messages",
  "instructions",
  "tools",
  "text",
  "client_metadata",
  "metadata",
  "type",
  "previous_response_id",
]);

/** Returns the prompt of a request; one without parts where the request is no JSON object. */
export function promptOf(request: unknown): Prompt {
  const parts: PromptPart[] = [];
  const add = (kind: PromptPart["kind"], label: string, pointer: string, json: unknown) =>
    parts.push({ kind, label, pointer, json, text: JSON.stringify(json) });
  const tools = member(request, "tools");
  for (const [index, tool] of (Array.isArray(tools) ? tools : []).entries()) {
    const name = member(tool, "name") ?? member(tool, "server_label") ?? member(tool, "type");
    add("tool", `tool ${String(name ?? index)}`, `/tools/${index}`, tool);
  }
  const format = member(request, "text");
  if (format !== undefined) add("format", "text format", "/text", format);
  const instructions = member(request, "instructions");
  if (instructions !== undefined) add("instructions", "instructions", "/instructions", instructions);
  const list = member(request, "input") === undefined ? "messages" : "input";
  const input = member(request, list);
  if (typeof input === "string") add("item", "message user", `/${list}`, input);
  for (const [index, item] of (Array.isArray(input) ? input : []).entries()) {
    add("item", itemLabel(item), `/${list}/${index}`, item);
  }
  const parameters = typeof request === "object" && request !== null
    ? Object.fromEntries(Object.entries(request).filter(([name]) => !NO_PARAMETERS.has(name)))
    : {};
  const continues = member(request, "previous_response_id");
  return { parts, parameters, ...(typeof continues === "string" ? { continues } : {}) };
}

/** Returns what an item is, in a few words. */
function itemLabel(item: unknown): string {
  const [type, role, name] = ["type", "role", "name"].map((key) => member(item, key));
  return [typeof type === "string" ? type : "message", role, name].filter((word) => typeof word === "string")
    .join(" ");
}

/**
 * Returns the prompts of turns. Where a turn continues an earlier response, its prompt is that of the earlier turn, the
 * answer to it, and its own input.
 */
export function promptsOf(turns: readonly Turn[], text: LoadedCapture["text"]): ReadonlyMap<Turn, Prompt> {
  const prompts = new Map<Turn, Prompt>();
  const byResponse = new Map<string, Turn>();
  for (const turn of turns) {
    const own = promptOf(parsed(text(turn.request) ?? ""));
    const before = own.continues === undefined ? undefined : byResponse.get(own.continues);
    const earlier = before === undefined ? undefined : prompts.get(before);
    prompts.set(
      turn,
      before === undefined || earlier === undefined ? own : {
        ...own,
        parts: [
          ...earlier.parts,
          ...outputOf(before, text),
          ...own.parts.filter(({ kind }) => kind === "item"),
        ],
      },
    );
    if (turn.response_id !== undefined) byResponse.set(turn.response_id, turn);
  }
  return prompts;
}

/** Returns the items of an answer, from its events or its body. */
export function outputOf(turn: Turn, text: LoadedCapture["text"]): readonly PromptPart[] {
  const items = turn.transport === "json"
    ? member(parsed(text(turn.exchange.end?.body) ?? ""), "output")
    : turn.events.filter(({ json_type }) => json_type === "response.output_item.done")
      .map((event) => member(parsed(text(event) ?? ""), "item"));
  return (Array.isArray(items) ? items : []).filter((item) => item !== undefined).map((item, index) => ({
    kind: "item",
    label: itemLabel(item),
    pointer: `/output/${index}`,
    json: item,
    text: JSON.stringify(item),
  }));
}
