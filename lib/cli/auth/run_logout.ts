/**
 * Implements `culvert auth logout`.
 *
 * @module
 */
import { ACCESS_TOKEN_VARIABLE, API_KEY_VARIABLES } from "../../auth/credential.ts";
import { logout } from "../../auth/login/logout.ts";
import type { AuthFlags } from "./command.ts";
import { connectCommand } from "../command/connection.ts";
import type { CliContext } from "../command/context.ts";
import { createReporter } from "../output/reporter.ts";
import { authParts } from "./auth_parts.ts";

/** Runs the command. */
export async function run(context: CliContext, flags: AuthFlags): Promise<void> {
  const { host } = context;
  const reporter = createReporter(host, flags);
  await using connection = await connectCommand(host, flags, reporter);
  const parts = await authParts(host, connection, reporter);
  const { wasSignedIn, source } = await logout(parts);
  reporter.progress(
    wasSignedIn
      ? `Signed out; the login was removed from ${source.name}`
      : `Not signed in: ${parts.store.absence}`,
  );
  const left = [...API_KEY_VARIABLES, ACCESS_TOKEN_VARIABLE]
    .filter((name) => (host.world.env(name) ?? "").trim() !== "");
  if (left.length > 0) {
    reporter.warn({
      code: "credential_in_environment",
      message: `Still in use: the credential from ${left.join(", ")}`,
    });
  }
  if (flags.json === true) {
    const line = {
      type: "culvert.logout",
      was_signed_in: wasSignedIn,
      path: source.kind === "file" ? source.name : null,
      source: { kind: source.kind, name: source.name },
    };
    await host.stdout.write(`${JSON.stringify(line)}\n`);
  }
}
