/**
 * What a login leaves in the codex home while it holds a port: a secret, by which a later login of the same user
 * and this one know each other. One file a port, because a port has one holder at a time; one that is left behind
 * by a process that died opens nothing, for nobody is there any more who knows its secret.
 *
 * @module
 */
import { absolutePath } from "../../../world/absolute_path.ts";
import { jsonObject } from "../../json.ts";

/** The file, while it is there. */
export interface PortClaim {
  readonly release: () => Promise<void>;
}

/**
 * Writes it (0600), whole or not at all.
 *
 * @param home the codex home, absolute
 * @throws what the file system throws
 */
export async function writeClaim(home: string, port: number, secret: string): Promise<PortClaim> {
  const path = claimPath(home, port);
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    await Deno.writeTextFile(temporary, `${JSON.stringify({ port, secret })}\n`, {
      createNew: true,
      mode: 0o600,
    });
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {/* why it could not be written counts more */});
    throw error;
  }
  return { release: () => Deno.remove(path).catch(ignoreMissing) };
}

/** The secret of the login that holds the port, or held it once. */
export async function readClaim(home: string, port: number): Promise<string | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(claimPath(home, port));
  } catch (error) {
    // No file, or none that can be read: then nobody is known there.
    if (error instanceof Error) return undefined;
    throw error;
  }
  const { port: written, secret } = jsonObject(text) ?? {};
  return written === port && typeof secret === "string" && secret !== "" ? secret : undefined;
}

function claimPath(home: string, port: number): string {
  return absolutePath(`culvert-login-${port}.json`, home);
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
