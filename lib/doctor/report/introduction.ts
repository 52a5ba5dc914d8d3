/**
 * How the doctor's requests say who they come from.
 *
 * @module
 */
import type { Authorization } from "../../auth/authenticator.ts";
import type { Credential } from "../../auth/credential.ts";
import { isDue } from "../../auth/token_freshness.ts";
import type { Settings } from "../../config/settings.ts";
import { CulvertError } from "../../errors.ts";
import type { Dialer } from "../../net/dialer/dialer.ts";
import type { World } from "../../world/world.ts";
import { raceAbort } from "../../async/race_abort.ts";

/** Headers for a request, or why there are none. */
export type Introduction =
  | { readonly kind: "headers"; readonly authorization: Authorization }
  | { readonly kind: "withheld"; readonly reason: string };

/** What an introduction is made of. */
export interface IntroductionParts {
  readonly credential: Credential;
  readonly settings: Settings;
  readonly dialer: Dialer;
  readonly world: World;
}

/** How long a credential may take to become a header, ms: what comes after it needs time too. */
const LIMIT_MS = 1_500;

/**
 * Makes the headers, but never renews a login: a doctor changes nothing, and a renewal that is cut short by the end
 * of the program would spend a refresh token for nothing.
 *
 * @throws CulvertError `auth_*`
 */
export async function introduce(parts: IntroductionParts): Promise<Introduction> {
  const { credential, world } = parts;
  if (credential.kind === "managed" && isDue(credential.record, world.now())) {
    return { kind: "withheld", reason: "the access token is due for renewal, which a doctor leaves alone" };
  }
  const { createAuthenticator } = await import("../../connect/create_authenticator.ts");
  const authenticator = createAuthenticator({ ...parts, isLookingOnly: true });
  const late = new AbortController();
  const done = new AbortController();
  world.sleep(LIMIT_MS, done.signal).then(() => late.abort(tooLate(credential)), () => undefined);
  try {
    const authorization = await raceAbort(authenticator.authorize(late.signal), late.signal);
    return { kind: "headers", authorization };
  } finally {
    done.abort();
  }
}

function tooLate({ source }: Credential): CulvertError {
  return new CulvertError("auth_missing", `No header came from ${source.name} in time`, {
    hint: "Run what gives the credential by itself, and see how long it takes.",
    details: { source: source.name, limit_ms: LIMIT_MS },
  });
}
