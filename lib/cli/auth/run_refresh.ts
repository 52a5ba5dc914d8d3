/**
 * What `culvert auth refresh` does.
 *
 * @module
 */
import { authEndpoints } from "../../auth/auth_endpoints.ts";
import { AuthFile } from "../../auth/auth_file.ts";
import type { AuthMode } from "../../auth/authenticator.ts";
import { type Credential, storedCredential } from "../../auth/credential.ts";
import { ManagedLogin } from "../../auth/managed_login.ts";
import { describeCredential } from "../../auth/rejection_report.ts";
import { expiryOf } from "../../auth/token_freshness.ts";
import { CulvertError } from "../../errors.ts";
import type { AuthFlags } from "../commands/auth.ts";
import { connect } from "../connection.ts";
import type { CliContext } from "../context.ts";
import { listenForStop } from "../stop_signals.ts";
import { createVoice } from "../voice.ts";

/** What is stored, by the names of `auth.json`. */
const MODES = {
  bearer: "apikey",
  command: "apikey",
  personal_access_token: "personalAccessToken",
  agent_identity: "agentIdentity",
  none: "none",
} as const satisfies Readonly<Record<Exclude<Credential["kind"], "managed">, AuthMode>>;

/** Runs the command. */
export async function run(context: CliContext, flags: AuthFlags): Promise<void> {
  const { host } = context;
  const voice = createVoice(host, flags);
  using stop = listenForStop(host);
  await using connection = await connect(host, flags, voice);
  const { dialer, observer, settings, world } = connection;
  const file = new AuthFile({ codexHome: settings.codexHome, world });
  const credential = await storedCredential(file, settings.loginPolicy);
  if (credential.kind !== "managed") {
    const what = describeCredential(MODES[credential.kind], credential.source);
    throw new CulvertError(
      "auth_refresh_failed",
      `Nothing can be renewed: the stored credential is ${what}`,
      {
        hint: "Only a ChatGPT login has tokens that are renewed. See: culvert auth status",
      },
    );
  }
  const { record } = credential;
  const endpoints = authEndpoints(world.env);
  const login = new ManagedLogin({ file, record, dialer, world, endpoints, observer, warn: voice.warn });
  await login.renew("proactive_expiry", stop.signal);
  const expiresAt = expiryOf(login.record);
  const at = expiresAt === undefined ? null : new Date(expiresAt).toISOString();
  voice.progress(`the access token was renewed${at === null ? "" : ` and is good until ${at}`}`);
  if (flags.json === true) {
    await host.stdout.write(
      `${JSON.stringify({ type: "culvert.refresh", path: file.path, expires_at: at })}\n`,
    );
  }
}
