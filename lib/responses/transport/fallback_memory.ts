/**
 * Stores the hosts that do not support websockets, so that later processes do not have to detect it again.
 *
 * @module
 */
import { WholeFile } from "../../files/whole_file.ts";
import { jsonObject } from "../../text/json.ts";
import type { World } from "../../world/world.ts";

/** Lifetime of an entry, ms. */
const REMEMBERED_MS = 3_600_000;
/** Maximum number of entries; the oldest are removed. */
const MAX_ENTRIES = 256;

/** The reason why SSE is used for a host over a route. */
export interface Fallback {
  readonly reason: string;
  /** Wall clock of the detection, ms since 1970. */
  readonly at: number;
}

/** The interface that a session uses. */
export interface FallbackMemory {
  /** @param key host and route; see {@link fallbackKey} */
  readonly recall: (key: string) => Promise<Fallback | undefined>;
  /** @throws CulvertError if it cannot be stored */
  readonly remember: (key: string, reason: string) => Promise<void>;
}

/** Returns the key of a host over a route. The description of a route contains no credentials. */
export function fallbackKey(url: URL, route: string): string {
  return `${url.host} over ${route}`;
}

/**
 * Stores the entries in one file of mode 0600, which is replaced as a whole. A file that cannot be read
 * counts as empty.
 */
export class FileFallbackMemory implements FallbackMemory {
  readonly #file: WholeFile;
  readonly #world: Pick<World, "now">;

  /** @param path absolute; its folder is created if it is missing */
  constructor(path: string, world: Pick<World, "now">) {
    this.#file = new WholeFile(path, world, {
      code: "output_unwritable",
      orElse: "or set CODEX_HOME to another directory",
    });
    this.#world = world;
  }

  recall = async (key: string): Promise<Fallback | undefined> => (await this.#entries()).get(key);

  remember = async (key: string, reason: string): Promise<void> => {
    const entries = await this.#entries();
    // Removed and inserted again, so that the order of the map is the order of age.
    entries.delete(key);
    entries.set(key, { reason, at: this.#world.now() });
    const kept = [...entries].slice(-MAX_ENTRIES);
    const slot = await this.#file.reserve();
    await slot.commit(`${JSON.stringify({ hosts: Object.fromEntries(kept) }, null, 2)}\n`);
  };

  /** Returns the entries that have not expired. */
  async #entries(): Promise<Map<string, Fallback>> {
    const bytes = await this.#file.read().catch(() => undefined);
    if (bytes === undefined) return new Map();
    const { z } = await import("zod");
    const schema = z.object({
      hosts: z.record(z.string(), z.object({ reason: z.string(), at: z.number() })),
    });
    const parsed = schema.safeParse(jsonObject(new TextDecoder().decode(bytes)));
    const now = this.#world.now();
    const entries = Object.entries(parsed.data?.hosts ?? {});
    return new Map(entries.filter(([, { at }]) => at <= now && now - at < REMEMBERED_MS));
  }
}
