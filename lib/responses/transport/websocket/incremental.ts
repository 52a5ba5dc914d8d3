/**
 * Incremental requests: a request that continues the last response of a connection sends only its new items.
 *
 * @module
 */
import type { JsonObject } from "../../events/events.ts";
import type { ResponseItem } from "../../events/items.ts";
import { outgoingItems } from "../../request/outgoing_items.ts";
import { type RequestBody, serviceTierParameter, type TurnRequest } from "../../request/request.ts";
import type { CompletedResponse } from "../transport.ts";

/** What is sent of a request that continues a response. */
export interface Continuation {
  readonly previousResponseId: string;
  /** The new items as they are sent; possibly none. */
  readonly input: RequestBody["input"];
}

/** The last request of a connection and its response. */
export class LastExchange {
  readonly #settings: string;
  readonly #known: readonly (ResponseItem | JsonObject)[];
  readonly #responseId: string;
  /** Whether the server announced the response with `response.created`, as it then does with the next one too. */
  readonly announced: boolean;

  /**
   * @param request the whole request, however little of it was sent
   * @param response its complete response
   */
  constructor(request: TurnRequest, response: CompletedResponse) {
    this.#settings = settingsOf(request);
    this.#known = [...request.input, ...response.items];
    this.#responseId = response.id;
    this.announced = response.announced;
  }

  /** The id of the response. */
  get responseId(): string {
    return this.#responseId;
  }

  /**
   * Returns what has to be sent of `request`. As in the codex client (0.171.0), a request continues the response where
   * its settings are the same and its input begins with the items of the former input and output, ids included.
   *
   * @returns `undefined` where the request must be sent whole
   */
  continuation(request: TurnRequest, providerName: string): Continuation | undefined {
    if (this.#responseId === "" || request.previousResponseId !== undefined) return undefined;
    if (request.input.length < this.#known.length || settingsOf(request) !== this.#settings) return undefined;
    if (!this.#known.every((item, index) => isSameItem(item, request.input[index]))) return undefined;
    const options = { openAi: providerName === "OpenAI", lite: request.lite === true };
    return {
      previousResponseId: this.#responseId,
      input: outgoingItems(request.input.slice(this.#known.length), options),
    };
  }
}

/** Everything of a request that the answer depends on, except its input. Metadata does not count. */
function settingsOf(request: TurnRequest): string {
  const { clientMetadata: _, input: __, serviceTier, ...rest } = request;
  return stableJson({ ...rest, serviceTier: serviceTierParameter(serviceTier) ?? null });
}

/** Callers pass on the items that they were given, so comparing the objects settles most of a long history. */
function isSameItem(known: unknown, item: unknown): boolean {
  return known === item || comparable(known) === comparable(item);
}

function comparable(item: unknown): string {
  return stableJson(item, "internal_chat_message_metadata_passthrough");
}

/** Returns JSON with sorted keys: items of the server and copies of them may differ in the order of keys. */
function stableJson(value: unknown, leftOut?: string): string {
  return JSON.stringify(value, (key, field: unknown) => {
    if (key === leftOut) return undefined;
    if (typeof field !== "object" || field === null || Array.isArray(field)) return field;
    const entries: [string, unknown][] = Object.entries(field);
    const sorted: JsonObject = Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
    return sorted;
  }) ?? "";
}
