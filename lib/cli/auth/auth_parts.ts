/**
 * Prepares the parts for signing in and out.
 *
 * @module
 */
import { authEndpoints, DEFAULT_ISSUER } from "../../auth/chatgpt/auth_endpoints.ts";
import type { LoginParts } from "../../auth/login/login_parts.ts";
import { openStore } from "../../auth/store/open_store.ts";
import { CulvertError } from "../../errors.ts";
import { redactUrl } from "../../redaction/address.ts";
import { originator } from "../../connect/user_agent.ts";
import type { Connection } from "../command/connection.ts";
import type { Host } from "../command/host.ts";
import type { Reporter } from "../output/reporter.ts";

/**
 * Returns the parts of a login.
 *
 * @param issuer from `--issuer`
 * @throws CulvertError `usage` for an issuer that is not an address, `config` for an invalid variable
 */
export async function authParts(
  host: Host,
  connection: Connection,
  reporter: Reporter,
  issuer?: string,
): Promise<LoginParts> {
  const { dialer, world, settings } = connection;
  const endpoints = authEndpoints(world.env, settings.chatgptBaseUrl);
  const base = (issuer ?? DEFAULT_ISSUER).replace(/\/+$/, "");
  const url = URL.parse(base);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new CulvertError("usage", `--issuer: ${JSON.stringify(base)} is not an http or https URL`);
  }
  const { codexHome, loginStorage, loginPolicy } = settings;
  if (url.username !== "" || url.password !== "") {
    // The address for the browser would contain them.
    throw new CulvertError("usage", `--issuer contains a user name or password: ${redactUrl(base)}`, {
      hint: "Remove them from the address. Every process of the machine can read a command line.",
    });
  }
  const workspaces = loginPolicy?.workspaces;
  return {
    dialer,
    world,
    store: await openStore({ codexHome, loginStorage, world, warn: reporter.warn }),
    issuer: base,
    endpoints: issuer === undefined
      ? endpoints
      : { ...endpoints, revokeUrl: new URL(`${base}/oauth/revoke`) },
    originator: originator(world.env),
    ...(workspaces === undefined ? {} : { workspaces }),
    // Instructions for the user are also shown with -q.
    say: (text) => host.stderr.writeSync(`${text}\n`),
    note: reporter.note,
    warn: reporter.warn,
  };
}
