/**
 * A simulated OAuth server: login by browser and by device code, refresh, revocation, and the agents of a login. A
 * refresh token is valid for one use, as at the real server.
 *
 * @module
 */
import { Hono } from "hono";
import { sleep } from "../../world/sleep.ts";
import { MockAgents } from "./agents.ts";
import { DeviceLogins } from "./device_code.ts";
import { challengeOf } from "./pkce.ts";
import type { Json, Refusal } from "../api/scenario.ts";
import { accessToken, idToken, MOCK_ACCOUNT, type MockAccount } from "./tokens.ts";

/** Options of {@link OAuthServer}. */
export interface OAuthServerOptions {
  /** The account that logs in. Default: a fictitious user on the plan `plus`. */
  readonly account?: MockAccount;
  /** Lifetime of access tokens, ms. Default one hour. */
  readonly accessTokenLifetimeMs?: number;
  /** Number of polls of a device code that are answered with "pending" before it is granted. Default 1. */
  readonly pendingPolls?: number;
  /** Delay before a token request is answered, ms, so that tests can overlap parallel refreshes. Default 0. */
  readonly tokenDelayMs?: number;
}

/** The tokens of a login or refresh. */
export interface TokenSet {
  /** A JWT with the claims of the user. */
  readonly id_token: string;
  /** A JWT that the API accepts. */
  readonly access_token: string;
  /** Valid for one refresh. */
  readonly refresh_token: string;
}

/** A recorded token request. */
export interface TokenRequest {
  /** `refresh_token`, `authorization_code` or the URN of a token exchange. */
  readonly grantType: string;
  /** All fields of the JSON or form body, secrets included. They are kept in memory only. */
  readonly fields: Readonly<Record<string, string>>;
  /** `Content-Type` of the request. */
  readonly contentType: string;
  /** HTTP status of the reply. */
  readonly status: number;
}

type RefreshState = "valid" | "used" | "expired" | "revoked";

interface Grant {
  readonly challenge: string;
  readonly redirectUri: string;
}

/** A simulated OAuth server. */
export class OAuthServer {
  /** All requests of `POST /oauth/token` so far, in order. */
  readonly tokenRequests: TokenRequest[] = [];
  /** Tokens that were revoked by `POST /oauth/revoke`. */
  readonly revoked: string[] = [];
  /** The registered agents. */
  readonly agents: MockAgents = new MockAgents((token) => this.accepts(token));
  readonly #options: OAuthServerOptions;
  readonly #refreshTokens = new Map<string, RefreshState>();
  readonly #accessTokens = new Map<string, { readonly expiresAt: number; rejected: boolean }>();
  readonly #grants = new Map<string, Grant>();
  readonly #devices: DeviceLogins;
  readonly #faults: Refusal[] = [];

