/**
 * Errors for programs that embed culvert: they name options of the client instead of flags.
 *
 * @module
 */
import { CulvertError } from "../errors.ts";

/** Maps a flag of the command line to the option of the client with the same effect. */
const OPTIONS: Readonly<Record<string, string>> = {
  "--api-key-file": "the option apiKeyFile",
  "--base-url": "the option baseUrl",
  "--ca-cert": "the option caCertFile",
  "--client-cert": "the option clientCertFile",
  "--client-key": "the option clientKeyFile",
  "--model": "the option model",
  "--profile": "the option profile",
  "--provider": "the option provider",
  "--proxy": "the option proxy",
  "--reasoning": "the option reasoningEffort",
  "--store": "the option store",
};

/** Returns the error with a message and a hint that name options instead of flags. */
export function errorForProgram(error: CulvertError): CulvertError {
  const message = withOptions(error.message);
  const hint = error.hint === undefined ? undefined : withOptions(error.hint);
  if (message === error.message && hint === error.hint) return error;
  const { code, details } = error;
  return new CulvertError(code, message, { details, cause: error, ...(hint === undefined ? {} : { hint }) });
}

function withOptions(text: string): string {
  return text
    .replace(
      /--transport (sse|ws|auto)\b/g,
      (_, name: string) => `the option transport: "${name === "ws" ? "websocket" : name}"`,
    )
    .replace(/--[a-z][a-z-]+/g, (flag) => OPTIONS[flag] ?? flag);
}
