/**
 * The queue of received websocket messages that have not been read yet.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { WebSocketMessage } from "./websocket.ts";

/** Characters and bytes of queued messages at which reading from the socket pauses. */
const CAPACITY = 262_144;

/** A queue with one writer and one reader at a time. */
export class MessageQueue {
  #messages: WebSocketMessage[] = [];
  #size = 0;
  #isEnded = false;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  /** Whether the writer must wait. */
  get isFull(): boolean {
    return this.#size >= CAPACITY && !this.#isEnded;
  }

  /** Adds a message, even if the queue is full. */
  push(message: WebSocketMessage): void {
    this.#messages.push(message);
    this.#size += message.length;
    this.#wakeReader?.();
  }

  /** Resolves when the queue has been read or has ended. */
  hasSpace(): Promise<void> {
    return new Promise((resolve) => this.#wakeWriter = resolve);
  }

  /** Ends the queue. Queued messages are still delivered. */
  end(): void {
    this.#isEnded = true;
    this.#wakeReader?.();
    this.#wakeWriter?.();
  }

  /** Discards the queued messages. */
  clear(): void {
    this.#take();
  }

  /**
   * Returns the queued messages, and waits for one if there are none.
   *
   * @returns an empty list at the end
   * @throws CulvertError `internal` if another reader waits; the signal's reason
   */
  async messages(signal: AbortSignal | undefined): Promise<readonly WebSocketMessage[]> {
    await this.#arrival(signal);
    return this.#take();
  }

  /**
   * Like {@link MessageQueue.messages}, up to the first binary message.
   *
   * @returns `undefined` if the first message is binary
   */
  async texts(signal: AbortSignal | undefined): Promise<readonly string[] | undefined> {
    await this.#arrival(signal);
    const messages = this.#take();
    if (isAllText(messages)) return messages;
    const firstBinary = messages.findIndex((message) => typeof message !== "string");
    const texts = messages.slice(0, firstBinary);
    if (!isAllText(texts) || texts.length === 0) return undefined;
    messages.slice(firstBinary).forEach((message) => this.push(message));
    return texts;
  }

  #take(): readonly WebSocketMessage[] {
    const taken = this.#messages;
    this.#messages = [];
    this.#size = 0;
    this.#wakeWriter?.();
    return taken;
  }

  async #arrival(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#messages.length > 0 || this.#isEnded) return;
    if (this.#wakeReader !== undefined) {
      throw new CulvertError("internal", "Two readers wait on one websocket");
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = () => reject(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#wakeReader = resolve;
    try {
      await promise;
    } finally {
      this.#wakeReader = undefined;
      signal?.removeEventListener("abort", onAbort);
    }
  }
}

function isAllText(messages: readonly WebSocketMessage[]): messages is readonly string[] {
  return messages.every((message) => typeof message === "string");
}
