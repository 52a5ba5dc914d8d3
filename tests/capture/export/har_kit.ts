/** The JSON Schema of HAR 1.2. */
import { Ajv, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import draft06 from "ajv/dist/refs/json-schema-draft-06.json" with { type: "json" };
import * as harSchemas from "har-schema";

/** Creates a validator with the meta-schema of the schema. */
export function harValidator(): ValidateFunction {
  const ajv = new Ajv({ strict: false });
  ajv.addMetaSchema(draft06);
  addFormats.default(ajv);
  ajv.addSchema(
    Object.values(harSchemas).filter((schema) =>
      typeof schema === "object" && schema !== null && "$id" in schema
    ),
  );
  const validate = ajv.getSchema("har.json#");
  if (validate === undefined) throw new Error("The schema of HAR is missing");
  return validate;
}
