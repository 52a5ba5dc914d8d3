/**
 * Checks that the server accepts the credential and lists the model.
 *
 * @module
 */
import { failureOf } from "../../../api/call.ts";
import { attemptedOf } from "../../../api/send_request.ts";
import { type Check, fail, failure, type Finding, ok, skipped, warn } from "../../check.ts";
import type { Commands } from "../../commands.ts";
import type { DoctorContext } from "../../context.ts";
import { modelNames } from "../../probe/model_list.ts";
import type { ProbeReply } from "../../probe/probe_reply.ts";

/** The check. */
export const modelsCheck: Check<DoctorContext> = {
  id: "models",
  category: "models",
  question: "Does the server accept the credential, and does it list the model?",
  network: true,
  needs: ["credentials", "http"],
  overdue: {
    code: "header_timeout",
    remediation: "The list of models did not arrive in time. Run the doctor again.",
  },
  next: async ({ commands }) => (await commands()).auth("status"),
  run: examineModels,
};

async function examineModels(context: DoctorContext, signal: AbortSignal): Promise<Finding> {
  const authorization = await context.authorization("/models", signal);
  if (authorization.kind === "withheld") return skipped(`Skipped: ${authorization.reason}`);
  if (authorization.kind === "slow") {
    return warn(`The credential was not tested: ${authorization.reason}`, {
      remediation: "Run the command by itself, and check its duration and its output.",
    });
  }
  const { mode, source } = authorization.authorization;
  const [{ model }, reply] = await Promise.all([context.settings(), context.modelList(signal)]);
  const { status, text } = reply;
  if (status === 401 && mode === "none") return credentialMissing(reply);
  if (status === 401 || status === 403) {
    return await credentialRefused(context, reply, source.name);
  }
  const names = status >= 200 && status <= 299 ? modelNames(text) : undefined;
  if (names === undefined) {
    return warn(
      `No list of models at ${
        attemptedOf(reply.method, reply.url)
      } (status ${status}), so "${model}" was not looked up`,
      {
        details: { status, model },
        remediation: "Some servers have no such list. Run a turn to see whether the model exists.",
      },
    );
  }
  return lookUp(model, names, await context.commands());
}

/** Returns the finding for a 401 to a request without a credential. */
export function credentialMissing(reply: ProbeReply): Finding {
  return fail("auth_missing", `${reply.url.host} requires a credential, but none is configured`, {
    details: { status: reply.status },
    remediation: "Set CULVERT_API_KEY, CODEX_API_KEY or OPENAI_API_KEY, or use --api-key-file.",
  });
}

/** Returns the finding for a 401 or a 403. The doctor does not renew the login; a turn would try that first. */
export async function credentialRefused(
  context: DoctorContext,
  reply: ProbeReply,
  source: string,
): Promise<Finding> {
  const { status } = reply;
  const { error } = failureOf(reply, reply, await context.connection());
  const found = failure(error, {
    details: { status, source },
    remediation: error.hint ?? "Use another credential.",
  });
  const isLogin = await context.mode() === "chatgpt";
  if (status !== 401 || !isLogin) return found;
  return {
    ...found,
    remediation: `A turn would renew the login from ${source} first. Renew it now to test this.`,
    next: (await context.commands()).auth("refresh"),
  };
}

/**
 * Looks a model up in the names that a server lists. A model that is not listed is a warning: gateways seldom list
 * the aliases that they accept.
 */
export function lookUp(
  model: string,
  names: readonly string[],
  commands: Pick<Commands, "respond">,
): Finding {
  const details = { model, listed: names.length };
  if (names.includes(model)) {
    return ok(`The credential is accepted; "${model}" is one of ${names.length} models`, details);
  }
  if (names.length === 0) {
    return warn("The credential is accepted, but the list of models is empty", {
      details,
      remediation: "The account may not be allowed to use any model. Run a turn to see this.",
    });
  }
  const near = nearest(model, names);
  return warn(`The credential is accepted, but "${model}" is not among the ${names.length} listed models`, {
    details: { ...details, near },
    remediation: `The server may still accept it, as gateways accept aliases. If a turn fails, choose a ` +
      `listed model with -m or model = "…" in config.toml, such as ${near.join(", ")}.`,
    next: commands.respond({ model: near[0] ?? names[0] ?? model }),
  });
}

/** Returns up to three names, those with the longest common prefix first. */
function nearest(model: string, names: readonly string[]): readonly string[] {
  const commonPrefix = (name: string) => {
    let length = 0;
    while (length < name.length && name[length] === model[length]) length++;
    return length;
  };
  return names.toSorted((one, other) => commonPrefix(other) - commonPrefix(one)).slice(0, 3);
}
