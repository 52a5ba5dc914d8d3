/**
 * Reads the files that become part of a request: images, tools, a schema.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { imageType } from "../../files/image_type.ts";
import { fileProblem, readBoundedStream } from "../../files/read_file.ts";
import { decodeText } from "../../text/decode_text.ts";
import { isObject } from "../../text/json.ts";

/** Largest image that is sent, bytes. */
const IMAGE_LIMIT = 50 * 1024 * 1024;
/** Largest file that is read, bytes: more than any flag takes. */
const INPUT_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * Returns the `image_url` of an image: a URL unchanged, a file as a data URL.
 *
 * @param named a path, or an http(s) or data URL
 * @throws CulvertError `input_unreadable` when the file cannot be read or is not an image that the API accepts
 */
export async function imageUrl(named: string): Promise<string> {
  if (/^(https?|data):/i.test(named)) return named;
  const bytes = await readBytes(named, "--image");
  if (bytes.length > IMAGE_LIMIT) {
    throw new CulvertError(
      "input_unreadable",
      `Cannot use --image ${named}: it has ${bytes.length} bytes`,
      {
        hint: `Images may have up to ${IMAGE_LIMIT} bytes.`,
      },
    );
  }
  const type = imageType(bytes);
  if (type === undefined) {
    throw new CulvertError(
      "input_unreadable",
      `Cannot use --image ${named}: it is not a PNG, JPEG, GIF or WebP image`,
      {
        hint: "Convert it to one of these formats.",
      },
    );
  }
  return `data:${type.mediaType};base64,${bytes.toBase64()}`;
}

/**
 * Reads a JSON file.
 *
 * @param path as typed
 * @param flag that named it, for messages; absent for an argument
 * @throws CulvertError `input_unreadable` when it cannot be read or is not JSON
 */
export async function readJson(path: string, flag?: string): Promise<unknown> {
  const text = await readText(path, flag);
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CulvertError("input_unreadable", `Cannot use ${named(path, flag)}: not JSON: ${reason}`, {
      hint: `Check it with: jq . ${path}`,
      details: { ...(flag === undefined ? {} : { flag }), path },
      cause: error,
    });
  }
}

/** Reads a `--tools` file: an array of tool objects. */
export async function readTools(path: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const value = await readJson(path, "--tools");
  if (Array.isArray(value) && value.every(isObject)) return value;
  throw new CulvertError("input_unreadable", `Cannot use --tools ${path}: not an array of objects`, {
    hint: 'Write [{"type": "function", "name": "…", "parameters": {…}}].',
  });
}

/** Reads an `--output-schema` file: one JSON Schema object. */
export async function readSchema(path: string): Promise<Readonly<Record<string, unknown>>> {
  const value = await readJson(path, "--output-schema");
  if (isObject(value)) return value;
  throw new CulvertError("input_unreadable", `Cannot use --output-schema ${path}: not a JSON Schema object`, {
    hint: 'Write {"type": "object", "properties": {…}, "additionalProperties": false}.',
  });
}

/**
 * Reads a text file in UTF-8 or UTF-16, which PowerShell 5 writes. Parameters as for {@link readJson}.
 *
 * @throws CulvertError `input_unreadable`
 */
export async function readText(path: string, flag?: string): Promise<string> {
  return decodeText(await readBytes(path, flag));
}

function named(path: string, flag: string | undefined): string {
  return flag === undefined ? path : `${flag} ${path}`;
}

async function readBytes(path: string, flag: string | undefined): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readBoundedStream((await Deno.open(path)).readable, INPUT_LIMIT_BYTES);
  } catch (error) {
    throw new CulvertError("input_unreadable", `Cannot read ${named(path, flag)}: ${fileProblem(error)}`, {
      hint: "Check the path; it is relative to the working directory.",
      details: { ...(flag === undefined ? {} : { flag }), path },
      cause: error,
    });
  }
}
