/**
 * Is there a credential, from where, and until when?
 *
 * @module
 */
import { baseUrlClass, isBackendMode } from "../../auth/auth_headers.ts";
import { isDue } from "../../auth/token_freshness.ts";
import { asCulvertError } from "../../errors.ts";
import { type Check, fail, failure, type Finding, ok, warn } from "../check.ts";
import type { DoctorContext } from "../context.ts";
import { expiryOfCredential, modeOf } from "../examination/credential_facts.ts";

/** The check. */
export const credentialsCheck: Check<DoctorContext> = {
  id: "credentials",
  category: "credentials",
  question: "Is there a credential, from where, and until when?",
  network: false,
  needs: ["config"],
  run: async (context) => {
    try {
      return await examineCredential(context);
    } catch (thrown) {
      const finding = failure(asCulvertError(thrown));
      const { provider, loginPolicy } = await context.settings();
      // A login mends what is missing; it replaces no file that it does not understand, and a provider of the
      // user's own is not asked with it. Where only API keys are allowed, it is refused.
      const canSignIn = finding.code === "auth_missing" && provider.requiresOpenAiAuth &&
        loginPolicy?.method !== "api";
      return canSignIn ? { ...finding, next: "culvert auth login" } : finding;
    }
  },
};

async function examineCredential(context: DoctorContext): Promise<Finding> {
  const { provider, useAgentIdentity = false } = await context.settings();
  const credential = await context.credential();
  const { source } = credential;
  const mode = modeOf(credential);
  const expiry = expiryOfCredential(credential);
  const details = {
    mode,
    source_kind: source.kind,
    source: source.name,
    expires_at: expiry === undefined ? null : new Date(expiry).toISOString(),
  };
  if (credential.kind === "none") {
    return ok(`None; the provider "${provider.id}" asks for none`, details);
  }
  const now = context.world.now();
  const kind = `${MODES[mode] ?? mode} from ${source.name}`;
  const misplaced = misplacement(await context.base(), isBackendMode(mode));
  if (credential.kind === "managed") {
    const renewable = (credential.record.tokens?.refreshToken ?? "") !== "";
    const ended = expiry !== undefined && expiry <= now;
    if (ended && !renewable) return over(kind, expiry, details);
    if (isDue(credential.record, now)) {
      const state = ended ? "expired" : "is due for renewal";
      return warn(
        `${kind}: the access token ${state}${until(expiry, ended)}; the next turn renews it first`,
        {
          details,
          remediation: "Try the renewal by itself; it says what is wrong if the login has ended.",
          next: "culvert auth refresh",
        },
      );
    }
  } else if (expiry !== undefined && expiry <= now) return over(kind, expiry, details);
  if (misplaced !== undefined) {
    return warn(`${kind}. ${misplaced}`, {
      details,
      remediation:
        "Use the address that belongs to this kind of credential, or the other kind of credential.",
    });
  }
  // To try it would be to register one.
  const agent = useAgentIdentity && credential.kind === "managed"
    ? "; the agent that is to sign for it (use_agent_identity) was not tried"
    : "";
  return ok(`${kind}${until(expiry, false)}${agent}`, details);
}

const MODES: Readonly<Record<string, string>> = {
  apikey: "API key",
  chatgpt: "ChatGPT login",
  personalAccessToken: "Personal access token",
  agentIdentity: "Agent identity",
};

function until(expiry: number | undefined, past: boolean): string {
  if (expiry === undefined) return "";
  return `${past ? " at" : ", good until"} ${new Date(expiry).toISOString().replace(/\.\d+Z$/, "Z")}`;
}

function over(kind: string, expiry: number, details: Finding["details"]): Finding {
  return fail("auth_missing", `${kind}: it expired${until(expiry, true)}, and nothing can renew it`, {
    details,
    remediation: "Log in again, or give another credential.",
    next: "culvert auth login",
  });
}

/** A key of the platform is refused by the ChatGPT backend, and the other way round. */
function misplacement(base: URL, forBackend: boolean): string | undefined {
  const place = baseUrlClass(base);
  if (place === "chatgpt" && !forBackend) return `${base.host} takes ChatGPT logins, not API keys`;
  if (place === "platform" && forBackend) return `${base.host} takes API keys, not ChatGPT logins`;
  return undefined;
}
