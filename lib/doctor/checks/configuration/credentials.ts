/**
 * Checks the credential that a turn would use, without sending it.
 *
 * @module
 */
import { baseUrlClass, isBackendMode } from "../../../auth/auth_headers.ts";
import { isDue } from "../../../auth/auth_record.ts";
import { MODES } from "../../../auth/credential.ts";
import { unsetHeaders } from "../../../auth/policy/status.ts";
import { asCulvertError } from "../../../errors.ts";
import { type Check, fail, failure, type Finding, ok, warn } from "../../check.ts";
import type { DoctorContext } from "../../context.ts";
import { expiryOfCredential } from "../../probe/credential_facts.ts";
import { accessRemedy } from "../../probe/file_access.ts";

/** The check. */
export const credentialsCheck: Check<DoctorContext> = {
  id: "credentials",
  category: "credentials",
  question: "Which credential is used, and until when is it valid?",
  network: false,
  needs: ["config"],
  run: async (context) => {
    try {
      return await examineCredential(context);
    } catch (thrown) {
      const error = asCulvertError(thrown);
      const remediation = await accessRemedy(error);
      const finding = failure(error, remediation === undefined ? {} : { remediation });
      const { provider, loginPolicy } = await context.settings();
      // A login helps where a credential is missing. It replaces no file that it does not understand, other
      // providers do not accept it, and the configuration may allow API keys only.
      const canSignIn = finding.code === "auth_missing" && provider.requiresOpenAiAuth &&
        loginPolicy?.method !== "api";
      const next = (await context.commands()).auth(canSignIn ? "login" : "status");
      return { ...finding, next };
    }
  },
};

async function examineCredential(context: DoctorContext): Promise<Finding> {
  const { provider, useAgentIdentity = false } = await context.settings();
  const credential = await context.credential();
  const { source } = credential;
  const mode = MODES[credential.kind];
  const expiry = expiryOfCredential(credential);
  const details = {
    mode,
    source_kind: source.kind,
    source: source.name,
    expires_at: expiry === undefined ? null : new Date(expiry).toISOString(),
  };
  if (credential.kind === "none") {
    const unset = unsetHeaders(provider, mode);
    if (unset !== undefined) {
      return warn(unset.message, {
        details,
        ...(unset.hint === undefined ? {} : { remediation: unset.hint }),
        next: (await context.commands()).auth("status"),
      });
    }
    return ok(`None; the provider "${provider.id}" requires none`, details);
  }
  const now = context.world.now();
  const kind = `${NAMES[mode] ?? mode} from ${source.name}`;
  const misplaced = misplacement(await context.base(), isBackendMode(mode));
  if (credential.kind === "managed") {
    const renewable = (credential.record.tokens?.refreshToken ?? "") !== "";
    const ended = expiry !== undefined && expiry <= now;
    if (ended && !renewable) return await expired(context, kind, expiry, details);
    if (isDue(credential.record, now)) {
      const state = ended ? "expired" : "is due for renewal";
      return warn(
        `${kind}: the access token ${state}${until(expiry, ended)}; the next turn renews it first`,
        {
          details,
          remediation:
            "The doctor renews no login, so it cannot detect a refused renewal. Renew the login now to test it.",
          next: (await context.commands()).auth("refresh"),
        },
      );
    }
  } else if (expiry !== undefined && expiry <= now) return await expired(context, kind, expiry, details);
  if (misplaced !== undefined) {
    return warn(`${kind}. ${misplaced}`, {
      details,
      remediation: "Use the base URL for this kind of credential, or the other kind of credential.",
    });
  }
  // A test would register an agent.
  const agent = useAgentIdentity && credential.kind === "managed"
    ? "; the agent that signs for it (use_agent_identity) was not tested, because that would register one"
    : "";
  return ok(`${kind}${until(expiry, false)}${agent}`, details);
}

/** Names of the modes for a finding. */
const NAMES: Readonly<Record<string, string>> = {
  apikey: "API key",
  chatgpt: "ChatGPT login",
  personalAccessToken: "Personal access token",
  agentIdentity: "Agent identity",
};

function until(expiry: number | undefined, past: boolean): string {
  if (expiry === undefined) return "";
  return `${past ? " at" : ", valid until"} ${new Date(expiry).toISOString().replace(/\.\d+Z$/, "Z")}`;
}

async function expired(
  context: DoctorContext,
  kind: string,
  expiry: number,
  details: Finding["details"],
): Promise<Finding> {
  return fail("auth_missing", `${kind}: it expired${until(expiry, true)} and cannot be renewed`, {
    details,
    remediation: "Sign in again, or use another credential.",
    next: (await context.commands()).auth("login"),
  });
}

/** Returns why a server refuses a kind of credential: the backend takes no API key, the platform no login. */
function misplacement(base: URL, forBackend: boolean): string | undefined {
  const place = baseUrlClass(base);
  if (place === "chatgpt" && !forBackend) return `${base.host} accepts ChatGPT logins, not API keys`;
  if (place === "platform" && forBackend) return `${base.host} accepts API keys, not ChatGPT logins`;
  return undefined;
}
