/**
 * The keyring of this system, by the program that comes with it.
 *
 * @module
 */
import type { World } from "../../../world/world.ts";
import { type Keyring, keyringFailure } from "./keyring.ts";
import { secretTool } from "./secret_tool.ts";
import { securityTool } from "./security_tool.ts";

/**
 * Finds it. Nothing is started yet.
 *
 * @param os of the process
 * @param world for the time limits
 */
export function systemKeyring(os: typeof Deno.build.os, world: Pick<World, "sleep">): Keyring {
  if (os === "darwin") return securityTool(world);
  if (os === "windows") return UNSUPPORTED;
  return secretTool(world);
}

const unsupported = () =>
  Promise.reject(
    keyringFailure("unsupported", "Cannot use the keyring: on Windows this program has no way to it"),
  );

const UNSUPPORTED: Keyring = {
  read: unsupported,
  write: unsupported,
  remove: unsupported,
  check: () => {},
};
