/**
 * Makes the tokens of the simulated OAuth server: JWTs with the claims of the real ones. No client checks their
 * signature.
 *
 * @module
 */
import { SignJWT } from "jose";

const KEY = new TextEncoder().encode("the key of a simulated network, known to everyone");
const AUTH_CLAIMS = "https://api.openai.com/auth";
const PROFILE_CLAIMS = "https://api.openai.com/profile";

/** The account that the claims of the tokens describe. */
export interface MockAccount {
  /** Identifier of the ChatGPT account. */
  readonly accountId: string;
  /** Identifier of the user. */
  readonly userId: string;
  /** E-mail address of the user. */
  readonly email: string;
  /** Name of the plan, such as `plus`. */
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
 * @param expiresAt its expiry, ms since 1970
 */
export async function accessToken(account: MockAccount, expiresAt: number): Promise<string> {
  return await sign({ ...claimsOf(account), client_id: "mock", scp: ["openid"] }, expiresAt);
}

/**
 * Makes an ID token.
 *
 * @param expiresAt its expiry, ms since 1970
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
