/**
 * Answers requests that require a certain form: JSON for a schema, or a call of a tool.
 *
 * @module
 */
import type { Json, Scenario } from "./scenario.ts";
import { identifier } from "../identifier.ts";

/** Deepest nesting of a schema that is filled. */
const DEEPEST = 12;

/**
 * Returns the scenario that matches a request: with a trigger of compaction as the last item, a compaction
 * item; with the output of a call, a sentence that quotes it; with function tools, a call of the first one;
 * with a JSON schema as the format of the text, a document that fits it. Any other request gets the default
 * answer.
 *
 * @param body the body of the request
 */
export function answerInKind(body: Json | undefined): Scenario {
  const input = Array.isArray(body?.["input"]) ? body["input"].map(table) : [];
  if (input.at(-1)?.["type"] === "compaction_trigger") {
    const encrypted_content = btoa(`${input.length - 1} items`);
    return { items: [{ id: identifier("cmp"), type: "compaction", encrypted_content }], text: [] };
  }
  const outputs = input.filter((item) => item?.["type"] === "function_call_output");
  if (outputs.length > 0) return { text: `The tool returned: ${outputText(outputs.at(-1)?.["output"])}` };
  const call = callFor(body);
  if (call !== undefined) return { items: [call], text: [] };
  const format = table(table(body?.["text"])?.["format"]);
  if (format?.["type"] === "json_schema") {
    return { text: JSON.stringify(sampleOf(table(format["schema"]) ?? {})) };
  }
  return format?.["type"] === "json_object" ? { text: "{}" } : {};
}

function callFor(body: Json | undefined): Json | undefined {
  const tools = Array.isArray(body?.["tools"]) ? body["tools"] : [];
  const tool = tools.map(table).find((each) => each?.["type"] === "function");
  if (tool === undefined || typeof tool["name"] !== "string") return undefined;
  return {
    id: identifier("fc"),
    type: "function_call",
    status: "completed",
    call_id: identifier("call"),
    name: tool["name"],
    arguments: JSON.stringify(sampleOf(table(tool["parameters"]) ?? { type: "object" })),
  };
}

function outputText(output: unknown): string {
  return (typeof output === "string" ? output : JSON.stringify(output)).trim();
}

/** Returns a value that fits a JSON schema of the kind that structured output allows; `$ref` within it is followed. */
export function sampleOf(schema: Json, root: Json = schema, depth = 0): unknown {
  if (depth > DEEPEST) return null;
  const again = (inner: unknown) => sampleOf(table(inner) ?? {}, root, depth + 1);
  if ("const" in schema) return schema["const"];
  const choices = schema["enum"] ?? schema["examples"];
  if (Array.isArray(choices) && choices.length > 0) return choices[0];
  if (typeof schema["$ref"] === "string") return again(referenced(root, schema["$ref"]));
  for (const name of ["anyOf", "oneOf", "allOf"]) {
    const options = schema[name];
    if (Array.isArray(options) && options.length > 0) return again(options[0]);
  }
  const type = Array.isArray(schema["type"]) ? schema["type"][0] : schema["type"];
  switch (type ?? ("properties" in schema ? "object" : "string")) {
    case "object": {
      const properties = table(schema["properties"]) ?? {};
      return Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, again(inner)]));
    }
    case "array": {
      const least = number(schema["minItems"]) ?? 1;
      return Array.from({ length: Math.min(Math.max(least, 1), 10) }, () => again(schema["items"]));
    }
    case "string":
      return text(schema);
    case "integer":
    case "number":
      return number(schema["minimum"]) ?? number(schema["maximum"]) ?? 1;
    case "boolean":
      return true;
    default:
      return null;
  }
}

/** Texts by `format`, as JSON Schema names them. */
const FORMATS: Readonly<Record<string, string>> = {
  "date-time": "2026-01-02T03:04:05Z",
  date: "2026-01-02",
  time: "03:04:05Z",
  email: "somebody@example.com",
  uri: "https://example.com/",
  uuid: "123e4567-e89b-42d3-a456-426614174000",
  hostname: "example.com",
  ipv4: "192.0.2.1",
};

function text(schema: Json): string {
  const format = schema["format"];
  const sample = typeof format === "string" ? FORMATS[format] ?? "culvert" : "culvert";
  const least = number(schema["minLength"]) ?? 0;
  return sample.padEnd(Math.min(least, 10_000), "x").slice(0, number(schema["maxLength"]) ?? Infinity);
}

/** Follows a pointer such as `#/$defs/name` (RFC 6901). */
function referenced(root: Json, pointer: string): unknown {
  let value: unknown = root;
  for (const part of pointer.replace(/^#\/?/, "").split("/").filter((each) => each !== "")) {
    value = table(value)?.[part.replaceAll("~1", "/").replaceAll("~0", "~")];
  }
  return value;
}

function table(value: unknown): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
