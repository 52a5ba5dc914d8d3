/**
 * Searches the events and payloads of a trace.
 *
 * @module
 */
import { parseNestedJson } from "../../../text/nesting.ts";
import type { PayloadReference } from "../format/payload_reference.ts";
import { payloadReferenceSchema } from "../format/payload_reference.ts";
import type { Bundle } from "./bundle.ts";
import { readEvents } from "./event_log.ts";
import { readPayloads, withParts } from "./payloads.ts";
import type { Problems } from "./problems.ts";

/** A text that matches. */
export interface TraceMatch {
  /** Sequence number of the event, or of the first event that refers to the payload. */
  readonly seq: number;
  /** Absent if the text is in the event itself. */
  readonly payload_id: string | null;
  /** Type of the event, or kind of the payload. */
  readonly kind: string;
  /** JSON Pointer (RFC 6901) of the text; empty for a payload that is not JSON. */
  readonly pointer: string;
  /** The match with its context, on one line. */
  readonly excerpt: string;
}

/** Length of the context before and after a match, UTF-16 units. */
const AROUND = 60;

/**
 * Searches every text of a trace, in the order of the events and then of the payloads.
 *
 * @param find returns the position and the length of the first match in a text
 */
export async function* searchTrace(
  bundle: Bundle,
  find: (text: string) => { readonly index: number; readonly length: number } | undefined,
  problems: Problems,
): AsyncGenerator<TraceMatch> {
  const references = new Map<string, { readonly reference: PayloadReference; readonly seq: number }>();
  for await (const { envelope, known } of readEvents(bundle, problems)) {
    const { seq, payload } = envelope;
    for (const { pointer, text } of textsIn(payload, "")) {
      const found = find(text);
      if (found !== undefined) {
        yield { seq, payload_id: null, kind: payload.type, pointer, excerpt: excerptOf(text, found) };
      }
    }
    for (const value of Object.values(known ?? {})) {
      const parsed = payloadReferenceSchema.safeParse(value);
      if (!parsed.success) continue;
      for (const reference of withParts(parsed.data)) {
        const { raw_payload_id: id } = reference;
        if (!references.has(id)) references.set(id, { reference, seq });
      }
    }
  }
  const matches: TraceMatch[] = [];
  await readPayloads(
    bundle,
    [...references.values()].map(({ reference }) => reference),
    (id, text) => {
      const { reference, seq = 0 } = references.get(id) ?? {};
      for (const { pointer, text: each } of textsIn(parsed(text), "")) {
        const found = find(each);
        if (found === undefined) continue;
        const kind = reference?.kind.type ?? "";
        matches.push({ seq, payload_id: id, kind, pointer, excerpt: excerptOf(each, found) });
      }
    },
    problems,
  );
  yield* matches.toSorted((one, other) => one.seq - other.seq);
}

/**
 * Returns the value of a JSON text; any other text, such as one that a limit has truncated, and JSON that is nested
 * too deeply are returned unchanged.
 */
function parsed(text: string): unknown {
  try {
    return parseNestedJson(text);
  } catch {
    return text;
  }
}

/** Returns the strings in a JSON value with their pointers. */
function* textsIn(
  root: unknown,
  start: string,
): Generator<{ readonly pointer: string; readonly text: string }> {
  const stack = [{ value: root, pointer: start }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { pointer, value } = next;
    if (typeof value === "string") yield { pointer, text: value };
    else if (typeof value === "object" && value !== null) {
      for (const [name, member] of Object.entries(value).toReversed()) {
        stack.push({
          value: member,
          pointer: `${pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`,
        });
      }
    }
  }
}

function excerptOf(
  text: string,
  { index, length }: { readonly index: number; readonly length: number },
): string {
  const start = Math.max(0, index - AROUND);
  const end = Math.min(text.length, index + Math.min(length, AROUND) + AROUND);
  const middle = text.slice(start, end).replace(/\s+/g, " ");
  return `${start > 0 ? "…" : ""}${middle}${end < text.length ? "…" : ""}`;
}
