/**
 * The file with which other programs find a server.
 *
 * @module
 */
import { dirname } from "node:path";
import { absolutePath } from "../../world/absolute_path.ts";
import { CulvertError } from "../../errors.ts";
import type { Host } from "../command/host.ts";
import { writeOutput } from "../output/output_file.ts";

/**
 * The content of the file. It has the keys of the `responses-api-proxy` of the codex client, and those of
 * culvert.
 */
export interface ServerInfo {
  readonly port: number;
  readonly pid: number;
  readonly base_url: string;
  readonly api_key?: string;
  readonly shutdown_token?: string;
}

/**
 * Writes the file as one line of JSON with mode 0600; missing directories are created. Disposing of the result
 * removes it.
 *
 * @param path as typed; `undefined` writes nothing
 * @throws CulvertError `output_unwritable`
 */
export async function writeServerInfo(
  host: Host,
  path: string | undefined,
  info: ServerInfo,
): Promise<AsyncDisposable> {
  if (path === undefined) return { [Symbol.asyncDispose]: () => Promise.resolve() };
  const file = absolutePath(path, host.world.cwd());
  try {
    await Deno.mkdir(dirname(file), { recursive: true });
    // An existing file would keep its mode, but only this user may read the tokens.
    await removeRegular(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CulvertError("output_unwritable", `Cannot write --server-info ${path}: ${reason}`, {
      hint: "Check that the directory exists and is writable.",
      details: { flag: "--server-info", path },
      cause: error,
    });
  }
  await writeOutput(host, path, `${JSON.stringify(info)}\n`, { flag: "--server-info", secret: true });
  return { [Symbol.asyncDispose]: () => removeRegular(file) };
}

async function removeRegular(path: string): Promise<void> {
  try {
    if ((await Deno.lstat(path)).isFile) await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
