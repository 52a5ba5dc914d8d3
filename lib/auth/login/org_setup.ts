/**
 * An account whose organisation is not set up yet is shown the way there when it has signed in.
 *
 * @module
 */
import { DEFAULT_ISSUER } from "../chatgpt/auth_endpoints.ts";
import { readClaims, readPayload } from "../jwt_claims.ts";
import type { LoginTokens } from "./login_parts.ts";

const AUTH = "https://api.openai.com/auth";

/**
 * The page where the owner of an organisation sets it up; nothing where that is done, or somebody else's to do.
 * The codex client (0.169.0) puts the id token into this address, whence it gets into histories and logs; here it
 * holds plan, organisation and project alone, and the page asks who is there.
 */
export function setupAddress(tokens: LoginTokens, issuer: string): string | undefined {
  const claims = Object(readPayload(tokens.idToken)?.[AUTH]);
  if (claims["is_org_owner"] !== true || claims["completed_platform_onboarding"] === true) return undefined;
  const platform = issuer === DEFAULT_ISSUER
    ? "https://platform.openai.com"
    : "https://platform.api.openai.org";
  const page = new URL("/org-setup", platform);
  const query: readonly (readonly [string, unknown])[] = [
    ["p", readClaims(tokens.accessToken)?.planType],
    ["with_org", claims["organization_id"]],
    ["project_id", claims["project_id"]],
  ];
  for (const [name, value] of query) {
    if (typeof value === "string" && value !== "") page.searchParams.set(name, value);
  }
  return page.href;
}
