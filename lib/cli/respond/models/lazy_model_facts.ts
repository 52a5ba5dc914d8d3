/**
 * Connects the turns of a command with the cached model list, and loads it for the few turns that need it.
 *
 * @module
 */
import { absolutePath } from "../../../world/absolute_path.ts";
import type { PrintOptions } from "../print_turn.ts";
import type { Job } from "../turns/job.ts";

/** What the cached model list is told, and what it adds to an error. */
export interface ModelFacts extends Pick<PrintOptions, "onModelsEtag" | "explain"> {
  /** Resolves when the list was told. */
  readonly settled: () => Promise<unknown>;
}

/** Returns the functions. What they need is loaded when it is needed. */
export function modelFacts({ connection, flags, stop }: Job): ModelFacts {
  const { settings: { codexHome, model } } = connection;
  const load = () => import("./model_facts.ts");
  let told: Promise<unknown> = Promise.resolve();
  return {
    onModelsEtag: (etag) => {
      told = Promise.all([told, tell(etag)]);
    },
    explain: async (error) => {
      if (error.code === "context_window") {
        return await (await load()).withContextWindow(error, model, connection, stop);
      }
      if (error.hint === null) return error;
      const { hintWithFlags } = await import("../../command/flags/given_flags.ts");
      return { ...error, hint: hintWithFlags(error.hint, flags) };
    },
    settled: () => told,
  };

  /** Most users have no cached list; they load nothing. */
  async function tell(etag: string): Promise<void> {
    const isCached = await Deno.stat(absolutePath("models_cache.json", codexHome)).then(
      () => true,
      () => false,
    );
    if (isCached) await (await load()).noteModelsEtag(connection, etag);
  }
}
