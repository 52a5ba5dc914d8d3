/**
 * Reads `config.toml`, `culvert.toml` and profiles.
 *
 * @module
 */
import { CulvertError } from "../errors.ts";
import { fileProblem, readRegularFile } from "../files/read_file.ts";
import { decodeText } from "../text/decode_text.ts";
import type { Warning } from "../warning.ts";
import type { ConfigFile } from "./config_schema.ts";

/** Largest configuration file that is read, bytes. */
const LARGEST_FILE = 4 * 1024 * 1024;

/** Options for checking a document. */
export interface ConfigCheck {
  /** Whether a key that would be a warning is an error. */
  readonly strict: boolean;
  /**
   * Whether the codex client also reads the document, so that keys of only this program do not belong in it.
   */
  readonly shared: boolean;
}

/** A checked document. */
export interface CheckedConfig {
  readonly values: ConfigFile;
  /** One warning for each unknown key, and for each key that does not belong in a shared file. */
  readonly warnings: readonly Warning[];
}

/**
 * Reads and checks a configuration file in UTF-8 or UTF-16.
 *
 * @param path absolute
 * @param check strictness, and whether the codex client also reads the file
 * @returns `undefined` if there is no such file
 * @throws CulvertError `config` for a file that cannot be read, is not TOML or has a value of the wrong kind
 */
export async function readConfigFile(path: string, check: ConfigCheck): Promise<CheckedConfig | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  return await checkConfig(await parseToml(text, path), path, check);
}

/**
 * Checks a document.
 *
 * @param document parsed TOML
 * @param label the file or flag that it comes from, for messages
 * @param check strictness, and whether the codex client also reads the document
 * @throws CulvertError `config`
 */
export async function checkConfig(
  document: Readonly<Record<string, unknown>>,
  label: string,
  { strict, shared }: ConfigCheck,
): Promise<CheckedConfig> {
  // Loaded on first use, because it imports zod, which most runs do not need.
  const { configSchema, ownKeys, unknownKeys } = await import("./config_schema.ts");
  const checked = configSchema.safeParse(document);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    const key = issue?.path.join(".") ?? "";
    throw new CulvertError("config", `Cannot use ${label}: ${key}: ${issue?.message ?? "wrong value"}`, {
      hint: `Correct the value of "${key}".`,
      details: { path: label, key },
    });
  }
  const unknown = unknownKeys(document);
  if (strict && unknown.length > 0) {
    const keys = unknown.map((key) => `"${key}"`).join(", ");
    throw new CulvertError("config", `Cannot use ${label}: unknown ${keys}`, {
      hint: "Correct or remove these keys, or run without --strict-config.",
      details: { path: label, keys: unknown },
    });
  }
  const misplaced = shared ? ownKeys(document) : [];
  if (strict && misplaced.length > 0) {
    const keys = misplaced.map((key) => `"${key}"`).join(", ");
    throw new CulvertError("config", `Cannot use ${label}: only culvert knows ${keys}`, {
      hint:
        "Move these keys to culvert.toml in the same folder, which the codex client does not read, or run " +
        "without --strict-config.",
      details: { path: label, keys: misplaced },
    });
  }
  const warnings: Warning[] = [
    ...unknown.map((key) => ({
      code: "config_unknown_key",
      message: `${label}: unknown key "${key}" is ignored`,
    })),
    ...misplaced.map((key) => ({
      code: "config_misplaced_key",
      message:
        `${label}: the codex client does not know "${key}"; move it to culvert.toml in the same folder`,
    })),
  ];
  return { values: checked.data, warnings };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return decodeText(await readRegularFile(path, LARGEST_FILE));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new CulvertError("config", `Cannot read ${path}: ${fileProblem(error)}`, {
      hint: "Correct the type and permissions of the file, or set CODEX_HOME to another directory.",
      details: { path },
      cause: error,
    });
  }
}

async function parseToml(text: string, path: string): Promise<Record<string, unknown>> {
  const { parse, TomlError } = await import("smol-toml");
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The library's message repeats the line, which may contain a token; the first line of the message does
    // not.
    const [reason] = error.message.split("\n");
    throw new CulvertError("config", `Cannot parse ${path}, line ${error.line}: ${reason ?? "not TOML"}`, {
      hint: `Correct line ${error.line}, column ${error.column}.`,
      details: { path, line: error.line, column: error.column },
    });
  }
}
