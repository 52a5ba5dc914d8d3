/**
 * An exchange about an agent identity that is tried again while there is hope.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { Dialer, HttpRequest } from "../../net/dialer/dialer.ts";
import { isTransient } from "../../net/dialer/retry.ts";
import type { World } from "../../world/world.ts";
import { exchange } from "../chatgpt/auth_exchange.ts";
import { identityFailure } from "./identity_failure.ts";

const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 250;

/** What an exchange works with. */
export interface PatientParts {
  readonly dialer: Dialer;
  readonly world: World;
}

/** Whether a failure of {@link patiently} may be another one tomorrow: 429, 5xx, and what the network does. */
export function mayPass(failure: CulvertError): boolean {
  const { status } = failure.details;
  if (typeof status === "number") return status === 429 || status >= 500;
  return isTransient({ kind: "error", error: failure });
}

/**
 * At most three attempts; only what may pass is tried again.
 *
 * @param limitMs for each attempt
 * @returns the body of a reply of status 2xx
 * @throws CulvertError `auth_rejected` for any other status, network codes
 */
export async function patiently(
  { dialer, world }: PatientParts,
  request: HttpRequest,
  limitMs: number,
  signal?: AbortSignal,
): Promise<string> {
  for (let attempt = 1;; attempt++) {
    let failure: CulvertError;
    try {
      const reply = await exchange(
        dialer,
        { ...request, ...(signal === undefined ? {} : { signal }) },
        limitMs,
      );
      if (reply.status >= 200 && reply.status < 300) return reply.text;
      failure = identityFailure(`${request.url.host} answered ${reply.status}`, reply.status);
    } catch (error) {
      if (!(error instanceof CulvertError)) throw error;
      failure = error;
    }
    if (attempt === ATTEMPTS || !mayPass(failure)) throw failure;
    await world.sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.9 + 0.2 * world.random()), signal);
  }
}
