/**
 * Side facts that ride on events: verification advice, moderation facts, safety buffering.
 *
 * @module
 */
import type {
  JsonObject,
  ModelVerificationsEvent,
  ModerationEvent,
  SafetyBufferingEvent,
  StreamItem,
} from "./events.ts";
import { headerIn } from "./headers_in_json.ts";
import { isObject } from "../../text/json.ts";

const FASTER_MODEL = "x-codex-safety-buffering-faster-model";
const ENABLED = "x-codex-safety-buffering-enabled";
const KNOWN_VERIFICATIONS = new Set(["trusted_access_for_cyber"]);

/** Reads the side facts of one turn. */
export class SideFacts {
  readonly #model: string;
  #verified = false;
  #fasterModel: string | null = null;

  /** @param model the slug that was asked for; safety notices name it */
  constructor(model: string) {
    this.#model = model;
  }

  /** A new response begins. `headers` are those of the reply that carries it, where it has its own. */
  begin(headers?: Headers): void {
    this.#fasterModel = headers?.get(FASTER_MODEL) ?? null;
  }

  /**
   * Reads one event.
   *
   * @param isMetadata whether it is a `response.metadata`
   * @param event the event as it was received
   * @returns what it says beside itself: verification, moderation, safety buffering, in this order
   */
  observe(isMetadata: boolean, event: JsonObject): readonly StreamItem[] {
    const items: StreamItem[] = [];
    if (event.headers !== undefined) this.#readHeaders(event.headers);
    const metadata = isMetadata && isObject(event.metadata) ? event.metadata : undefined;
    if (metadata !== undefined) {
      const verifications = this.#verifications(metadata);
      if (verifications !== undefined) items.push({ event: verifications });
      if (metadata.openai_chatgpt_moderation_metadata !== undefined) {
        const moderation: ModerationEvent = {
          type: "culvert.moderation",
          metadata: metadata.openai_chatgpt_moderation_metadata,
        };
        items.push({ event: moderation });
      }
    }
    // The key of the event, whatever its value, takes precedence over the one in the metadata.
    const payload = "safety_buffering" in event
      ? event.safety_buffering
      : metadata?.type === "safety_buffering"
      ? metadata
      : undefined;
    const buffering = this.#safetyBuffering(payload);
    if (buffering !== undefined) items.push({ event: buffering });
    return items;
  }

  #readHeaders(headers: unknown): void {
    const faster = headerIn(headers, FASTER_MODEL);
    if (faster !== undefined || headerIn(headers, ENABLED) !== undefined) this.#fasterModel = faster ?? null;
  }

  #verifications(metadata: JsonObject): ModelVerificationsEvent | undefined {
    const advice = metadata.openai_verification_recommendation;
    if (this.#verified || !Array.isArray(advice)) return undefined;
    const known = [...new Set(advice)].filter((name) => KNOWN_VERIFICATIONS.has(name));
    if (known.length === 0) return undefined;
    this.#verified = true;
    return { type: "culvert.model_verifications", verifications: known };
  }

  #safetyBuffering(payload: unknown): SafetyBufferingEvent | undefined {
    if (!isObject(payload)) return undefined;
    const { use_cases, reasons, retry_model } = payload;
    if (!isTexts(use_cases) || !isTexts(reasons)) return undefined;
    if (retry_model !== undefined && retry_model !== null && typeof retry_model !== "string") {
      return undefined;
    }
    return {
      type: "culvert.safety_buffering",
      model: this.#model,
      use_cases,
      reasons,
      faster_model: retry_model === undefined ? this.#fasterModel : retry_model,
    };
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string");
}
