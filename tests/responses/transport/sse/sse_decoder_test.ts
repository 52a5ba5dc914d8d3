import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { CulvertError } from "../../../../lib/errors.ts";
import { SseDecoder } from "../../../../lib/responses/transport/sse/sse_decoder.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";

const BOM = "\ufeff";

/** Texts of streams with their events by the WHATWG algorithm. */
const CONFORMANCE: readonly (readonly [name: string, text: string, events: readonly string[]])[] = [
  ["one event", "data: a\n\n", ["a"]],
  ["no space after the colon", "data:a\n\n", ["a"]],
  ["only the first space is dropped", "data:  a\n\n", [" a"]],
  ["a byte order mark at the start", `${BOM}data: a\n\n`, ["a"]],
  ["a byte order mark at the start, alone on its line", `${BOM}\ndata: a\n\n`, ["a"]],
  ["a second byte order mark spoils the field's name", `${BOM}${BOM}data: a\n\ndata: b\n\n`, ["b"]],
  ["a byte order mark within data stays", `data: ${BOM}a\n\n`, [`${BOM}a`]],
  ["CRLF line ends", "data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"]],
  ["CR line ends", "data: a\r\rdata: b\r\r", ["a", "b"]],
  ["LF and CR mixed", "data: a\n\rdata: b\r\ndata: c\r\n\ndata: d\r\n\r\n", ["a", "b\nc", "d"]],
  ["CRLF between two CRs is one line end", "data: a\r\n\rdata: b\n\n", ["a", "b"]],
  ["several data lines are joined by line feeds", "data: a\ndata\ndata: b\n\n", ["a\n\nb"]],
  ["several data lines with CRLF", "data: a\r\ndata: b\r\n\r\n", ["a\nb"]],
  ["empty data is an event", "data\n\ndata:\n\n", ["", ""]],
  ["comments are no events", ": hello\n\n:\ndata: a\n: in between\n\n", ["a"]],
  ["an event without data is none", "event: ping\n\nid: 1\n\ndata: a\n\n", ["a"]],
  ["the event's name does not matter", "event: anything\ndata: a\n\n", ["a"]],
  ["an id, and one that holds NUL", "id: 7\ndata: a\n\nid: 7\u00008\ndata: b\n\n", ["a", "b"]],
  ["a retry, and one that is no number", "retry: 10\ndata: a\n\nretry: soon\ndata: b\n\n", ["a", "b"]],
  ["unknown fields", "foo: bar\nDATA: no\ndata: a\ndatax: no\n data: no\n\n", ["a"]],
  ["colons within data", "data: a: b\n\n", ["a: b"]],
  ["blank lines between events", "\n\n\ndata: a\n\n\n\ndata: b\n\n", ["a", "b"]],
  ["characters of two, three and four bytes", "data: ü€😀\n\ndata: 𝄞\n\n", ["ü€😀", "𝄞"]],
  ["a line separator is no line end", "data: a\u2028b\u0085c\n\n", ["a\u2028b\u0085c"]],
  ["nothing", "", []],
  ["an event that is not over", "data: a\n\ndata: b\n", ["a"]],
  ["an event that is not over, cut within a line", "data: a\n\ndata: b", ["a"]],
  ["an event that is not over, cut within CRLF", "data: a\r\n\r\ndata: b\r", ["a"]],
];

function decode(bytes: Uint8Array, cuts: readonly number[]): string[] {
  const decoder = new SseDecoder();
  const events: string[] = [];
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    events.push(...decoder.push(bytes.subarray(from, cut)));
    from = cut;
  }
  return events;
}

const everyByte = (bytes: Uint8Array) => Array.from({ length: bytes.length }, (_, index) => index);

/** Sorted positions within `length` bytes. */
function cutsOf(length: number): fc.Arbitrary<number[]> {
  return fc.array(fc.nat({ max: length }), { maxLength: 12 }).map((cuts) => cuts.sort((a, b) => a - b));
}

