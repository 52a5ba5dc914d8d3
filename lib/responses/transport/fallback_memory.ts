/**
 * Remembers across processes which hosts carry no websockets, so that each new process does not find it out again.
 *
 * @module
 */
import { WholeFile } from "../../files/whole_file.ts";
import type { World } from "../../world/world.ts";

/** How long a host is remembered, ms. */
const REMEMBERED_MS = 3_600_000;
/** Entries kept at most; the oldest are dropped. */
const MAX_ENTRIES = 256;

/** Why a host over a route is used over SSE. */
export interface Fallback {
  readonly reason: string;
  /** Wall clock when it was found out, ms since 1970. */
  readonly at: number;
}

/** What a session asks of the memory. */
export interface FallbackMemory {
  /** @param key host and route; see {@link fallbackKey} */
  readonly recall: (key: string) => Promise<Fallback | undefined>;
  /** @throws CulvertError where it cannot be stored */
  readonly remember: (key: string, reason: string) => Promise<void>;
}

/** Returns the key of a host over a route. The description of a route holds no credentials. */
export function fallbackKey(url: URL, route: string): string {
  return `${url.host} over ${route}`;
}

/** A memory in one file of mode 0600, replaced as a whole. A file that cannot be read counts as empty. */
export class FileFallbackMemory implements FallbackMemory {
  readonly #file: WholeFile;
  readonly #world: Pick<World, "now">;

  /** @param path absolute; its folder is created where it is missing */
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

  /** The entries that are not too old. */
  async #entries(): Promise<Map<string, Fallback>> {
    const bytes = await this.#file.read().catch(() => undefined);
    if (bytes === undefined) return new Map();
    const { z } = await import("zod");
    const schema = z.object({
      hosts: z.record(z.string(), z.object({ reason: z.string(), at: z.number() })),
    });
    const parsed = schema.safeParse(jsonIn(bytes));
    const now = this.#world.now();
    const entries = Object.entries(parsed.data?.hosts ?? {});
    return new Map(entries.filter(([, { at }]) => at <= now && now - at < REMEMBERED_MS));
  }
}

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
