/**
 * The keyring of this system. A native binding (`@napi-rs/keyring`) would need one binary addon for each platform
 * inside the compiled program and the permission to load it, so the program that comes with the system is used.
 *
 * @module
 */
import { type Keyring, keyringFailure } from "./keyring.ts";
import type { KeyringWorld } from "./keyring_program.ts";
import { secretTool } from "./secret_tool.ts";
import { securityTool } from "./security_tool.ts";

/** Returns the keyring. Starts no program yet. */
export function systemKeyring(os: typeof Deno.build.os, world: KeyringWorld): Keyring {
  if (os === "darwin") return securityTool(world);
  if (os === "windows") {
    return { read: unsupported, write: unsupported, remove: unsupported, check: () => {} };
  }
  return secretTool(world);
}

function unsupported(): Promise<never> {
  const message = "Cannot use the keyring: it is not supported on Windows";
  return Promise.reject(keyringFailure("unsupported", message));
}
