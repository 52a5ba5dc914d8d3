/**
 * Reads the event log of a trace line by line. Only the current line is in memory.
 *
 * @module
 */
import { CulvertError } from "../../../errors.ts";
import { joinBytes } from "../../../text/join_bytes.ts";
import { parseNestedJson } from "../../../text/nesting.ts";
import { fileProblem } from "../../../files/read_file.ts";
import {
  type Envelope,
  envelopeSchema,
  isKnownEvent,
  type KnownEvent,
  knownEventSchema,
} from "../format/events.ts";
import { SCHEMA_VERSIONS } from "../format/layout.ts";
import { type Bundle, realFile, unreadable } from "./bundle.ts";
import type { Problems } from "./problems.ts";

/** One event of a trace. */
export interface TraceEvent {
  /** Number of the line, from 1. */
  readonly line: number;
  readonly envelope: Envelope;
  /** Absent for a type that is not known. */
  readonly known?: KnownEvent;
}

/** Longest line that is read, bytes. */
const LONGEST_LINE = 16 * 1024 * 1024;

/**
 * Reads the events of a bundle in the order of the file. Unusable lines are skipped and added to the
 * problems: a last line without its end, lines that are not events, gaps in the sequence numbers.
 *
 * @throws CulvertError `input_unreadable` if the file cannot be read, and for an event of an unknown schema
 * version
 */
export async function* readEvents(bundle: Bundle, problems: Problems): AsyncGenerator<TraceEvent> {
  const { raw_event_log: name } = bundle.manifest;
  let expected = 1;
  for await (const { line, text, isComplete } of readLines(bundle.path, name)) {
    if (text === undefined) {
      problems.add(`${name}, line ${line}: longer than ${LONGEST_LINE} bytes, skipped`);
      continue;
    }
    if (text.trim() === "") continue;
    const event = parseEvent(bundle, line, text);
    if (typeof event === "string") {
      problems.add(isComplete ? `${name}, line ${line}: ${event}` : `${name}: the last line is incomplete`);
      continue;
    }
    const { seq } = event.envelope;
    if (seq !== expected) problems.add(`${name}, line ${line}: event ${seq} follows event ${expected - 1}`);
    expected = seq + 1;
    yield event;
  }
}

/** Returns the event of a line, or the problem of the line. */
function parseEvent(bundle: Bundle, line: number, text: string): TraceEvent | string {
  try {
    return checkEvent(bundle, line, parseNestedJson(text));
  } catch (error) {
    if (error instanceof SyntaxError) return "not JSON";
    if (error instanceof RangeError) return "nested too deeply";
    throw error;
  }
}

function checkEvent(bundle: Bundle, line: number, json: unknown): TraceEvent | string {
  const parsed = envelopeSchema.safeParse(json);
  if (!parsed.success) {
    const version = typeof json === "object" && json !== null && "schema_version" in json
      ? json.schema_version
      : undefined;
    if (typeof version === "number" && !SCHEMA_VERSIONS.some((known) => known === version)) {
      throw unreadable(bundle.path, `line ${line} of the event log has the schema version ${version}`);
    }
    return describeIssue(parsed.error.issues);
  }
  const envelope = parsed.data;
  if (!isKnownEvent(envelope.payload.type)) return { line, envelope };
  const known = knownEventSchema.safeParse(envelope.payload);
  if (known.success) return { line, envelope, known: known.data };
  return `${envelope.payload.type}: ${describeIssue(known.error.issues)}`;
}

function describeIssue(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): string {
  const [issue] = issues;
  if (issue === undefined) return "not understood";
  return issue.path.length === 0 ? issue.message : `${issue.path.map(String).join(".")}: ${issue.message}`;
}

/** A line of the log. */
interface Line {
  readonly line: number;
  /** Absent if the line is too long. */
  readonly text: string | undefined;
  /** Whether the line ends with a line feed. */
  readonly isComplete: boolean;
}

async function* readLines(path: string, name: string): AsyncGenerator<Line> {
  const decoder = new TextDecoder();
  let pieces: Uint8Array[] = [];
  let length = 0;
  let line = 1;
  const finish = (isComplete: boolean): Line => {
    const text = length > LONGEST_LINE
      ? undefined
      : decoder.decode(pieces.length === 1 ? pieces[0] : joinBytes(pieces));
    pieces = [];
    length = 0;
    return { line: line++, text, isComplete };
  };
  const add = (bytes: Uint8Array) => {
    length += bytes.length;
    if (length <= LONGEST_LINE) pieces.push(bytes);
    else pieces = [];
  };
  for await (const chunk of fileChunks(path, name)) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      add(chunk.subarray(start, end));
      yield finish(true);
      start = end + 1;
    }
    if (start < chunk.length) add(chunk.subarray(start));
  }
  if (length > 0) yield finish(false);
}

/**
 * Reads a file of a bundle in chunks.
 *
 * @throws CulvertError `input_unreadable`
 */
export async function* fileChunks(path: string, name: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  try {
    const file = await realFile(path, name);
    // Opening a named pipe would wait for a writer.
    if (!(await Deno.stat(file)).isFile) throw new Error("it is not a regular file");
    stream = (await Deno.open(file)).readable;
  } catch (cause) {
    if (cause instanceof CulvertError) throw cause;
    throw unreadable(path, `${name}: ${fileProblem(cause)}`, undefined, cause);
  }
  try {
    yield* stream;
  } catch (cause) {
    throw unreadable(path, `${name}: ${fileProblem(cause)}`, undefined, cause);
  }
}
