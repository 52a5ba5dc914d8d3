/**
 * The model list with its cache: requests it from the server only if the cached list is old or known to have
 * changed.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { isBackendMode } from "../../auth/auth_headers.ts";
import { type CachedModels, FRESH_MS, ModelCache } from "./model_cache.ts";
import { listModels, type ModelList } from "../models.ts";
import type { ApiConnection } from "../send_request.ts";

/**
 * When the list is requested from the server:
 * - `if_stale`: if the cached list is older than 300 s or its ETag has changed.
 * - `always`: each time.
 * - `never`: the cached list is returned at any age.
 */
export type ModelRefresh = "if_stale" | "always" | "never";

/** Options of {@link ModelCatalogue.list}. */
export interface ModelsOptions {
  /** Default `if_stale`. */
  readonly refresh?: ModelRefresh;
  /** Aborts the call. */
  readonly signal?: AbortSignal;
  /** Time limit for the call with its retries, ms. Default 30,000. */
  readonly timeoutMs?: number;
}

/** A model list, and its source. */
export interface CataloguedModels extends ModelList {
  /** `server`: it was sent now. `confirmed`: the server said that the cached list has not changed. */
  readonly source: "server" | "confirmed" | "cache";
  /** Wall clock when the list was fetched or confirmed, ms since 1970. */
  readonly fetchedAt: number;
}

/**
 * The model list of one connection. Only the list of a ChatGPT login is cached: the file does not contain the
 * provider of its list.
 */
export class ModelCatalogue {
  readonly #connection: ApiConnection;
  readonly #cache: ModelCache;

  constructor(connection: ApiConnection) {
    const { observer, settings, world } = connection;
    this.#connection = connection;
    this.#cache = new ModelCache(settings.codexHome, world, observer);
  }

  /**
   * Returns the list.
   *
   * @throws CulvertError `usage` with `never` and without a cached list; otherwise as `listModels`
   */
  async list(
    options: ModelsOptions = {},
  ): Promise<CataloguedModels> {
    const { refresh = "if_stale", ...rest } = options;
    const isCacheable = await this.#isCacheable(options.signal);
    const cached = isCacheable ? await this.#cache.read() : undefined;
    if (refresh === "never") {
      if (cached === undefined) throw nothingCached();
      return { ...cached.list, source: "cache", fetchedAt: cached.fetchedAt };
    }
    if (refresh === "if_stale" && cached !== undefined && this.#isFresh(cached)) {
      return { ...cached.list, source: "cache", fetchedAt: cached.fetchedAt };
    }
    const etag = cached?.list.etag;
    const fetched = etag === undefined
      ? await listModels(this.#connection, rest)
      : await listModels(this.#connection, { ...rest, unlessEtag: etag });
    const list = fetched ?? cached?.list ?? { models: [] };
    if (isCacheable) await this.#cache.write(list);
    return {
      ...list,
      source: fetched === undefined ? "confirmed" : "server",
      fetchedAt: this.#connection.world.now(),
    };
  }

  /**
   * Compares the ETag that a turn reported. The cached list stays fresh if it has that ETag; otherwise it is
   * marked as old, so that the next {@link ModelCatalogue.list}, of this process or another one, requests it
   * from the server, once.
   */
  async noteEtag(etag: string): Promise<void> {
    const cached = await this.#cache.read();
    if (cached === undefined) return;
    if (cached.list.etag !== etag) {
      await this.#cache.write(cached.list, 0);
    } else if (this.#ageOf(cached) > FRESH_MS / 2) {
      await this.#cache.write(cached.list);
    }
  }

  #isFresh(cached: CachedModels): boolean {
    const age = this.#ageOf(cached);
    return age >= 0 && age < FRESH_MS;
  }

  #ageOf({ fetchedAt }: CachedModels): number {
    return this.#connection.world.now() - fetchedAt;
  }

  async #isCacheable(signal: AbortSignal | undefined): Promise<boolean> {
    const { authenticator, settings: { provider } } = this.#connection;
    const { mode } = await authenticator.authorize(signal, "/models");
    return provider.requiresOpenAiAuth && isBackendMode(mode);
  }
}

function nothingCached(): CulvertError {
  return new CulvertError("usage", "There is no cached model list", {
    hint: "Fetch it once without --offline. Only the list of a ChatGPT login is cached.",
  });
}