for (const [name, text, events] of CONFORMANCE) {
  Deno.test(`an event stream is decoded whole, byte by byte and in chunks of any size: ${name}`, () => {
    const bytes = new TextEncoder().encode(text);
    assertEquals(decode(bytes, []), events);
    assertEquals(decode(bytes, everyByte(bytes)), events);
    fc.assert(
      fc.property(cutsOf(bytes.length), (cuts) => {
        assertEquals(decode(bytes, cuts), events);
      }),
      { numRuns: 50 },
    );
  });
}

/** Text that resembles an event stream and is often invalid. */
const streamLike = fc.array(
  fc.constantFrom(
    "data: ",
    "data:",
    "data",
    "event: x",
    "id: 1",
    ":",
    ": c",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "ü",
    "😀",
    "a",
    BOM,
  ),
  { maxLength: 60 },
).map((parts) => parts.join(""));

Deno.test("the decoder finds the same events as eventsource-parser, in chunks of any size", () => {
  fc.assert(
    fc.property(
      streamLike.chain((text) => fc.tuple(fc.constant(text), cutsOf(text.length * 4))),
      ([text, cuts]) => {
        const expected: string[] = [];
        createParser({ onEvent: ({ data }) => expected.push(data) }).feed(text);
        const bytes = new TextEncoder().encode(text);
        assertEquals(decode(bytes, cuts.map((cut) => Math.min(cut, bytes.length))), expected);
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("a truncated multibyte character at the end does not damage the text before it", () => {
  const bytes = new TextEncoder().encode("data: a\n\ndata: 😀");
  assertEquals(decode(bytes.subarray(0, -2), []), ["a"]);
});

Deno.test("the last event is delivered at the end of the stream although its blank line is missing", () => {
  const decoder = new SseDecoder();
  assertEquals(decoder.push(new TextEncoder().encode('data: {"a":1}\n\ndata: {"b":2}')), ['{"a":1}']);
  assertEquals(decoder.finish(), ['{"b":2}']);
});

Deno.test("an event above the limit fails the stream, in one chunk, in many chunks, and in many lines", () => {
  const tooLarge = (thrown: unknown) => thrown instanceof CulvertError && thrown.code === "message_too_large";
  const event = `data: ${"x".repeat(101)}\n\n`;
  const lines = "data: xxxxxxxxxx\n".repeat(20);
  for (const [text, size] of [[event, 1_000], [event, 7], [lines, 7]] as const) {
    const bytes = new TextEncoder().encode(text);
    assertThrows(() => {
      const decoder = new SseDecoder(100);
      for (let from = 0; from < bytes.length; from += size) decoder.push(bytes.subarray(from, from + size));
    }, tooLarge);
  }
  assertEquals(new SseDecoder(101).push(new TextEncoder().encode(event)).length, 1);
});

Deno.test("one event of 4 MB in chunks of 64 bytes is decoded in linear time", () => {
  const timeOf = (megabytes: number) => {
    const bytes = new TextEncoder().encode(`data: "${"x".repeat(megabytes * 1024 * 1024)}"\n\n`);
    const decoder = new SseDecoder();
    let events = 0;
    const begin = performance.now();
    for (let from = 0; from < bytes.length; from += 64) {
      events += decoder.push(bytes.subarray(from, from + 64)).length;
    }
    assertEquals(events, 1);
    return performance.now() - begin;
  };
  // The shortest of several alternating measurements, because other work of the machine slows some of them.
  // They are repeated until the limit is met: a quadratic decoder, 16 times as long, never meets it.
  let [one, four] = [Infinity, Infinity];
  for (let round = 0; round < 12 && !(round > 2 && four < one * 8); round++) {
    one = Math.min(one, timeOf(1));
    four = Math.min(four, timeOf(4));
  }
  assert(four < one * 10, `1 MB: ${one.toFixed(1)} ms, 4 MB: ${four.toFixed(1)} ms`);
});
