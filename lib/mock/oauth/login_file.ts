/**
 * Writes an `auth.json` with a login of the simulated OAuth server, as `codex login` does (0.171.0).
 *
 * @module
 */
import { join } from "node:path";
import type { OAuthServer, TokenSet } from "./oauth.ts";
import { MOCK_ACCOUNT } from "./tokens.ts";

/**
 * - `valid`: the API accepts the access token.
 * - `expired`: the `exp` of the access token has passed.
 * - `rejected`: the `exp` of the access token has not passed, but the API answers 401 to it.
 */
export type LoginState = "valid" | "expired" | "rejected";

/**
 * Writes `auth.json`, readable by its owner only.
 *
 * @param directory the `CODEX_HOME` folder
 * @returns the tokens in the file
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
