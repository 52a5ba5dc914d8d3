/**
 * Can the authority be reached at all? Asked before the browser opens: nobody should sign in, only to see the
 * exchange fail on a certificate or a proxy.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { exchange } from "../chatgpt/auth_exchange.ts";
import type { LoginParts } from "./login_parts.ts";

/**
 * Reaches for the token endpoint. Any answer of HTTP will do: only the way counts.
 *
 * @throws CulvertError of the network and TLS codes, with what they say about route and roots; the signal's reason
 */
export async function checkReachable(
  parts: Pick<LoginParts, "dialer" | "issuer">,
  signal?: AbortSignal,
): Promise<void> {
  const url = new URL(`${parts.issuer}/oauth/token`);
  try {
    await exchange(parts.dialer, {
      method: "GET",
      url,
      headers: { accept: "application/json" },
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof CulvertError)) throw error;
    throw new CulvertError(
      error.code,
      `Cannot sign in, because ${url.host} is out of reach: ${error.message}`,
      {
        hint: error.hint ?? "See where it ends: culvert doctor",
        details: error.details,
        cause: error,
      },
    );
  }
}
