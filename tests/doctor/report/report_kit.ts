/** The compiled schema of the report, and the rules for its text form. */
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

/**
 * Asserts that no line except one of a single word is wider than the terminal, and that there are no control
 * characters.
 */
export function assertReadable(text: string, columns = 80): void {
  for (const line of text.split("\n")) {
    const fits = [...line].length <= columns;
    // A command stays on its line, so that it can be copied. 20 is the widest indentation.
    const isUnbroken = /^ {2}(culvert|ls) /.test(line) || !line.slice(20).trim().includes(" ");
    assert(fits || isUnbroken, `${[...line].length} columns: ${line}`);
  }
  assert(!/[\p{Cc}\p{Cf}]/u.test(text.replaceAll("\n", "")), "control characters");
}
