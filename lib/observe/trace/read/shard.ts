/**
 * Reads a shard of payloads (schema 3): one zstd frame of records. Only one record is in memory at a time.
 *
 * @module
 */
import { joinBytes } from "../../../text/join_bytes.ts";
import { type PayloadRecord, recordAt } from "../format/payload_record.ts";
import type { Bundle } from "./bundle.ts";
import { fileChunks } from "./event_log.ts";

/** Largest record that is read, bytes. */
const LARGEST_RECORD = 256 * 1024 * 1024;

/** Most records of a shard that are read. A writer begins the next shard long before. */
const MOST_RECORDS = 1_000_000;

/**
 * Reads the records of a shard.
 *
 * @param name path of the shard within the bundle
 * @returns the reason why the shard ends early; `undefined` if it is complete. The records before its end are
 * read: a writer that was killed leaves a frame without its end.
 * @throws CulvertError `input_unreadable` if the file cannot be read
 */
export async function* readShard(
  bundle: Bundle,
  name: string,
): AsyncGenerator<PayloadRecord, string | undefined> {
  const chunks = decompressed(bundle, name);
  let rest = new Uint8Array();
  /** Minimum number of bytes of the next record. */
  let needed = 0;
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let records = 0;
  while (true) {
    const { done, value } = await chunks.next();
    if (done === true) {
      const problem = value ??
        (rest.length + waitingBytes > 0 ? "the last payload is incomplete" : undefined);
      return problem;
    }
    waiting.push(value);
    waitingBytes += value.length;
    if (rest.length + waitingBytes < needed) continue;
    rest = joinBytes([rest, ...waiting]);
    waiting = [];
    waitingBytes = 0;
    let start = 0;
    for (let found = recordAt(rest, start);; found = recordAt(rest, start)) {
      if ("needed" in found) {
        needed = found.needed - start;
        break;
      }
      if (++records > MOST_RECORDS) {
        await chunks.return(undefined);
        return `it has more than ${MOST_RECORDS} payloads`;
      }
      yield found.record;
      start = found.end;
    }
    if (needed > LARGEST_RECORD) {
      await chunks.return(undefined);
      return `a payload is larger than ${LARGEST_RECORD} bytes`;
    }
    rest = rest.slice(start);
  }
}

async function* decompressed(bundle: Bundle, name: string): AsyncGenerator<Uint8Array, string | undefined> {
  const [{ createZstdDecompress }, { Readable }] = await Promise.all([
    import("node:zlib"),
    import("node:stream"),
  ]);
  const source = Readable.from(fileChunks(bundle.path, name));
  const decoder = createZstdDecompress();
  let unreadable: Error | undefined;
  source.on("error", (error) => {
    unreadable = error;
    decoder.destroy(error);
  });
  try {
    for await (const chunk of source.pipe(decoder)) if (chunk instanceof Uint8Array) yield chunk;
  } catch (error) {
    if (unreadable !== undefined) throw unreadable;
    return `it cannot be decompressed further: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    source.destroy();
    decoder.destroy();
  }
  return undefined;
}
