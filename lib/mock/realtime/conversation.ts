/**
 * The conversation of a simulated session: items, and one answer at a time.
 *
 * @module
 */
import type { Json } from "../api/scenario.ts";
import { identifier } from "../identifier.ts";
import { sendAnswer } from "./answer.ts";
import { type Emit, errorFrame, eventFrame } from "./realtime_frames.ts";
import { missing } from "./session_config.ts";
import { isObject } from "../../text/json.ts";

/** The parts of its session that the conversation uses. */
export interface ConversationHost {
  readonly emit: Emit;
  readonly output: () => "audio" | "text";
  readonly voice: () => unknown;
  readonly gapMs: number | undefined;
}

/** The conversation of one session. */
export class Conversation {
  readonly #host: ConversationHost;
  #said = "";
  #lastItemId: string | null = null;
  #answer: { readonly controller: AbortController; readonly done: Promise<void> } | undefined;

  constructor(host: ConversationHost) {
    this.#host = host;
  }

  /** Adds speech of the user, whose item has already been announced. */
  heard(itemId: string, transcript: string): void {
    this.#lastItemId = itemId;
    this.#said = transcript;
  }

  /** Handles `conversation.item.create`. */
  async create(frame: Json): Promise<void> {
    const { emit } = this.#host;
    const { item } = frame;
    if (!isObject(item)) return void await emit(errorFrame(missing("item"), frame["event_id"]));
    const id = typeof item["id"] === "string" ? item["id"] : identifier("item");
    const whole = { id, object: "realtime.item", status: "completed", ...item };
    const fields = { previous_item_id: this.#lastItemId, item: whole };
    this.#lastItemId = id;
    if (item["role"] === "user") this.#said = textIn(item);
    if (item["type"] === "function_call_output") this.#said = String(item["output"]);
    await emit(eventFrame("conversation.item.added", fields));
    await emit(eventFrame("conversation.item.done", fields));
  }

  /** Starts an answer, which is sent while the session continues to read. */
  async respond(frame: Json): Promise<void> {
    const { emit, gapMs } = this.#host;
    if (this.#answer !== undefined) {
      return void await emit(errorFrame({
        message:
          "Conversation already has an active response in progress. Wait until the response is finished " +
          "before creating a new one.",
        code: "conversation_already_has_active_response",
      }, frame["event_id"]));
    }
    const controller = new AbortController();
    const asked = isObject(frame["response"]) ? frame["response"]["output_modalities"] : undefined;
    const output = Array.isArray(asked) ? (asked[0] === "text" ? "text" : "audio") : this.#host.output();
    const done = sendAnswer(emit, {
      said: this.#said,
      output,
      voice: this.#host.voice(),
      previousItemId: this.#lastItemId,
      gapMs,
      signal: controller.signal,
    }).then((itemId) => {
      this.#lastItemId = itemId;
      this.#answer = undefined;
    });
    this.#answer = { controller, done };
    if (gapMs === undefined) await done;
  }

  /** Ends the current answer. */
  async cancel(reason: string, frame?: Json): Promise<void> {
    if (this.#answer !== undefined) {
      this.#answer.controller.abort(reason);
      return await this.#answer.done;
    }
    if (frame === undefined) return;
    await this.#host.emit(errorFrame({
      message: "Cancellation failed: no active response found.",
      code: "response_cancel_not_active",
    }, frame["event_id"]));
  }
}

function textIn(item: Json): string {
  const content: readonly unknown[] = Array.isArray(item["content"]) ? item["content"] : [];
  return content.map((part) => isObject(part) && typeof part["text"] === "string" ? part["text"] : "").join(
    "",
  );
}
