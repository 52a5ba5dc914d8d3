/**
 * The model that the server says it uses, and the warning where it is not the one that was asked for.
 *
 * @module
 */
import type { RerouteEvent, ServerModelEvent, StreamItem, WarningEvent } from "./events.ts";
import { headerIn } from "./headers_in_json.ts";
import { isObject } from "../../text/json.ts";

const NAMES = ["openai-model", "x-openai-model"] as const;

/**
 * Returns the model that the headers in an event name: those of its response first, then its own. `response.model` does
 * not count: it repeats the request.
 */
export function modelInEvent(
  event: { readonly response?: unknown; readonly headers?: unknown },
): string | undefined {
  const inner = isObject(event.response) ? modelInHeaders(event.response.headers) : undefined;
  return inner ?? modelInHeaders(event.headers);
}

function modelInHeaders(headers: unknown): string | undefined {
  if (headers === undefined) return undefined;
  for (const name of NAMES) {
    const model = headerIn(headers, name);
    if (model !== undefined && isModelName(model)) return model;
  }
  return undefined;
}

/** The name is shown on terminals: printable, without spaces, and not endless. */
export function isModelName(name: string): boolean {
  return /^[\x21-\x7e]{1,128}$/.test(name);
}

/**
 * Whether two slugs mean one model: letter case does not matter, and a dated snapshot (`gpt-5-2025-08-07`) is
 * the model whose alias (`gpt-5`) was asked for.
 */
function isSameModel(requested: string, served: string): boolean {
  const asked = requested.toLowerCase();
  const answering = served.toLowerCase();
  return answering === asked || answering.replace(/-\d{4}-\d{2}-\d{2}$/, "") === asked;
}

/** Tracks the model of the server through all responses of one turn. */
export class ServerModelTracker {
  readonly #requested: string;
  #last: string | undefined;
  #warned = false;

  /** @param requested the slug that was asked for */
  constructor(requested: string) {
    this.#requested = requested;
  }

  /** The model that the server named last in this turn. */
  get served(): string | undefined {
    return this.#last;
  }

  /**
   * Records a model that the server named.
   *
   * @returns nothing if it is known already; else its events: the model and, once a turn, the reroute with its
   *   warning
   */
  observe(model: string): readonly StreamItem[] {
    if (model === this.#last) return [];
    this.#last = model;
    const told: ServerModelEvent = { type: "culvert.server_model", model };
    if (this.#warned || isSameModel(this.#requested, model)) return [{ event: told }];
    this.#warned = true;
    const reroute: RerouteEvent = {
      type: "culvert.reroute",
      from_model: this.#requested,
      to_model: model,
      reason: "high_risk_cyber_activity",
    };
    const warning: WarningEvent = {
      type: "culvert.warning",
      code: "model_rerouted",
      message: rerouteText(reroute),
    };
    return [{ event: told }, { event: reroute }, { event: warning }];
  }
}

function rerouteText({ from_model, to_model }: RerouteEvent): string {
  return `The request for ${from_model} was answered by ${to_model}: the server flags a request for possible ` +
    "high-risk cyber use and reroutes it. To get access back, see https://chatgpt.com/cyber; the reasons are at " +
    "https://developers.openai.com/codex/concepts/cyber-safety";
}
