/**
 * What the outline of a capture and the details of its exchanges have in common.
 *
 * @module
 */
import { type Prompt, promptsOf } from "../diff/prompt_parts.ts";
import { headerValue } from "../export/har_export.ts";
import type { LoadedCapture } from "../record/read/exchanges.ts";
import { type Turn, turnsOf } from "../record/read/turns.ts";
import { type PictureContext, pictureContext } from "./turn_pictures.ts";

/** What is computed once for a capture. */
export interface CaptureContext {
  readonly capture: Pick<LoadedCapture, "text">;
  readonly turns: readonly Turn[];
  readonly prompts: ReadonlyMap<Turn, Prompt>;
  /** The call of the same session before each call. */
  readonly previous: ReadonlyMap<Turn, Turn>;
  readonly pictures: PictureContext;
}

/** Computes what the outline of a capture and the details of its exchanges are made from. */
export function captureContext(capture: LoadedCapture): CaptureContext {
  const turns = turnsOf(capture);
  const prompts = promptsOf(turns, capture.text);
  const previous = new Map<Turn, Turn>();
  const last = new Map<string, Turn>();
  for (const turn of turns) {
    const session = sessionOf(turn, prompts.get(turn)?.parameters ?? {});
    const before = last.get(session);
    if (before !== undefined) previous.set(turn, before);
    if (turn.outcome !== "refused") last.set(session, turn);
  }
  return { capture, turns, prompts, previous, pictures: pictureContext(capture, turns) };
}

/** Returns what the calls of one conversation have in common. */
function sessionOf({ exchange }: Turn, parameters: Readonly<Record<string, unknown>>): string {
  const key = parameters["prompt_cache_key"];
  if (typeof key === "string") return key;
  const window = headerValue(exchange.request?.headers ?? [], "x-codex-window-id");
  return window ?? `${parameters["model"]}`;
}
