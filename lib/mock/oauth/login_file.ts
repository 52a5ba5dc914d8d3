/**
 * Writes an `auth.json` with a login of the simulated OAuth server, as the codex client (0.169.0) would after
 * `login`.
 *
 * @module
 */
import { join } from "node:path";
import type { OAuthServer, TokenSet } from "./oauth.ts";
import { MOCK_ACCOUNT } from "./tokens.ts";

/**
 * - `valid`: all is well.
 * - `expired`: the access token's `exp` has passed.
 * - `rejected`: its `exp` is good, but the API has done with it. Found out by a 401 alone.
 */
export type LoginState = "valid" | "expired" | "rejected";

/**
 * Writes the file.
 *
 * @param directory the `CODEX_HOME` it goes to
 * @returns the tokens in it
 */
export async function writeLogin(
  directory: string,
  oauth: OAuthServer,
  state: LoginState = "valid",
): Promise<TokenSet> {
  const tokens = await oauth.issue(state === "expired" ? -60_000 : undefined);
  if (state === "rejected") oauth.rejectAccessToken(tokens.access_token);
  const record = {
    auth_mode: "chatgpt",
    OPENAI_API_KEY: null,
    tokens: { ...tokens, account_id: MOCK_ACCOUNT.accountId },
    last_refresh: new Date().toISOString(),
  };
  await Deno.writeTextFile(join(directory, "auth.json"), `${JSON.stringify(record, null, 2)}\n`, {
    mode: 0o600,
  });
  return tokens;
}
