/** The schema of the report, compiled once, and the rules of its human form. */
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { assert, assertEquals } from "../../support/assert.ts";

const SCHEMA = JSON.parse(
  await Deno.readTextFile(new URL("../../../lib/doctor/report/report.schema.json", import.meta.url)),
);

const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true });
addFormats.default(ajv);
const validate = ajv.compile(SCHEMA);

/** Asserts that a report fits the schema. */
export function assertFitsSchema(report: unknown): void {
  const fits = validate(report);
  assertEquals(fits ? [] : validate.errors, []);
}

/** Asserts 80 columns, and no byte that a terminal would obey but line breaks. */
export function assertReadable(text: string): void {
  for (const line of text.split("\n")) {
    // The command to copy stands alone on its line and is never broken.
    const limit = line.startsWith("  culvert ") ? 200 : 80;
    assert([...line].length <= limit, `${[...line].length} columns: ${line}`);
  }
  assert(!/[\p{Cc}\p{Cf}]/u.test(text.replaceAll("\n", "")), "control characters");
}
