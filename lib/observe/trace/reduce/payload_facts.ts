/**
 * The parts of payloads that a reduced trace keeps. A payload is read once and dropped; the kept parts are
 * small.
 *
 * @module
 */
import { parseNestedJson } from "../../../text/nesting.ts";
import type { TokenUsage } from "../../../responses/events/events.ts";
import { parseTemplate } from "../read/payloads.ts";
import type { Problems } from "../read/problems.ts";
import { beginning, type ItemFacts, itemFacts, textOf } from "./item_facts.ts";
import type { RawPayload } from "./model.ts";
import { isObject } from "../../../text/json.ts";

/** Facts from a request. */
export interface RequestFacts {
  readonly items: readonly ItemFacts[];
  readonly previous_response_id: string | null;
}

/** Facts from a response. */
export interface ResponseFacts {
  readonly items: readonly ItemFacts[];
  readonly usage: TokenUsage | null;
  readonly response_id: string | null;
}

/** Other payloads: the members that a reduced trace uses, unchanged. */
export type PayloadMembers = Readonly<Record<string, unknown>>;

/** Collects the facts from payloads, by the id of the payload. */
export class PayloadFacts {
  readonly #find: (id: string) => RawPayload | undefined;
  readonly #problems: Problems;
  readonly #requests = new Map<string, RequestFacts>();
  readonly #responses = new Map<string, ResponseFacts>();
  readonly #members = new Map<string, PayloadMembers>();
  readonly #items = new Map<string, ItemFacts>();
  /** JSON of parts of items, long texts shortened. */
  readonly #pieces = new Map<string, string>();

  /** @param find finds a payload by its id */
  constructor(find: (id: string) => RawPayload | undefined, problems: Problems) {
    this.#find = find;
    this.#problems = problems;
  }

  /** Receives a payload. @param text the stored text, a template if the payload has parts */
  take(id: string, text: string): void {
    const payload = this.#find(id);
    if (payload === undefined) return;
    try {
      this.#take(payload, text);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#problems.add(`${id}: nested too deeply`);
    }
  }

  #take(payload: RawPayload, text: string): void {
    const { kind, raw_payload_id: id } = payload;
    if (kind === "content_value") return void this.#pieces.set(id, shortened(text));
    const json = this.#parse(payload, text);
    if (json === undefined) return;
    if (kind === "model_item") {
      const facts = itemFacts(json);
      if (facts !== undefined) this.#items.set(id, facts);
    } else if (kind === "prepared_prompt" || kind === "inference_request") {
      this.#requests.set(id, requestFacts(json));
    } else if (kind === "inference_response") this.#responses.set(id, responseFacts(json));
    else if (isObject(json)) this.#members.set(id, usedMembers(json));
  }

  /** Returns the facts about a request. Its items may be payloads of their own. */
  request(id: string): RequestFacts | undefined {
    const facts = this.#requests.get(id);
    const items = this.#itemParts(id);
    return items === undefined ? facts : { items, previous_response_id: facts?.previous_response_id ?? null };
  }

  /** Returns the facts about a response. Its items may be payloads of their own. */
  response(id: string | null): ResponseFacts | undefined {
    const facts = id === null ? undefined : this.#responses.get(id);
    const items = id === null ? undefined : this.#itemParts(id);
    return items === undefined
      ? facts
      : { usage: facts?.usage ?? null, response_id: facts?.response_id ?? null, items };
  }

  #itemParts(id: string): readonly ItemFacts[] | undefined {
    const parts = this.#find(id)?.parts?.filter((part) => this.#find(part)?.kind === "model_item") ?? [];
    return parts.length === 0 ? undefined : parts.flatMap((part) => this.#items.get(part) ?? []);
  }

  /** Returns members of a payload of another kind; none if it was not read. */
  members(id: string | null | undefined): PayloadMembers {
    return (id === null || id === undefined ? undefined : this.#members.get(id)) ?? {};
  }

  #parse({ raw_payload_id: id, parts, capture }: RawPayload, text: string): unknown {
    const whole = parts === undefined ? text : this.#joined(text, parts);
    try {
      return parseNestedJson(whole);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      if (capture === undefined && parts === undefined) this.#problems.add(`${id}: not JSON`);
      return undefined;
    }
  }

  /**
   * Returns a payload with its parts inserted if they are parts of an item, and `null` in place of the
   * others.
   */
  #joined(text: string, parts: readonly string[]): string {
    const template = parseTemplate(text) ?? [];
    return template.map((piece, index) => {
      const part = parts[index];
      return part === undefined ? piece : piece + (this.#pieces.get(part) ?? "null");
    }).join("");
  }
}

/** Shortens the JSON of a part of an item. */
function shortened(text: string): string {
  if (text.length <= 512) return text;
  try {
    const value = parseNestedJson(text);
    return JSON.stringify(typeof value === "string" ? beginning(value) : null);
  } catch {
    // A limit has truncated it, or it is no text: what follows the quotation mark is its beginning.
    return JSON.stringify(beginning(text.replace(/^"/, "")));
  }
}

function requestFacts(json: unknown): RequestFacts {
  if (!isObject(json)) return { items: [], previous_response_id: null };
  const { input, previous_response_id: previous } = json;
  const list = typeof input === "string" ? [{ type: "message", role: "user", content: input }] : input;
  return { items: itemList(list), previous_response_id: typeof previous === "string" ? previous : null };
}

function responseFacts(json: unknown): ResponseFacts {
  if (!isObject(json)) return { items: [], usage: null, response_id: null };
  const { output_items: output, token_usage: usage, response_id: id } = json;
  return {
    items: itemList(output),
    usage: usageOf(usage),
    response_id: typeof id === "string" ? id : null,
  };
}

function itemList(list: unknown): readonly ItemFacts[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item) => itemFacts(item) ?? []);
}

function usageOf(usage: unknown): TokenUsage | null {
  if (!isObject(usage)) return null;
  const count = (name: string) => typeof usage[name] === "number" ? usage[name] : 0;
  const input = count("input_tokens");
  const output = count("output_tokens");
  return {
    input_tokens: input,
    cached_input_tokens: count("cached_input_tokens"),
    cache_write_input_tokens: count("cache_write_input_tokens"),
    output_tokens: output,
    reasoning_output_tokens: count("reasoning_output_tokens"),
    total_tokens: typeof usage.total_tokens === "number" ? usage.total_tokens : input + output,
  };
}

/** Members of other payloads that are kept. Long texts are shortened. */
const USED = [
  "turn_id",
  "time_to_first_token_ms",
  "message",
  "reason",
  "tool_name",
  "tool_namespace",
  "exit_code",
  "model",
  "session_source",
  "cwd",
] as const;

function usedMembers(json: Readonly<Record<string, unknown>>): PayloadMembers {
  const members: Record<string, unknown> = {};
  for (const name of USED) {
    const value = json[name];
    if (typeof value === "string") members[name] = beginning(value);
    else if (typeof value === "number") members[name] = value;
  }
  // The arguments of a tool, and its output in either form.
  for (const name of ["payload", "response_item", "command", "aggregated_output", "output"]) {
    const value = name === "command" && Array.isArray(json[name]) ? json[name].join(" ") : json[name];
    const text = textOf(value);
    if (text !== "") members[name] = beginning(text);
  }
  return members;
}
