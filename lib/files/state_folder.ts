/**
 * The folder for files that the program keeps between runs.
 *
 * @module
 */
import { join } from "node:path";
import type { World } from "../world/world.ts";

/**
 * Returns the folder: `$XDG_STATE_HOME/culvert`, by default below `~/.local/state` (XDG Base Directory
 * Specification 0.8); on macOS below `~/Library/Application Support`, on Windows below `%LOCALAPPDATA%`.
 *
 * It is not `CODEX_HOME`: the codex client keeps files of other formats there.
 *
 * @returns `undefined` if the home directory is not known
 */
export function stateFolder(world: Pick<World, "env" | "home">): string | undefined {
  const state = world.env("XDG_STATE_HOME");
  // The specification says to ignore relative values.
  if (state?.startsWith("/") === true) return join(state, "culvert");
  const local = Deno.build.os === "windows" ? world.env("LOCALAPPDATA") : undefined;
  if (local !== undefined && local !== "") return join(local, "culvert");
  const home = world.home();
  if (home === undefined || home === "") return undefined;
  const below = Deno.build.os === "darwin" ? ["Library", "Application Support"] : [".local", "state"];
  return join(home, ...below, "culvert");
}
