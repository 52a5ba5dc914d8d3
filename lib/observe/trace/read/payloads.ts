/**
 * Reads payloads: separate files (schema 1 and 2), or records in compressed shards (schema 3).
 *
 * @module
 */
import { fileProblem, readRegularFile } from "../../../files/read_file.ts";
import { CulvertError } from "../../../errors.ts";
import { parseNestedJson } from "../../../text/nesting.ts";
import { shardName } from "../format/layout.ts";
import type { PayloadReference } from "../format/payload_reference.ts";
import { type Bundle, realFile, reasonOf } from "./bundle.ts";
import type { Problems } from "./problems.ts";
import { readShard } from "./shard.ts";

/** Largest payload file that is read, bytes. */
const LARGEST_FILE = 256 * 1024 * 1024;

/**
 * Reads payloads and passes each to a function, once, in the order in which they are stored. Only one of them
 * is in memory at a time. Payloads that are missing or cannot be read are added to the problems.
 *
 * @param references of the wanted payloads; their parts are not read unless they are listed too
 * @param take receives the id and the stored text, which is a template if the payload has parts
 */
export async function readPayloads(
  bundle: Bundle,
  references: Iterable<PayloadReference>,
  take: (id: string, text: string) => void,
  problems: Problems,
): Promise<void> {
  const shards = new Map<number, Set<string>>();
  const seen = new Set<string>();
  for (const { raw_payload_id: id, path, shard, capture } of references) {
    if (seen.has(id)) continue;
    seen.add(id);
    if (typeof path === "string") await takeFile(bundle, id, path, take, problems);
    else if (typeof shard === "number") {
      const ids = shards.get(shard) ?? new Set();
      shards.set(shard, ids.add(id));
    } else if (capture === undefined || capture === null) {
      problems.add(`${id}: the event does not contain its location`);
    }
  }
  for (const [shard, ids] of [...shards].toSorted(([one], [other]) => one - other)) {
    await takeRecords(bundle, shard, ids, take, problems);
  }
}

async function takeFile(
  bundle: Bundle,
  id: string,
  path: string,
  take: (id: string, text: string) => void,
  problems: Problems,
): Promise<void> {
  let text: string;
  try {
    text = new TextDecoder().decode(await readRegularFile(await realFile(bundle.path, path), LARGEST_FILE));
  } catch (error) {
    problems.add(`${id}: ${path}: ${error instanceof CulvertError ? reasonOf(error) : fileProblem(error)}`);
    return;
  }
  take(id, text);
}

async function takeRecords(
  bundle: Bundle,
  shard: number,
  ids: Set<string>,
  take: (id: string, text: string) => void,
  problems: Problems,
): Promise<void> {
  const name = `${bundle.manifest.payloads_dir}/${shardName(shard)}`;
  try {
    const records = readShard(bundle, name);
    for (let next = await records.next();; next = await records.next()) {
      if (next.done === true) {
        // A writer that was killed leaves a frame without its end, which is a problem only if a payload is
        // missing.
        if (next.value !== undefined && ids.size > 0) problems.add(`${name}: ${next.value}`);
        break;
      }
      if (ids.delete(next.value.id)) take(next.value.id, next.value.json);
    }
  } catch (error) {
    if (!(error instanceof CulvertError)) throw error;
    problems.add(reasonOf(error));
  }
  for (const id of ids) problems.add(`${id}: it is not in ${name}`);
}

/**
 * Returns the whole JSON text of a payload, with its parts inserted.
 *
 * @returns `undefined` if it was omitted or is missing; `truncated` if a limit truncated it or one of its
 * parts
 */
export async function payloadText(
  bundle: Bundle,
  reference: PayloadReference,
  problems: Problems,
): Promise<{ readonly text: string; readonly isTruncated: boolean } | undefined> {
  const stored = new Map<string, string>();
  await readPayloads(bundle, withParts(reference), (id, text) => void stored.set(id, text), problems);
  let text: string | undefined;
  try {
    text = joinedText(reference, stored);
  } catch (error) {
    // Nested parts that repeat the same payload can result in a text of any length.
    if (!(error instanceof RangeError)) throw error;
    problems.add(`${reference.raw_payload_id}: longer than ${LARGEST_FILE} bytes with its parts`);
  }
  return text === undefined ? undefined : { text, isTruncated: [...withParts(reference)].some(isCut) };
}

/** Returns a reference and those of all its parts, each payload once. */
export function* withParts(
  reference: PayloadReference,
  seen = new Set<string>(),
): Generator<PayloadReference> {
  if (seen.has(reference.raw_payload_id)) return;
  seen.add(reference.raw_payload_id);
  yield reference;
  for (const part of reference.parts ?? []) yield* withParts(part, seen);
}

/** Returns whether a limit truncated or omitted a payload itself. */
export function isCut({ capture }: PayloadReference): boolean {
  return capture !== undefined && capture !== null;
}

/**
 * Returns the text of a payload; `undefined` if it was not stored or is not a template for its parts.
 *
 * @throws RangeError if it would be longer than 256 Mi characters
 */
function joinedText(
  { raw_payload_id: id, parts }: PayloadReference,
  stored: ReadonlyMap<string, string>,
  known = new Map<string, string | undefined>(),
): string | undefined {
  if (known.has(id)) return known.get(id);
  const text = stored.get(id);
  const template = parts === undefined || parts === null || parts.length === 0
    ? undefined
    : parseTemplate(text ?? "");
  let joined = text;
  if (parts !== undefined && parts !== null && parts.length > 0) {
    joined = template?.length === parts.length + 1
      ? template.reduce((all, piece, index) => {
        const before = parts[index - 1];
        const inserted = before === undefined ? "" : joinedText(before, stored, known) ?? "null";
        if (all.length + inserted.length > LARGEST_FILE) throw new RangeError("too long");
        return all + inserted + piece;
      }, "")
      : undefined;
  }
  known.set(id, joined);
  return joined;
}

/** Returns the strings of a payload with parts; `undefined` for any other text. */
export function parseTemplate(text: string): readonly string[] | undefined {
  let json: unknown;
  try {
    json = parseNestedJson(text);
  } catch {
    return undefined;
  }
  return Array.isArray(json) && json.every((piece) => typeof piece === "string") ? json : undefined;
}
