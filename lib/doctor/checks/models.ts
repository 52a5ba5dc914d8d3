/**
 * Does the server take the credential, and does it have the model?
 *
 * @module
 */
import { httpFailure } from "../../responses/failures/http_failures.ts";
import { secretsOf } from "../../responses/failures/server_text.ts";
import { type Check, fail, failure, type Finding, ok, skipped, warn } from "../check.ts";
import type { DoctorContext } from "../context.ts";
import { attempted, modelNames } from "../examination/model_list.ts";

/** The check. */
export const modelsCheck: Check<DoctorContext> = {
  id: "models",
  category: "models",
  question: "Does the server take the credential, and does it have the model?",
  network: true,
  needs: ["credentials", "http"],
  overdue: {
    code: "header_timeout",
    remediation: "The model list did not come in time; run the doctor again.",
  },
  run: examineModels,
};

async function examineModels(context: DoctorContext, signal: AbortSignal): Promise<Finding> {
  const introduction = await context.introduction();
  if (introduction.kind === "withheld") return skipped(`Not asked: ${introduction.reason}`);
  const { authorization } = introduction;
  const [{ model }, reply] = await Promise.all([context.settings(), context.reply(signal)]);
  const { status, headers, body } = reply;
  if (status === 401 && authorization.mode === "none") {
    return fail("auth_missing", `${reply.url.host} asks for a credential, and none was given`, {
      details: { status },
      remediation: "Set CULVERT_API_KEY, CODEX_API_KEY or OPENAI_API_KEY, or use --api-key-file.",
      next: "culvert auth status",
    });
  }
  if (status === 401 || status === 403) {
    const { error } = httpFailure({ status, headers, body, attempted: attempted(reply) }, {
      now: context.world.now(),
      secrets: secretsOf(await context.headers()),
    });
    return failure(error, {
      details: { status, source: authorization.source.name },
      remediation: error.hint ?? "Use another credential.",
      next: "culvert auth status",
    });
  }
  const names = status >= 200 && status <= 299 ? modelNames(body) : undefined;
  if (names === undefined) {
    return warn(
      `No list of models at ${attempted(reply)} (status ${status}), so "${model}" was not looked up`,
      {
        details: { status, model },
        remediation: status === 404
          ? "Some servers have no such list. If turns fail with 404 too, check the path of the base URL."
          : "Some servers have no such list; a turn shows whether the model is there.",
      },
    );
  }
  return lookUp(model, names);
}

/**
 * Looks a model up in the names that a server lists.
 */
export function lookUp(model: string, names: readonly string[]): Finding {
  const details = { model, listed: names.length };
  if (names.includes(model)) {
    return ok(`The credential is taken; "${model}" is one of ${names.length} models`, details);
  }
  if (names.length === 0) {
    return warn(`The credential is taken, but the list of models is empty`, {
      details,
      remediation: "The account may not be allowed to use any model; a turn shows it.",
    });
  }
  const near = nearest(model, names);
  return fail("not_found", `The credential is taken, but "${model}" is not among ${names.length} models`, {
    details: { ...details, near },
    remediation: `Choose one with -m or model = "…" in config.toml, such as ${near.join(", ")}.`,
    next: `culvert respond -m ${near[0] ?? names[0] ?? "MODEL"} "Say hi"`,
  });
}

/** Up to three names, those first that begin alike for longest. */
function nearest(model: string, names: readonly string[]): readonly string[] {
  const likeness = (name: string) => {
    let alike = 0;
    while (alike < name.length && name[alike] === model[alike]) alike++;
    return alike;
  };
  return names.toSorted((one, other) => likeness(other) - likeness(one)).slice(0, 3);
}
