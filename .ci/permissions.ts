/**
 * The permissions that the binary is compiled with. The tests of the command line run once from source under exactly
 * this list, because the runtime that tests the binary elsewhere may ask for fewer.
 *
 * @module
 */

/** What every command together needs. Nothing else is granted, and the user is never asked. */
export const PERMISSIONS: readonly string[] = [
  // Any host that the user names, and the loopback servers of `demo`, `auth login`, `serve` and `capture`.
  "--allow-net",
  // CA bundles, config.toml, auth.json, prompts, pictures, schemas: wherever the user keeps them.
  "--allow-read",
  // `-o FILE`, auth.json and its lock, captures.
  "--allow-write",
  // config.toml may name any variable as the place of a key; proxy variables are hidden while a client is made.
  "--allow-env",
  // Listing the CA roots asks for the descriptor `ca`, which no list can name (Deno 2.9.6): only the bare flag grants it.
  "--allow-sys",
  // The token command of a provider, the browser of `auth login`, the keyring, the programs of `capture` and `run`.
  "--allow-run",
  "--no-prompt",
];
