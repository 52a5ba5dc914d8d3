/**
 * Repeats the flags of a command line in the commands that a hint names, so that they use the same settings.
 *
 * @module
 */
import type { SharedFlags } from "../../../config/settings.ts";
import { Commands } from "../../../doctor/commands.ts";

/** Returns the hint with the flags in it that the named commands accept. */
export function hintWithFlags(hint: string, flags: Readonly<Record<string, unknown>>): string {
  const given = sharedFlags(flags);
  return new Commands(given, given, headerNames(flags["header"])).withFlags(hint);
}

function sharedFlags(flags: Readonly<Record<string, unknown>>): SharedFlags {
  const { transport } = flags;
  return {
    ...textFlags(flags),
    ...(Array.isArray(flags["config"]) ? { overrides: flags["config"].map(String) } : {}),
    ...(transport === "auto" || transport === "sse" || transport === "ws" ? { transport } : {}),
  };
}

const TEXT_FLAGS = [
  ...["apiKeyFile", "baseUrl", "caCert", "clientCert", "clientKey", "model", "profile", "provider", "proxy"],
] as const;

/** Returns the given flags. A flag that the command does not have, or that was not given, is absent. */
function textFlags(flags: Readonly<Record<string, unknown>>): SharedFlags {
  return Object.fromEntries(TEXT_FLAGS.flatMap((name) => {
    const value = flags[name];
    return typeof value === "string" ? [[name, value]] : [];
  }));
}

/** Returns the names of the headers of `-H`; their values may be keys. */
function headerNames(headers: unknown): readonly string[] {
  return Array.isArray(headers) ? headers.map((header) => String(header).replace(/:.*$/s, "").trim()) : [];
}
