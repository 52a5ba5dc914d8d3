import fc from "fast-check";
import { itemwise } from "../../../lib/capture/record/itemwise.ts";
import { createCaptureRedaction } from "../../../lib/capture/record/capture_redaction.ts";
import { type NewPiece, PieceTable } from "../../../lib/capture/record/store/piece_table.ts";
import { splitJson } from "../../../lib/capture/record/store/json_pieces.ts";
import type { Part } from "../../../lib/capture/record/format.ts";
import { assert, assertEquals } from "../../support/assert.ts";

const item = fc.record({
  type: fc.constantFrom("message", "reasoning"),
  text: fc.string({ maxLength: 400, unit: "binary" }),
});
const request = fc.record({
  model: fc.string(),
  instructions: fc.string({ maxLength: 900 }),
  input: fc.array(item, { maxLength: 12 }),
  tools: fc.array(fc.record({ name: fc.string(), parameters: fc.jsonValue() }), { maxLength: 4 }),
  more: fc.jsonValue(),
});
const texts = fc.oneof(
  request.map((value) => JSON.stringify(value)),
  request.map((value) => JSON.stringify(value, null, 2)),
  fc.json(),
  fc.string({ maxLength: 2_000, unit: "binary" }),
  fc.string({ unit: fc.constantFrom("{", "}", "[", "]", '"', "\\", ",", ":", "a", " "), maxLength: 1_500 }),
);

Deno.test("the pieces of any text join to that text", () => {
  fc.assert(
    fc.property(texts, (text) => {
      assertEquals(splitJson(text).map((segment) => segment.text).join(""), text);
    }),
    { numRuns: 500 },
  );
});

Deno.test("any sequence of texts is restored from its parts", () => {
  fc.assert(
    fc.property(fc.array(texts, { maxLength: 8 }), (sequence) => {
      const table = new PieceTable();
      const pieces: string[] = [];
      const add = ({ piece, text }: NewPiece) => {
        assertEquals(piece, pieces.length);
        pieces.push(text);
      };
      const stored = sequence.map((text) => table.parts(text, 1_000, add) ?? text);
      assertEquals(
        stored.map((parts) => typeof parts === "string" ? parts : joined(parts, pieces)),
        sequence,
      );
    }),
    { numRuns: 300 },
  );
});

function joined(parts: readonly Part[], pieces: readonly string[]): string {
  return parts.map((part) => {
    if (typeof part === "string") return part;
    const [first, count, separator = ""] = part;
    return pieces.slice(first, first + count).join(separator);
  }).join("");
}

Deno.test("a growing history is one run of pieces in each request", () => {
  const table = new PieceTable();
  const history: object[] = [];
  let parts: readonly Part[] = [];
  for (let turn = 0; turn < 50; turn++) {
    history.push({ type: "message", text: `${turn} ${"word ".repeat(20)}` });
    parts = table.parts(JSON.stringify({ model: "gpt-5", input: history, store: false }), 65_536, () => {}) ??
      parts;
  }
  assertEquals(parts.filter((part) => typeof part !== "string"), [[0, 50, ","]]);
});

Deno.test("redacting item by item gives the same result as redacting the whole, with secrets at any position", () => {
  const secret = fc.string({
    unit: fc.constantFrom(..."abcdefghijkmnpqrstuvwxyz0123456789"),
    minLength: 20,
    maxLength: 30,
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(secret, fc.nat(4)), { minLength: 1, maxLength: 6 }), (secrets) => {
      const input = secrets.map(([value, place]) =>
        [
          { type: "message", content: `key sk-proj-${value}` },
          { type: "x", api_key: value },
          { type: "x", arguments: JSON.stringify({ password: value }) },
          { type: "x", headers: [["authorization", `Bearer ${value}`]] },
          { type: "x", text: "nothing" },
        ][place]
      );
      const text = JSON.stringify({
        input,
        credential: [{ value: secrets[0]?.[0] }],
        pad: "x ".repeat(10_000),
      });
      const { text: redact } = createCaptureRedaction("safe");
      const once = redact(text, "application/json", false);
      for (const [value] of secrets) {
        assert(!once.includes(value) || secrets.some(([each, place]) => each === value && place === 4));
      }
      // Messages of an OAuth endpoint are redacted completely.
      assertEquals(redact(text, "application/json", true), once);
      assertEquals(JSON.parse(once).input.length, input.length);
    }),
    { numRuns: 60 },
  );
});

Deno.test("an item is transformed once, however often it is sent", () => {
  let calls = 0;
  const transform = itemwise((text) => {
    calls++;
    return text.replaceAll("a", "b");
  });
  const input = Array.from({ length: 20 }, (_, n) => ({ n, text: "a".repeat(2_000) }));
  const first = transform(JSON.stringify({ input }));
  assertEquals(first, JSON.stringify({ input }).replaceAll("a", "b"));
  const before = calls;
  transform(JSON.stringify({ input }));
  assertEquals(calls, before + 1);
});
