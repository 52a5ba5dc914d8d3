/**
 * The environment that the program reads: the variables of the process, overridden by `$CODEX_HOME/.env`,
 * without quotes around the values.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { fileProblem, readRegularFile } from "../../files/read_file.ts";
import { decodeText } from "../../text/decode_text.ts";
import type { Warning } from "../../warning.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import type { EnvironmentFile, World } from "../../world/world.ts";
import { findCodexHome } from "../codex_home.ts";
import { parseEnvFile } from "./env_file.ts";
import { unquoted } from "./variable_value.ts";

/** Largest `.env` that is read, bytes. */
const LARGEST_FILE = 1024 * 1024;

/**
 * Overrides the environment of a world with `$CODEX_HOME/.env`, as the codex client does (0.171.0): a value
 * of the file takes precedence over that of the process, and its `CODEX_*` entries are ignored. A matching
 * pair of quotes around any value is removed.
 *
 * A world that is already layered is returned unchanged. A file that cannot be read causes a warning in the
 * result.
 *
 * @param world the process
 */
export async function layeredWorld(world: World): Promise<World> {
  if (world.environment !== undefined) return world;
  const read = await readEnvFile(world);
  const fromFile = read?.values ?? new Map<string, string>();
  const quoted = new Set<string>();
  const env = (name: string) => {
    // Quotes of the file's syntax have already been removed.
    const given = fromFile.get(name);
    if (given !== undefined) return given;
    const value = world.env(name);
    const inside = value === undefined ? undefined : unquoted(value);
    if (inside === undefined) return value;
    quoted.add(name);
    return inside;
  };
  return { ...world, env, environment: { quoted, ...(read === undefined ? {} : { file: read.file }) } };
}

interface EnvFileContent {
  readonly file: EnvironmentFile;
  readonly values: ReadonlyMap<string, string>;
}

async function readEnvFile(world: World): Promise<EnvFileContent | undefined> {
  let path: string;
  try {
    path = absolutePath(".env", await findCodexHome(world));
  } catch (error) {
    // Without a home there is no such file; the command that needs the home reports the reason.
    if (error instanceof CulvertError) return undefined;
    throw error;
  }
  let text: string;
  try {
    text = decodeText(await readRegularFile(path, LARGEST_FILE));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    return unreadable(path, fileProblem(error));
  }
  const { values, skipped } = parseEnvFile(text, world.env);
  const names = [...values.keys()];
  const leftOut = names.filter((name) => name.startsWith("CODEX_"));
  const kept = new Map([...values].filter(([name]) => !name.startsWith("CODEX_")));
  const overridden = [...kept].flatMap(([name, value]) => {
    const other = world.env(name);
    return other === undefined || other === value ? [] : [name];
  });
  return {
    values: kept,
    file: { path, names: [...kept.keys()], overridden, leftOut, warnings: skipped.map(skippedLine(path)) },
  };
}

function skippedLine(path: string): (line: number) => Warning {
  return (line) => ({
    code: "env_file_line_skipped",
    message: `${path}, line ${line} is not an assignment NAME=value and is ignored`,
    line,
  });
}

function unreadable(path: string, reason: string): EnvFileContent {
  const warning = { code: "env_file_unreadable", message: `Cannot read ${path}: ${reason}` };
  return {
    values: new Map(),
    file: { path, names: [], overridden: [], leftOut: [], warnings: [warning] },
  };
}

/**
 * Returns a variable as messages name it: with the file of its value, unless it comes from the process.
 *
 * @param name name of the variable
 */
export function variableLabel(world: Pick<World, "environment">, name: string): string {
  const { file } = world.environment ?? {};
  return file?.names.includes(name) === true ? `${name} of ${file.path}` : name;
}
