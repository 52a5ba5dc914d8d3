import fc from "fast-check";
import { jsonLine } from "../../../lib/cli/respond/turn_output.ts";
import { parseEvent } from "../../../lib/responses/events/parse_event.ts";
import { assert, assertEquals } from "../../support/assert.ts";

Deno.test("an event keeps its text byte for byte", () => {
  const text = '{"type":"response.output_text.delta","delta":"\\u00e4","n":1.0,"big":12345678901234567890}';
  assertEquals(parseEvent(text)?.text, text);
});

Deno.test("an event of several lines is printed as one line of the same JSON", () => {
  const item = parseEvent('{\n  "type": "response.new",\r\n  "text": "a\\nb"\n}');
  assert(item !== undefined);
  assertEquals(jsonLine(item), '{   "type": "response.new",   "text": "a\\nb" }\n');
  assertEquals(item.event, {
    type: "other",
    name: "response.new",
    payload: { type: "response.new", text: "a\nb" },
  });
});

Deno.test("input that is not an event returns undefined, and no JSON value makes the parser throw", () => {
  for (const text of ["", "null", "1", "[]", "{}", '{"type":1}', '{"type":"culvert.retry"}', "{"]) {
    assertEquals(parseEvent(text), undefined, text);
  }
  const types = [
    "error",
    "response.created",
    "response.completed",
    "response.failed",
    "response.metadata",
    "codex.rate_limits",
    "response.output_item.done",
    "response.custom_tool_call_input.delta",
  ];
  fc.assert(
    fc.property(fc.constantFrom(...types), fc.dictionary(fc.string(), fc.jsonValue()), (type, fields) => {
      const item = parseEvent(JSON.stringify({ ...fields, type }));
      assert(item !== undefined);
      assertEquals(item.event.type === "other" ? item.event.name : item.event.type, type);
    }),
  );
});

Deno.test("a key named __proto__ is kept as an ordinary key", () => {
  const item = parseEvent('{"__proto__":{"type":"response.completed"},"type":"x"}');
  assertEquals(item?.event.type, "other");
});