  /**
   * Creates a server that has issued no token.
   *
   * @param options see {@link OAuthServerOptions}
   */
  constructor(options: OAuthServerOptions = {}) {
    this.#options = options;
    this.#devices = new DeviceLogins({
      pendingPolls: options.pendingPolls ?? 1,
      grant: (challenge, redirectUri) => this.#grant(challenge, redirectUri),
    });
  }

  /**
   * Issues a set of tokens, as a login does.
   *
   * @param lifetimeMs lifetime of the access token, ms; a negative number makes an expired token
   */
  async issue(lifetimeMs: number = this.#options.accessTokenLifetimeMs ?? 3_600_000): Promise<TokenSet> {
    const account = this.#options.account ?? MOCK_ACCOUNT;
    const expiresAt = Date.now() + lifetimeMs;
    const access_token = await accessToken(account, expiresAt);
    const refresh_token = `rt_${crypto.randomUUID()}`;
    this.#accessTokens.set(access_token, { expiresAt, rejected: false });
    this.#refreshTokens.set(refresh_token, "valid");
    return { id_token: await idToken(account, expiresAt), access_token, refresh_token };
  }

  /** Returns whether the API accepts an access token: any token that is not known as expired or rejected. */
  accepts(token: string): boolean {
    const known = this.#accessTokens.get(token);
    return known === undefined || (!known.rejected && known.expiresAt > Date.now());
  }

  /** Makes the API reject an access token from now on, although its `exp` has not passed. */
  rejectAccessToken(token: string): void {
    this.#accessTokens.set(token, { expiresAt: 0, rejected: true });
  }

  /** Marks a refresh token as expired, revoked or used. */
  spoil(refreshToken: string, state: "expired" | "revoked" | "used"): void {
    this.#refreshTokens.set(refreshToken, state);
  }

  /** Queues refusals for the next token requests, one each. */
  failNext(...refusals: readonly Refusal[]): void {
    this.#faults.push(...refusals);
  }

  /** The number of refresh requests so far. */
  get refreshCount(): number {
    return this.tokenRequests.filter((request) => request.grantType === "refresh_token").length;
  }

  /**
   * Returns the routes, to be mounted at the root of the issuer.
   *
   * @ignore The simulated API mounts them.
   */
  routes(): Hono {
    const app = new Hono();
    app.get("/oauth/authorize", (context) => this.#authorize(new URL(context.req.url)));
    app.post("/oauth/token", (context) => this.#token(context.req.raw));
    app.post("/oauth/revoke", async (context) => {
      const { token } = await fieldsOf(context.req.raw);
      if (token !== undefined) {
        this.revoked.push(token);
        if (this.#refreshTokens.has(token)) this.#refreshTokens.set(token, "revoked");
        if (this.#accessTokens.has(token)) this.rejectAccessToken(token);
      }
      return context.body(null, 200);
    });
    app.route("/api/accounts/deviceauth", this.#devices.routes());
    app.route("/api/accounts/v1/agent", this.agents.routes());
    return app;
  }

  /** Redirects back with an authorization code immediately, without a user. */
  #authorize(url: URL): Response {
    const query = url.searchParams;
    const redirectUri = query.get("redirect_uri");
    const challenge = query.get("code_challenge");
    if (redirectUri === null || challenge === null || query.get("code_challenge_method") !== "S256") {
      return Response.json({ error: "invalid_request" }, { status: 400 });
    }
    const back = new URL(redirectUri);
    back.searchParams.set("code", this.#grant(challenge, redirectUri));
    const state = query.get("state");
    if (state !== null) back.searchParams.set("state", state);
    return new Response(null, { status: 302, headers: { location: back.href } });
  }

  #grant(challenge: string, redirectUri: string): string {
    const code = `ac_${crypto.randomUUID()}`;
    this.#grants.set(code, { challenge, redirectUri });
    return code;
  }

  async #token(request: Request): Promise<Response> {
    const fields = await fieldsOf(request);
    if (this.#options.tokenDelayMs !== undefined) await sleep(this.#options.tokenDelayMs);
    const fault = this.#faults.shift();
    const grantType = fields["grant_type"] ?? "";
    const reply = fault !== undefined ? faultReply(fault) : await this.#grantReply(grantType, fields);
    this.tokenRequests.push({
      grantType,
      fields,
      contentType: request.headers.get("content-type") ?? "",
      status: reply.status,
    });
    return reply;
  }

  async #grantReply(grantType: string, fields: Readonly<Record<string, string>>): Promise<Response> {
    switch (grantType) {
      case "refresh_token":
        return await this.#refresh(fields["refresh_token"] ?? "");
      case "authorization_code":
        return await this.#exchangeCode(fields);
      case "urn:ietf:params:oauth:grant-type:token-exchange":
        return Response.json({ access_token: "sk-mock-exchanged" });
      default:
        return oauthError(400, "unsupported_grant_type", `Unknown grant type "${grantType}"`);
    }
  }

  async #refresh(token: string): Promise<Response> {
    const state = this.#refreshTokens.get(token);
    if (state === "valid") {
      // Set before anything is awaited, so that only the first of two requests with one token succeeds.
      this.#refreshTokens.set(token, "used");
      return Response.json({ ...await this.issue(), token_type: "Bearer", expires_in: 3600 });
    }
    const code = state === "used"
      ? "refresh_token_reused"
      : state === "expired"
      ? "refresh_token_expired"
      : "refresh_token_invalidated";
    return oauthError(401, code, "Your refresh token cannot be used. Please sign in again.");
  }

  async #exchangeCode(fields: Readonly<Record<string, string>>): Promise<Response> {
    const code = fields["code"] ?? "";
    const grant = this.#grants.get(code);
    this.#grants.delete(code);
    if (grant === undefined) {
      return oauthError(400, "invalid_grant", "The code is unknown or was used before");
    }
    if (grant.redirectUri !== fields["redirect_uri"]) {
      return oauthError(
        400,
        "invalid_grant",
        "The redirect URI differs from that of the authorization request",
      );
    }
    if (await challengeOf(fields["code_verifier"] ?? "") !== grant.challenge) {
      return oauthError(400, "invalid_grant", "The code verifier does not match the challenge");
    }
    return Response.json(await this.issue());
  }
}

function oauthError(status: number, code: string, message: string): Response {
  const body: Json = { error: { message, type: "invalid_request_error", param: null, code } };
  return Response.json(body, { status, headers: { "x-request-id": "req_mock_oauth" } });
}

function faultReply(fault: Refusal): Response {
  const text = typeof fault.body === "string" ? fault.body : JSON.stringify(fault.body);
  return new Response(text, {
    status: fault.status,
    headers: { "content-type": "application/json", ...fault.headers },
  });
}

/** Reads the fields of a JSON or form body. */
async function fieldsOf(request: Request): Promise<Record<string, string>> {
  const text = await request.text();
  if (!(request.headers.get("content-type") ?? "").includes("json")) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  const fields: Record<string, string> = {};
  const value: unknown = JSON.parse(text);
  for (const [name, field] of Object.entries(Object(value))) fields[name] = String(field);
  return fields;
}
