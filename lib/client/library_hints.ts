/**
 * Hints for programs that embed culvert: they name options of the client instead of flags.
 *
 * @module
 */
import { CulvertError } from "../errors.ts";

/** Maps a flag of the command line to the option of the client with the same effect. */
const OPTIONS: Readonly<Record<string, string>> = {
  "--api-key-file": "the option apiKeyFile",
  "--base-url": "the option baseUrl",
  "--ca-cert": "the option caCertFile",
  "--model": "the option model",
  "--profile": "the option profile",
  "--provider": "the option provider",
  "--proxy": "the option proxy",
  "--reasoning": "the option reasoningEffort",
  "--store": "the option store",
};

/** Returns the error with a hint that names options instead of flags. */
export function hintForProgram(error: CulvertError): CulvertError {
  if (error.hint === undefined) return error;
  const hint = error.hint
    .replace(
      /--transport (sse|ws|auto)\b/g,
      (_, name: string) => `the option transport: "${name === "ws" ? "websocket" : name}"`,
    )
    .replace(/--[a-z][a-z-]+/g, (flag) => OPTIONS[flag] ?? flag);
  if (hint === error.hint) return error;
  return new CulvertError(error.code, error.message, { hint, details: error.details, cause: error });
}
