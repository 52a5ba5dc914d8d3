/**
 * Requests that continue the last response of a connection send only what is new.
 *
 * @module
 */
import type { JsonObject } from "../../events/events.ts";
import { outgoingItems } from "../../request/outgoing_items.ts";
import { type RequestBody, serviceTierParameter, type TurnRequest } from "../../request/request.ts";
import type { CompletedResponse } from "../transport.ts";

/** What a request may leave out, because the server still has it. */
export interface Continuation {
  readonly previousResponseId: string;
  /** The new items, ready to be sent; perhaps none. */
  readonly input: RequestBody["input"];
}

/** The last request of a connection and what it was answered. */
export class LastExchange {
  readonly #settings: string;
  readonly #known: readonly string[];
  readonly #responseId: string;
  /**
   * Whether the server announced the response with `response.created`, as it then does with the next one too.
   */
  readonly announced: boolean;

  /**
   * @param request the whole request, however little of it was sent
   * @param response its answer, complete
   */
  constructor(request: TurnRequest, response: CompletedResponse) {
    this.#settings = settingsOf(request);
    this.#known = [...request.input, ...response.items].map(comparable);
    this.#responseId = response.id;
    this.announced = response.announced;
  }

  /** The id of the response. */
  get responseId(): string {
    return this.#responseId;
  }

  /**
   * What `request` need not repeat. The rule is the codex client's (0.169.0): the same settings, and an input
   * that begins with all of the former input and output, item by item, ids included.
   *
   * @returns `undefined` where it must be sent whole
   */
  continuation(request: TurnRequest, providerName: string): Continuation | undefined {
    if (this.#responseId === "" || request.previousResponseId !== undefined) return undefined;
    if (request.input.length < this.#known.length || settingsOf(request) !== this.#settings) return undefined;
    if (!this.#known.every((item, index) => item === comparable(request.input[index]))) return undefined;
    const options = { openAi: providerName === "OpenAI", lite: request.lite === true };
    return {
      previousResponseId: this.#responseId,
      input: outgoingItems(request.input.slice(this.#known.length), options),
    };
  }
}

/** Everything but the input that the answer depends on. Metadata does not count. */
function settingsOf(request: TurnRequest): string {
  const { input: _, clientMetadata: __, serviceTier, ...rest } = request;
  return stable({ ...rest, serviceTier: serviceTierParameter(serviceTier) ?? null });
}

function comparable(item: unknown): string {
  return stable(item, "internal_chat_message_metadata_passthrough");
}

/** JSON with sorted keys: the server's items and a caller's copies of them may differ in order alone. */
function stable(value: unknown, leftOut?: string): string {
  return JSON.stringify(value, (key, field: unknown) => {
    if (key === leftOut) return undefined;
    if (typeof field !== "object" || field === null || Array.isArray(field)) return field;
    const entries: [string, unknown][] = Object.entries(field);
    const sorted: JsonObject = Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
    return sorted;
  }) ?? "";
}
