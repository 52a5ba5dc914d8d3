/**
 * Checks an answer against a JSON Schema. Import this module on demand; it imports its libraries statically, because
 * the bundler gives a dynamically imported CommonJS module no named exports.
 *
 * @module
 */
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { CulvertError } from "../../errors.ts";

/** Returns the error of an answer that does not fit; `undefined` for one that fits. */
export type SchemaCheck = (answer: string) => CulvertError | undefined;

/**
 * Compiles a JSON Schema (2020-12).
 *
 * @param schema the schema
 * @param path where it was read, for messages
 * @throws CulvertError `input_unreadable` when it is not a valid schema
 */
export function compileSchema(
  schema: Readonly<Record<string, unknown>>,
  path: string,
): SchemaCheck {
  const ajv = new Ajv2020({ allErrors: false, strict: false });
  addFormats.default(ajv);
  const validate = (() => {
    try {
      return ajv.compile(schema);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CulvertError("input_unreadable", `Cannot use --output-schema ${path}: ${reason}`, {
        hint: "Correct the schema.",
        details: { flag: "--output-schema", path },
        cause: error,
      });
    }
  })();
  return (answer) => {
    const mismatch = (why: string) =>
      new CulvertError("schema_mismatch", `The answer does not match ${path}: ${why}`, {
        hint: "The answer was printed. Try again, or make the schema less strict.",
        details: { path },
      });
    let value: unknown;
    try {
      value = JSON.parse(answer);
    } catch (error) {
      return mismatch(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (validate(value)) return undefined;
    const [first] = validate.errors ?? [];
    return mismatch(
      `${first?.instancePath === "" ? "the value" : first?.instancePath ?? "the value"} ${
        first?.message ?? "is wrong"
      }`,
    );
  };
}
