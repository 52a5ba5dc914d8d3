/** Answers of the simulated API in the form that a request requires. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { answerInKind, sampleOf } from "../../../lib/mock/api/answer_in_kind.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { culvert, jsonLines } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

const SCHEMAS: readonly (readonly [what: string, schema: Record<string, unknown>])[] = [
  ["an object of several kinds", {
    type: "object",
    properties: {
      a: { type: "string" },
      b: { type: "integer", minimum: 7 },
      c: { type: "boolean" },
      d: { type: "null" },
    },
    required: ["a", "b", "c", "d"],
    additionalProperties: false,
  }],
  ["nested arrays", { type: "array", items: { type: "array", items: { type: "number" } }, minItems: 3 }],
  ["an enumeration and a constant", {
    type: "object",
    properties: { a: { enum: ["x", "y"] }, b: { const: 3 } },
    required: ["a", "b"],
  }],
  ["a reference", {
    $defs: { point: { type: "object", properties: { x: { type: "number" } }, required: ["x"] } },
    type: "object",
    properties: { p: { $ref: "#/$defs/point" } },
    required: ["p"],
  }],
  ["a choice", { anyOf: [{ type: "integer" }, { type: "string" }] }],
  ["a nullable text with limits", { type: ["string", "null"], minLength: 12, maxLength: 14 }],
];

for (const [what, schema] of SCHEMAS) {
  Deno.test(`the sample of ${what} fits its schema`, () => {
    assert(new Ajv2020({ strict: false }).validate(schema, sampleOf(schema)));
  });
}

Deno.test("a schema that refers to itself terminates", () => {
  const tree = { type: "object", properties: { child: { $ref: "#" } } };
  assert(JSON.stringify(sampleOf(tree)).length < 10_000);
});

Deno.test("without a schema and without tools the default answer is returned", () => {
  assertEquals(answerInKind({ model: "x", input: [] }), {});
  assertEquals(answerInKind(undefined), {});
});

Deno.test("the demo provider answers --output-schema with fitting JSON and --tools with a call", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const schema = join(directory, "schema.json");
    await Deno.writeTextFile(schema, JSON.stringify(SCHEMAS[0]?.[1]));
    const fitting = await culvert(["respond", "--provider", "demo", "--output-schema", schema, "hi"]);
    assertEquals(fitting.code, 0, fitting.stderr);
    assertEquals(JSON.parse(fitting.stdout), { a: "culvert", b: 7, c: true, d: null });
    const tools = join(directory, "tools.json");
    const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
    await Deno.writeTextFile(tools, JSON.stringify([{ type: "function", name: "weather", parameters }]));
    const called = await culvert(["respond", "--provider", "demo", "--json", "--tools", tools, "hi"]);
    assertEquals(called.code, 0, called.stderr);
    const items = jsonLines(called.stdout).filter(({ type }) => type === "response.output_item.done");
    assert(JSON.stringify(items).includes('"name":"weather"'), called.stdout);
    assert(JSON.stringify(items).includes('{\\"city\\":\\"culvert\\"}'), called.stdout);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
