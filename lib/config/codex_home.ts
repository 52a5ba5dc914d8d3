/**
 * Finds the directory of the codex client, whose configuration and credentials this program shares.
 *
 * @module
 */
import { absolutePath, isAbsolutePath } from "../world/absolute_path.ts";
import { unquoted } from "./environment/variable_value.ts";
import { CulvertError } from "../errors.ts";
import type { World } from "../world/world.ts";

/**
 * Finds `CODEX_HOME`: the variable if it is set and not empty, else `~/.codex`. A directory that the variable
 * names must exist; the default need not.
 *
 * @returns an absolute path, without symbolic links if the variable set it
 * @throws CulvertError `config` if the variable names no directory, or if no home directory is known
 */
export async function findCodexHome(world: Pick<World, "env" | "cwd" | "home">): Promise<string> {
  const given = world.env("CODEX_HOME");
  const named = given === undefined ? undefined : unquoted(given) ?? given;
  if (named !== undefined && named !== "") return await canonicalDirectory(absolutePath(named, world.cwd()));
  const home = world.home();
  if (home === undefined || home === "" || !isAbsolutePath(home)) {
    throw new CulvertError("config", "Cannot find the home directory: neither CODEX_HOME nor HOME is set", {
      hint: "Set CODEX_HOME to a directory for config.toml and auth.json.",
    });
  }
  return absolutePath(".codex", home);
}

async function canonicalDirectory(path: string): Promise<string> {
  try {
    const real = await Deno.realPath(path);
    if ((await Deno.stat(real)).isDirectory) return real;
  } catch (error) {
    throw notADirectory(path, error);
  }
  throw notADirectory(path, undefined);
}

function notADirectory(path: string, cause: unknown): CulvertError {
  return new CulvertError("config", `CODEX_HOME names ${JSON.stringify(path)}, which is not a directory`, {
    hint: "Create the directory, or unset CODEX_HOME to use ~/.codex.",
    details: { variable: "CODEX_HOME", path },
    cause,
  });
}
