/**
 * Attestations: values from a provider on this machine, which inform the ChatGPT backend about the program
 * that made a request.
 *
 * @module
 */
import { deadline } from "../async/deadline.ts";
import { raceAbort } from "../async/race_abort.ts";
import { isCodexBackend } from "../auth/auth_headers.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import type { Provider } from "../config/provider.ts";
import type { AttestationCommand } from "../config/settings.ts";
import type { Observer } from "../net/observer.ts";
import type { Secrets } from "../redaction/secrets.ts";
import { programPath, runProgram } from "../world/child_program.ts";
import type { World } from "../world/world.ts";

/** The name of the header (codex 0.171.0). */
const HEADER = "x-oai-attestation";

/** The routes whose requests send the header, by the endpoint of their observations (codex 0.171.0). */
const SCOPE: ReadonlySet<string> = new Set([
  "/responses",
  "/responses/compact",
  "/realtime",
  "/realtime/calls",
]);

/** Longest wait for a value, ms. */
const LIMIT_MS = 2_000;

/** Longest value that is sent, characters. */
const MAX_LENGTH = 16_384;

/** Returns a value for one request; `undefined` for none. */
export type AttestationProvider = (signal: AbortSignal) => Promise<string | undefined>;

/** Options of {@link withAttestation}. */
export interface AttestationParts {
  readonly provide: AttestationProvider;
  readonly provider: Pick<Provider, "name" | "requiresOpenAiAuth">;
  /** Receives each value, so that it is masked everywhere. */
  readonly secrets: Secrets;
  readonly observer: Observer;
  readonly world: Pick<World, "sleep">;
}

/**
 * Adds the header to the authorizations of an authenticator, only for the routes in scope and a ChatGPT
 * login. The provider is called for each request and again after a 401. If it fails or takes longer than 2 s,
 * the request is sent without the header.
 */
export function withAttestation<A extends Authenticator>(authenticator: A, parts: AttestationParts): A {
  return {
    ...authenticator,
    authorize: async (signal?: AbortSignal, endpoint?: string) => {
      const authorization = await authenticator.authorize(signal, endpoint);
      if (endpoint === undefined || !SCOPE.has(endpoint)) return authorization;
      if (!isCodexBackend(parts.provider, authorization)) return authorization;
      const value = await valueWithin(parts, signal);
      if (value === undefined) return authorization;
      parts.secrets.add(value);
      return { ...authorization, headers: { ...authorization.headers, [HEADER]: value } };
    },
  };
}

async function valueWithin(
  { observer, provide, world }: AttestationParts,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  using limit = deadline(LIMIT_MS, world, signal);
  const without = (reason: string) => {
    const message = `the request is sent without an attestation: ${reason}`;
    observer.observe({ kind: "note", level: "info", message });
    return undefined;
  };
  try {
    const value = (await raceAbort(provide(limit.signal), limit.signal))?.trim();
    if (value === undefined || value === "") return without("its provider returned none");
    if (value.length > MAX_LENGTH || !/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value)) {
      return without("the value of its provider is not valid in a header");
    }
    return value;
  } catch (thrown) {
    signal?.throwIfAborted();
    if (limit.isExpired) return without(`its provider took longer than ${LIMIT_MS} ms`);
    // An error of a provider may quote the value.
    return without(thrown instanceof ProviderFailure ? thrown.message : "its provider failed");
  }
}

class ProviderFailure extends Error {}

/**
 * Returns the provider that runs the command of `attestation.command`: its standard output is the value.
 *
 * @param command its path, if it has several parts, is relative to `cwd`
 */
export function commandAttestation(
  { command, args, cwd }: AttestationCommand,
  world: Pick<World, "sleep">,
): AttestationProvider {
  const path = programPath(command, cwd);
  return async (signal) => {
    const end = await runProgram({ command: path, args, cwd, limitMs: LIMIT_MS, signal }, world);
    if (end.kind !== "ended") throw new ProviderFailure(`${command}: ${end.kind.replaceAll("_", " ")}`);
    if (end.code !== 0) throw new ProviderFailure(`${command} ended with exit status ${end.code}`);
    return new TextDecoder("utf-8").decode(end.stdout);
  };
}
