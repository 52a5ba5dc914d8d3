/**
 * The part of a conversation that a handoff contains: the speech since the previous handoff (codex client
 * 0.171.0).
 *
 * @module
 */
import type { RealtimeEvent } from "./realtime_event.ts";

/** The speech of one side. */
export interface TranscriptEntry {
  readonly role: "user" | "assistant";
  readonly text: string;
}

/** Collects the speech. */
export class TranscriptTail {
  #entries: { role: "user" | "assistant"; text: string }[] = [];
  /** Roles whose next text begins an entry, although the last entry has the same role. */
  readonly #begins = new Set<TranscriptEntry["role"]>();

  /**
   * Adds an event.
   *
   * @returns for a handoff, the entries since the previous handoff, its own input included
   */
  add(event: RealtimeEvent): readonly TranscriptEntry[] | undefined {
    switch (event.kind) {
      case "input_delta":
        this.#append("user", event.text);
        break;
      case "output_delta":
        this.#append("assistant", event.text);
        break;
      case "input_done":
        this.#replace("user", event.text);
        break;
      case "output_done":
        this.#replace("assistant", event.text);
        break;
      case "speech_started":
        this.#begins.add("user");
        break;
      case "response_created":
        this.#begins.add("assistant");
        break;
      case "handoff":
        return this.#handOff(event.text);
    }
    return undefined;
  }

  /** Returns the entries since the last handoff, and removes them. */
  take(): readonly TranscriptEntry[] {
    const entries = this.#entries;
    this.#entries = [];
    return entries;
  }

  #append(role: TranscriptEntry["role"], text: string): void {
    const last = this.#entries.at(-1);
    if (last?.role === role && !this.#begins.has(role)) last.text += text;
    else this.#entries.push({ role, text });
    this.#begins.delete(role);
  }

  #replace(role: TranscriptEntry["role"], text: string): void {
    const last = this.#begins.has(role) ? undefined : this.#entries.findLast((entry) => entry.role === role);
    if (last !== undefined) last.text = text;
    else this.#entries.push({ role, text });
    this.#begins.delete(role);
  }

  #handOff(input: string): readonly TranscriptEntry[] {
    const text = input.trim();
    const isKnown = this.#entries.some((entry) => entry.role === "user" && entry.text.trim() === text);
    if (text !== "" && !isKnown) this.#entries.push({ role: "user", text: input });
    this.#begins.add("user").add("assistant");
    return this.take();
  }
}
