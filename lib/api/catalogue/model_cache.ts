/**
 * The model list in `models_cache.json` of `CODEX_HOME`, a file that the codex client also reads and writes
 * (0.171.0).
 *
 * @module
 */
import { z } from "zod";
import { maybe } from "../schema.ts";
import { asCulvertError } from "../../errors.ts";
import { WholeFile } from "../../files/whole_file.ts";
import type { Observer } from "../../net/observer.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import type { World } from "../../world/world.ts";
import { CLIENT_VERSION, type ModelList, modelsOf } from "../models.ts";

/** A list is fresh for this time after it was fetched, ms (as codex 0.171.0). */
export const FRESH_MS = 300_000;

/** A list from the cache. */
export interface CachedModels {
  readonly list: ModelList;
  /** Wall clock when the list was fetched or confirmed, ms since 1970. */
  readonly fetchedAt: number;
}

const fileSchema = z.object({
  fetched_at: z.iso.datetime({ offset: true }),
  etag: maybe(z.string()),
  client_version: maybe(z.string()),
  models: z.array(z.looseObject({})),
});

/** Reads and writes the cache. A failure is observed as a note and never thrown. */
export class ModelCache {
  readonly #file: WholeFile;
  readonly #world: Pick<World, "now">;
  readonly #observer: Observer;

  /** @param codexHome absolute */
  constructor(codexHome: string, world: Pick<World, "now">, observer: Observer) {
    const errors = { code: "output_unwritable", orElse: "set CODEX_HOME to another directory" } as const;
    this.#file = new WholeFile(absolutePath("models_cache.json", codexHome), world, errors);
    this.#world = world;
    this.#observer = observer;
  }

  /** Returns the list; `undefined` if there is none, or if another version of the client fetched it. */
  async read(): Promise<CachedModels | undefined> {
    try {
      const bytes = await this.#file.read();
      if (bytes === undefined) return undefined;
      const { client_version, etag, fetched_at, models } = fileSchema.parse(
        JSON.parse(new TextDecoder().decode(bytes)),
      );
      if (client_version !== CLIENT_VERSION) return undefined;
      const isSendable = etag !== undefined && /^[\x20-\x7e]+$/.test(etag);
      const list = { models: modelsOf(models), ...(isSendable ? { etag } : {}) };
      return { list, fetchedAt: Date.parse(fetched_at) };
    } catch (thrown) {
      this.#note("read", thrown);
      return undefined;
    }
  }

  /**
   * Writes a list.
   *
   * @param fetchedAt ms since 1970. Default: now
   */
  async write({ etag, models }: ModelList, fetchedAt = this.#world.now()): Promise<void> {
    const content = {
      fetched_at: new Date(fetchedAt).toISOString(),
      ...(etag === undefined ? {} : { etag }),
      client_version: CLIENT_VERSION,
      models: models.map(({ raw }) => raw),
    };
    try {
      const slot = await this.#file.reserve();
      await slot.commit(`${JSON.stringify(content, null, 2)}\n`);
    } catch (thrown) {
      this.#note("written", thrown);
    }
  }

  #note(done: string, thrown: unknown): void {
    const reason = thrown instanceof z.ZodError || thrown instanceof SyntaxError
      ? "it does not have the expected form"
      : asCulvertError(thrown).message;
    const message = `the cached model list ${this.#file.path} is not ${done}: ${reason}`;
    this.#observer.observe({ kind: "note", level: "info", message });
  }
}
