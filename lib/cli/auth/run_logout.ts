/**
 * What `culvert auth logout` does.
 *
 * @module
 */
import { ACCESS_TOKEN_VARIABLE, API_KEY_VARIABLES } from "../../auth/credential.ts";
import { logout } from "../../auth/logout.ts";
import type { AuthFlags } from "../commands/auth.ts";
import { connect } from "../connection.ts";
import type { CliContext } from "../context.ts";
import { createVoice } from "../voice.ts";
import { authParts } from "./auth_parts.ts";

/** Runs the command. */
export async function run(context: CliContext, flags: AuthFlags): Promise<void> {
  const { host } = context;
  const voice = createVoice(host, flags);
  await using connection = await connect(host, flags, voice);
  const { wasSignedIn, path } = await logout(authParts(host, connection, voice));
  voice.progress(wasSignedIn ? `signed out; ${path} is removed` : `was not signed in: there is no ${path}`);
  const left = [...API_KEY_VARIABLES, ACCESS_TOKEN_VARIABLE]
    .filter((name) => (host.world.env(name) ?? "").trim() !== "");
  if (left.length > 0) {
    voice.warn({
      code: "credential_in_environment",
      message: `Still in force: the credential from ${left.join(", ")}`,
    });
  }
  if (flags.json === true) {
    await host.stdout.write(
      `${JSON.stringify({ type: "culvert.logout", was_signed_in: wasSignedIn, path })}\n`,
    );
  }
}
