/**
 * Implements the login by device code at the simulated OAuth server: it issues a user code, answers a number of polls
 * with "pending", and then issues an authorization code.
 *
 * @module
 */
import { Hono } from "hono";
import { challengeOf } from "./pkce.ts";

/** Options of {@link DeviceLogins}. */
export interface DeviceLoginsOptions {
  /** Number of polls that are answered with "pending" (403) before the authorization code is issued. */
  readonly pendingPolls: number;
  /** Issues an authorization code for a PKCE challenge. */
  readonly grant: (challenge: string, redirectUri: string) => string;
}

/** The device logins that have not been completed. */
export class DeviceLogins {
  readonly #options: DeviceLoginsOptions;
  readonly #polls = new Map<string, number>();

  constructor(options: DeviceLoginsOptions) {
    this.#options = options;
  }

  /** Returns the routes `usercode` and `token`, to be mounted below `/api/accounts/deviceauth`. */
  routes(): Hono {
    const app = new Hono();
    app.post("/usercode", (context) => {
      const device_auth_id = `da_${crypto.randomUUID()}`;
      this.#polls.set(device_auth_id, 0);
      // The interval is a decimal string, as the real server sends it.
      return context.json({ device_auth_id, user_code: "MOCK-1234", interval: "1" });
    });
    app.post("/token", async (context) => {
      const body: unknown = await context.req.json();
      const id = String(Object(body)["device_auth_id"]);
      const polls = this.#polls.get(id);
      if (polls === undefined) return context.json({ error: { code: "deviceauth_unknown" } }, 400);
      this.#polls.set(id, polls + 1);
      if (polls < this.#options.pendingPolls) {
        return context.json({ error: { code: "deviceauth_authorization_pending" } }, 403);
      }
      this.#polls.delete(id);
      const code_verifier = `${crypto.randomUUID()}${crypto.randomUUID()}`.replaceAll("-", "");
      const code_challenge = await challengeOf(code_verifier);
      const redirectUri = `https://${context.req.header("host") ?? "localhost"}/deviceauth/callback`;
      return context.json({
        authorization_code: this.#options.grant(code_challenge, redirectUri),
        code_challenge,
        code_verifier,
      });
    });
    return app;
  }
}
