/**
 * Authenticates with an API key that the embedding program supplies.
 *
 * @module
 */
import { type Observer, SILENT } from "../../net/observer.ts";
import type { World } from "../../world/world.ts";
import { bearerHeaders } from "../auth_headers.ts";
import type { Authenticator } from "../authenticator.ts";
import { headerValue } from "../credential.ts";
import {
  type ActiveCredential,
  fixedCredential,
  type Supplied,
  suppliedCredential,
} from "../recovery/active_credential.ts";
import { Recovery } from "../recovery/recovery.ts";
import { callExternal } from "./external_call.ts";

/**
 * Returns the key. Called before each request, and once per turn after a 401: if it then returns another key, the
 * request is sent again. Each call has 10 s; the signal is aborted when no caller waits any more.
 */
export type ApiKeyFunction = (signal: AbortSignal) => string | Promise<string>;

const SOURCE = { kind: "flag", name: "the apiKey option" } as const;

/** Returns the authenticator. */
export function apiKeyAuthenticator(
  key: string | ApiKeyFunction,
  world: Pick<World, "sleep">,
  observer: Observer = SILENT,
): Authenticator {
  let credential: ActiveCredential | undefined;
  const active = () =>
    credential ??= typeof key === "string"
      ? fixedCredential("apikey", SOURCE, keyHeaders(key), "not_refreshable_auth")
      : functionCredential(key, world);
  return {
    authorize: async (signal) => ({ mode: "apikey", source: SOURCE, ...await active().authorize(signal) }),
    startTurn: () => new Recovery(active, observer),
  };
}

function functionCredential(key: ApiKeyFunction, world: Pick<World, "sleep">): ActiveCredential {
  const attempt = "The function given as `apiKey`";
  const supply = async (_held: Supplied | undefined, signal?: AbortSignal): Promise<Supplied> => {
    const supplied = await callExternal({ call: key, code: "auth_missing", attempt }, world, signal);
    return { mode: "apikey", headers: keyHeaders(supplied) };
  };
  return suppliedCredential({ mode: "apikey", source: SOURCE, current: supply, renew: supply });
}

function keyHeaders(key: string): Readonly<Record<string, string>> {
  return bearerHeaders(headerValue(key, SOURCE.name));
}
