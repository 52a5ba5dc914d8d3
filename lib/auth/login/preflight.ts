/**
 * Checks that the authority can be reached, before the user signs in there.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { exchange } from "../chatgpt/auth_exchange.ts";
import { defined } from "../json.ts";
import type { LoginParts } from "./login_parts.ts";

/**
 * Requests the token endpoint. Every HTTP reply is a success.
 *
 * @throws CulvertError of the network and TLS codes; the signal's reason
 */
export async function checkReachable(
  { dialer, issuer }: Pick<LoginParts, "dialer" | "issuer">,
  signal?: AbortSignal,
): Promise<void> {
  const url = new URL(`${issuer}/oauth/token`);
  const headers = { accept: "application/json" };
  try {
    await exchange(dialer, { method: "GET", url, headers, ...defined({ signal }) });
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof CulvertError)) throw error;
    if (error.code === "redirect") return;
    throw new CulvertError(error.code, `Cannot sign in: ${error.message}`, {
      hint: error.hint ?? "To see where the connection fails, run: culvert doctor",
      details: error.details,
      cause: error,
    });
  }
}
