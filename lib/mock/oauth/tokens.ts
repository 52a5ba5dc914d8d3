/**
 * The tokens of the simulated OAuth server: JWTs with the claims that the real ones carry, signed with a key that
 * nobody checks.
 *
 * @module
 */
import { SignJWT } from "jose";

const KEY = new TextEncoder().encode("the key of a simulated network, known to everyone");
const AUTH_CLAIMS = "https://api.openai.com/auth";
const PROFILE_CLAIMS = "https://api.openai.com/profile";

/** Who the tokens speak of. */
export interface MockAccount {
  /** Id of the ChatGPT account. */
  readonly accountId: string;
  /** Id of the user in it. */
  readonly userId: string;
  /** Address of the user. */
  readonly email: string;
  /** Such as `plus`. */
  readonly planType: string;
}

/** The account of the demo. */
export const MOCK_ACCOUNT: MockAccount = {
  accountId: "acc-mock-0001",
  userId: "user-mock-0001",
  email: "demo@culvert.test",
  planType: "plus",
};

/**
 * Makes an access token.
 *
 * @param expiresAt ms since 1970
 */
export async function accessToken(account: MockAccount, expiresAt: number): Promise<string> {
  return await sign({ ...claimsOf(account), client_id: "mock", scp: ["openid"] }, expiresAt);
}

/**
 * Makes an id token.
 *
 * @param expiresAt ms since 1970
 */
export async function idToken(account: MockAccount, expiresAt: number): Promise<string> {
  return await sign({ ...claimsOf(account), email: account.email, email_verified: true }, expiresAt);
}

function claimsOf(account: MockAccount): Record<string, unknown> {
  return {
    [AUTH_CLAIMS]: {
      chatgpt_account_id: account.accountId,
      chatgpt_plan_type: account.planType,
      chatgpt_user_id: account.userId,
      user_id: account.userId,
    },
    [PROFILE_CLAIMS]: { email: account.email, email_verified: true },
  };
}

async function sign(claims: Record<string, unknown>, expiresAt: number): Promise<string> {
  const issuedAt = Math.min(Date.now(), expiresAt - 60_000);
  return await new SignJWT({ ...claims, jti: crypto.randomUUID() })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuer("https://auth.culvert.test")
    .setIssuedAt(Math.floor(issuedAt / 1000))
    .setExpirationTime(Math.floor(expiresAt / 1000))
    .sign(KEY);
}
