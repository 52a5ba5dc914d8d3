/**
 * What a turn and the cached model list tell each other.
 *
 * @module
 */
import { ModelCatalogue } from "../../../api/catalogue/model_catalogue.ts";
import type { ResultError } from "../../../responses/events/events.ts";
import type { Connection } from "../../command/connection.ts";

/** Part of a context window that input may take, percent (codex 0.171.0, where the model list says nothing else). */
const USABLE_PERCENT = 95;

/** Marks the cached model list as old where the server reports another ETag. */
export async function noteModelsEtag(connection: Connection, etag: string): Promise<void> {
  await new ModelCatalogue(connection).noteEtag(etag);
}

/**
 * Adds the size of the model's context window to an error about it, where the cached model list knows it.
 *
 * @param model the model that was asked for
 * @param signal ends the lookup of the credential
 */
export async function withContextWindow(
  error: ResultError,
  model: string,
  connection: Connection,
  signal: AbortSignal,
): Promise<ResultError> {
  if (error.code !== "context_window") return error;
  const list = await new ModelCatalogue(connection).list({ refresh: "never", signal }).catch(() => undefined);
  const found = list?.models.find(({ slug }) => slug === model);
  if (found?.contextWindow === undefined) return error;
  const { effective_context_window_percent: stated } = found.raw;
  const percent = typeof stated === "number" ? stated : USABLE_PERCENT;
  const usable = Math.floor(found.contextWindow * percent / 100);
  const size =
    `The context window of ${model} has ${found.contextWindow} tokens, of which ${usable} are for input.`;
  return {
    ...error,
    hint: error.hint === null ? size : `${error.hint} ${size}`,
    details: { ...error.details, context_window: found.contextWindow, usable_context_window: usable },
  };
}
