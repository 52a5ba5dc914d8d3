/**
 * Compares a recorded request with one that arrives.
 *
 * @module
 */
import { MASK_PATTERN } from "../record/capture_redaction.ts";

/** Members that differ from one run to the next and do not change what is asked. */
const VOLATILE: ReadonlySet<string> = new Set([
  "client_metadata",
  "metadata",
  "prompt_cache_key",
  "previous_response_id",
  "safety_identifier",
  "user",
  "internal_chat_message_metadata_passthrough",
]);

const VOLATILE_NAME = /timestamp|installation|trace|^created_at$/i;

/** A difference between two JSON values. */
export interface Difference {
  /** JSON pointer (RFC 6901) to the first difference. */
  readonly pointer: string;
  /** The recorded value, shortened; `undefined` where there is none. */
  readonly recorded: string | undefined;
  readonly received: string | undefined;
}

/** Longest value that a difference quotes, UTF-16 units. */
const LONGEST = 120;

/**
 * Returns the first difference between two JSON values in the order of the recorded members. Volatile members are
 * ignored; a redacted part of a recorded text equals anything.
 */
export function firstDifference(recorded: unknown, received: unknown, pointer = ""): Difference | undefined {
  if (typeof recorded === "string" && typeof received === "string") {
    return sameText(recorded, received) ? undefined : differ(recorded, received, pointer);
  }
  if (Array.isArray(recorded) && Array.isArray(received)) {
    for (let index = 0; index < Math.max(recorded.length, received.length); index++) {
      const place = `${pointer}/${index}`;
      if (index >= recorded.length || index >= received.length) {
        return differ(recorded[index], received[index], place);
      }
      const difference = firstDifference(recorded[index], received[index], place);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  if (isRecord(recorded) && isRecord(received)) {
    const names = [...new Set([...Object.keys(recorded), ...Object.keys(received)])].filter(isCompared);
    for (const name of names) {
      const place = `${pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      if (!Object.hasOwn(recorded, name) || !Object.hasOwn(received, name)) {
        return differ(recorded[name], received[name], place);
      }
      const difference = firstDifference(recorded[name], received[name], place);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  return Object.is(recorded, received) ? undefined : differ(recorded, received, pointer);
}

function isCompared(name: string): boolean {
  return !VOLATILE.has(name) && !VOLATILE_NAME.test(name);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function differ(recorded: unknown, received: unknown, pointer: string): Difference {
  return {
    pointer: pointer === "" ? "/" : pointer,
    recorded: shortened(recorded, received),
    received: shortened(received, recorded),
  };
}

/** Quotes a value; of two long texts from shortly before the place where they part. */
function shortened(value: unknown, other: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = JSON.stringify(value);
  if (text.length <= LONGEST) return text;
  const beside = other === undefined ? "" : JSON.stringify(other);
  let same = 0;
  while (same < text.length && text[same] === beside[same]) same++;
  const start = Math.max(0, same - 40);
  return `${start > 0 ? "…" : ""}${text.slice(start, start + LONGEST)}${
    start + LONGEST < text.length ? "…" : ""
  }`;
}

/** Whether two texts are equal, where a mask in the recorded one stands for any text. Linear in their lengths. */
export function sameText(recorded: string, received: string): boolean {
  if (recorded === received) return true;
  const pieces = recorded.split(MASK_PATTERN);
  if (pieces.length === 1) return false;
  const [first = "", last = ""] = [pieces[0], pieces.at(-1)];
  if (!received.startsWith(first) || !received.endsWith(last)) return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = received.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= received.length - last.length;
}
