/**
 * Reads `config.toml`.
 *
 * @module
 */
import { absolutePath } from "../world/absolute_path.ts";
import { CulvertError } from "../errors.ts";
import type { Warning } from "../warning.ts";
import type { ConfigFile } from "./config_schema.ts";

/** A `config.toml` that was read, or the absence of one. */
export interface LoadedConfig {
  /** Absolute; undefined where there is no file. */
  readonly path?: string;
  /** Absolute: where the file is, or would be. */
  readonly place: string;
  readonly values: ConfigFile;
  readonly warnings: readonly Warning[];
}

/**
 * Reads and checks `config.toml` in a directory. A missing file is an empty configuration.
 *
 * @param codexHome absolute path of the directory
 * @param strict whether a key that nobody knows is an error instead of a warning
 * @throws CulvertError `config` for a file that cannot be read, is not TOML or has a value of the wrong kind
 */
export async function readConfigFile(codexHome: string, strict: boolean): Promise<LoadedConfig> {
  const path = absolutePath("config.toml", codexHome);
  const text = await readIfThere(path);
  if (text === undefined) return { place: path, values: {}, warnings: [] };
  const document = await parseToml(text, path);
  const { configSchema, unknownKeys } = await import("./config_schema.ts");
  const checked = configSchema.safeParse(document);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    const key = issue?.path.join(".") ?? "";
    throw new CulvertError("config", `Cannot use ${path}: ${key}: ${issue?.message ?? "wrong value"}`, {
      hint: `Correct the value of "${key}".`,
      details: { path, key },
    });
  }
  const unknown = unknownKeys(document);
  if (strict && unknown.length > 0) {
    throw new CulvertError(
      "config",
      `Cannot use ${path}: unknown ${unknown.map((key) => `"${key}"`).join(", ")}`,
      {
        hint: "Correct or remove these keys, or leave out --strict-config.",
        details: { path, keys: unknown },
      },
    );
  }
  const warnings = unknown.map((key): Warning => ({
    code: "config_unknown_key",
    message: `${path}: unknown key "${key}" is ignored`,
  }));
  return { path, place: path, values: checked.data, warnings };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CulvertError("config", `Cannot read ${path}: ${reason}`, {
      hint: "Correct the file's permissions, or point CODEX_HOME at another directory.",
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
    // The library's message repeats the line itself, which may hold a token; its first line does not.
    const [reason] = error.message.split("\n");
    throw new CulvertError("config", `Cannot parse ${path}, line ${error.line}: ${reason ?? "not TOML"}`, {
      hint: `Correct line ${error.line}, column ${error.column}.`,
      details: { path, line: error.line, column: error.column },
    });
  }
}
