/** Reads the traces that the program wrote, with the program's own reader. */
import type { EventLine, KnownEvent } from "../../../../lib/observe/trace/format/events.ts";
import type { PayloadReference } from "../../../../lib/observe/trace/format/payload_reference.ts";
import { type Bundle, openBundle } from "../../../../lib/observe/trace/read/bundle.ts";
import { readEvents } from "../../../../lib/observe/trace/read/event_log.ts";
import { payloadText } from "../../../../lib/observe/trace/read/payloads.ts";
import { Problems } from "../../../../lib/observe/trace/read/problems.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { join } from "../../../support/paths.ts";

type EventOf<T extends KnownEvent["type"]> = Extract<KnownEvent, { type: T }>;

/** A bundle, read as a whole. */
export interface ReadTrace {
  readonly bundle: Bundle;
  readonly lines: readonly Pick<EventLine, "seq" | "thread_id" | "codex_turn_id" | "wall_time_unix_ms">[];
  readonly events: readonly KnownEvent[];
  /** The types of the events, in order. */
  readonly types: readonly string[];
  /** The events of one type. */
  readonly all: <T extends KnownEvent["type"]>(type: T) => readonly EventOf<T>[];
  /** The only event of a type. */
  readonly one: <T extends KnownEvent["type"]>(type: T) => EventOf<T>;
  /** The JSON of a payload, its parts inserted. */
  readonly payload: (reference: PayloadReference | null | undefined) => Promise<Record<string, unknown>>;
}

/** Returns the paths of the bundles in a folder; none if there is no such folder. */
export async function bundlesIn(root: string): Promise<readonly string[]> {
  const names = await Array.fromAsync(Deno.readDir(root)).catch((error: unknown) => {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  });
  return names.filter(({ name }) => name.startsWith("trace-")).map(({ name }) => join(root, name)).sort();
}

/** Reads the only bundle of a folder. Fails for problems, unless they are expected. */
export async function readTrace(root: string, expected: readonly RegExp[] = []): Promise<ReadTrace> {
  const paths = await bundlesIn(root);
  assertEquals(paths.length, 1, `bundles in ${root}`);
  return await readBundle(paths[0] ?? "", expected);
}

/** Reads a bundle. Fails for problems, unless they are expected. */
export async function readBundle(path: string, expected: readonly RegExp[] = []): Promise<ReadTrace> {
  const bundle = await openBundle(path);
  const problems = new Problems();
  const read = await Array.fromAsync(readEvents(bundle, problems));
  const events = read.map(({ known }) => known).filter((event) => event !== undefined);
  const check = () => {
    const rest = problems.all.filter((problem) => !expected.some((pattern) => pattern.test(problem)));
    assertEquals(rest, []);
  };
  check();
  const all = <T extends KnownEvent["type"]>(type: T) =>
    events.filter((event): event is EventOf<T> => event.type === type);
  return {
    bundle,
    lines: read.map(({ envelope }) => envelope),
    events,
    types: events.map(({ type }) => type),
    all,
    one: (type) => {
      const found = all(type);
      assertEquals(found.length, 1, `${type} in ${events.map((event) => event.type).join(" ")}`);
      const [event] = found;
      assert(event !== undefined);
      return event;
    },
    payload: async (reference) => {
      assert(reference !== undefined && reference !== null, "no payload");
      const text = await payloadText(bundle, reference, problems);
      check();
      assert(text !== undefined, `${reference.raw_payload_id} is missing`);
      return JSON.parse(text.text);
    },
  };
}

/** Returns all data of a bundle as one text, with decompressed shards. */
export async function wholeText(path: string): Promise<string> {
  const { zstdDecompressSync } = await import("node:zlib");
  let text = "";
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    if (isDirectory) text += await wholeText(join(path, name));
    else {
      const bytes = await Deno.readFile(join(path, name));
      text += name + new TextDecoder().decode(name.endsWith(".zst") ? zstdDecompressSync(bytes) : bytes);
    }
  }
  return text;
}

/** Returns a temporary folder, which is removed at the end. */
export async function folder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "culvert-trace-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
