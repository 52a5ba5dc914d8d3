/**
 * Files that go into a request: pictures, tools, a schema.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { CulvertError } from "../../errors.ts";
import type { Host } from "../command/host.ts";

/** Pictures larger than this are refused before anything is sent, bytes. */
const IMAGE_LIMIT = 50 * 1024 * 1024;

/** Kinds of picture the API takes, by their first bytes. */
const SIGNATURES: readonly (readonly [type: string, test: (bytes: Uint8Array) => boolean])[] = [
  ["image/png", (bytes) => startsWith(bytes, [0x89, 0x50, 0x4e, 0x47])],
  ["image/jpeg", (bytes) => startsWith(bytes, [0xff, 0xd8, 0xff])],
  ["image/gif", (bytes) => startsWith(bytes, [0x47, 0x49, 0x46, 0x38])],
  [
    "image/webp",
    (bytes) =>
      startsWith(bytes, [0x52, 0x49, 0x46, 0x46]) && startsWith(bytes.subarray(8), [0x57, 0x45, 0x42, 0x50]),
  ],
];

/**
 * The `image_url` of a picture: an address as it is, a file as a data URL.
 *
 * @param named a path, or an http(s) or data URL
 * @throws CulvertError `input_unreadable` when it cannot be read or is no picture the API takes
 */
export async function imageUrl(named: string): Promise<string> {
  if (/^(https?|data):/i.test(named)) return named;
  const bytes = await readBytes(named, "--image");
  if (bytes.length > IMAGE_LIMIT) {
    throw new CulvertError(
      "input_unreadable",
      `Cannot use --image ${named}: ${bytes.length} bytes are too many`,
      {
        hint: `Pictures may have up to ${IMAGE_LIMIT} bytes.`,
      },
    );
  }
  const type = SIGNATURES.find(([, test]) => test(bytes))?.[0];
  if (type === undefined) {
    throw new CulvertError(
      "input_unreadable",
      `Cannot use --image ${named}: it is not a PNG, JPEG, GIF or WebP picture`,
      {
        hint: "Convert it first.",
      },
    );
  }
  return `data:${type};base64,${Buffer.from(bytes).toString("base64")}`;
}

/**
 * Reads a JSON file that a flag names.
 *
 * @param path as typed
 * @param flag for messages
 * @throws CulvertError `input_unreadable` when it cannot be read or is not JSON
 */
export async function readJson(path: string, flag: string): Promise<unknown> {
  const text = new TextDecoder().decode(await readBytes(path, flag));
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CulvertError("input_unreadable", `Cannot use ${flag} ${path}: not JSON: ${reason}`, {
      hint: `Check it with: jq . ${path}`,
      details: { flag, path },
      cause: error,
    });
  }
}

/** A `--tools` file: an array of tool objects. */
export async function readTools(path: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const value = await readJson(path, "--tools");
  if (Array.isArray(value) && value.every(isObject)) return value;
  throw new CulvertError("input_unreadable", `Cannot use --tools ${path}: not an array of objects`, {
    hint: 'Write [{"type": "function", "name": "…", "parameters": {…}}].',
  });
}

/** An `--output-schema` file: one JSON Schema object. */
export async function readSchema(path: string): Promise<Readonly<Record<string, unknown>>> {
  const value = await readJson(path, "--output-schema");
  if (isObject(value)) return value;
  throw new CulvertError("input_unreadable", `Cannot use --output-schema ${path}: not a JSON Schema object`, {
    hint: 'Write {"type": "object", "properties": {…}, "additionalProperties": false}.',
  });
}

/**
 * The lines of a file that are not blank; `-` reads standard input.
 *
 * @throws CulvertError `input_unreadable` when it cannot be read or has none
 */
export async function readLines(path: string, flag: string, host: Host): Promise<readonly string[]> {
  const text = path === "-"
    ? await new Response(host.stdin.stream()).text()
    : new TextDecoder().decode(await readBytes(path, flag));
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (lines.length > 0) return lines;
  throw new CulvertError("input_unreadable", `Cannot use ${flag} ${path}: it holds no line of text`, {
    hint: "Write one prompt a line.",
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function startsWith(bytes: Uint8Array, head: readonly number[]): boolean {
  return head.every((byte, index) => bytes[index] === byte);
}

async function readBytes(path: string, flag: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CulvertError("input_unreadable", `Cannot read ${flag} ${path}: ${reason}`, {
      hint: "Check the path; it is taken relative to the working directory.",
      details: { flag, path },
      cause: error,
    });
  }
}
