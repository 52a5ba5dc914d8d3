/**
 * The names that the program sends to servers and proxies.
 *
 * @module
 */
import { VERSION } from "../version.ts";
import type { Environment, World } from "../world/world.ts";

/** The default originator. */
const ORIGINATOR = "culvert";

/**
 * Returns the value of the `originator` header: `CODEX_INTERNAL_ORIGINATOR_OVERRIDE` if it is a valid header value,
 * else `culvert`.
 */
export function originator(env: Environment): string {
  const override = env("CODEX_INTERNAL_ORIGINATOR_OVERRIDE") ?? "";
  return /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(override) ? override : ORIGINATOR;
}

/**
 * Returns the `User-Agent` of every request and tunnel: `culvert/0.2.0 (linux; x86_64) xterm`. The last word is the
 * terminal program (`TERM_PROGRAM`, else `TERM`). Characters other than printable ASCII become `_`.
 */
export function userAgent({ env }: Pick<World, "env">): string {
  const { os, arch } = Deno.build;
  const terminal = env("TERM_PROGRAM") ?? env("TERM") ?? "unknown";
  const text = `${originator(env)}/${VERSION} (${os}; ${arch}) ${terminal}`;
  return text.replace(/[^\x20-\x7e]/g, "_");
}
