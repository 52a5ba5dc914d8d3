/**
 * Incremental requests: a request that continues the last response of a connection sends only the new items.
 *
 * @module
 */
import type { JsonObject } from "../../events/events.ts";
import type { ResponseItem } from "../../events/items.ts";
import { outgoingItems } from "../../request/outgoing_items.ts";
import { type RequestBody, serviceTierParameter, type TurnRequest } from "../../request/request.ts";
import type { CompletedResponse } from "../transport.ts";

/** The part to send of a request that continues a response. */
export interface Continuation {
  readonly previousResponseId: string;
  /** The new items in the form in which they are sent; possibly none. */
  readonly input: RequestBody["input"];
}

/** The last request of a connection and its response. */
export class LastExchange {
  readonly #settings: string;
  readonly #known: readonly (ResponseItem | JsonObject)[];
  readonly #responseId: string;
  /**
   * Whether the server announced the response with `response.created`; it then also announces the next one.
   */
  readonly announced: boolean;

  /**
   * @param request the whole request, even if only a part of it was sent
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
   * Returns the part of `request` that must be sent. As in the codex client (0.171.0), a request continues
   * the response if its settings are the same and its input begins with the items of the previous input and
   * output, ids included.
   *
   * @returns `undefined` if the request must be sent completely
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

/** Returns the settings of a request that the answer depends on, without its input and its metadata. */
function settingsOf(request: TurnRequest): string {
  const { clientMetadata: _, input: __, serviceTier, ...rest } = request;
  return stableJson({ ...rest, serviceTier: serviceTierParameter(serviceTier) ?? null });
}

/**
 * Callers usually pass the same objects again, so comparing object identity decides most of a long history.
 */
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
