/**
 * The facts from which the head of a turn is built, for requests that are sent without a turn.
 *
 * @module
 */
import type { Authorization } from "../../auth/authenticator.ts";
import type { Settings } from "../../config/settings.ts";
import { newIdentity } from "../../responses/request/identity.ts";
import type { CallFacts } from "../../responses/transport/sse/http_call.ts";
import type { World } from "../../world/world.ts";

/** Returns the call of a first turn in a new session, without input. */
export function firstCall(
  { model }: Pick<Settings, "model">,
  { env }: Pick<World, "env">,
  authorization: Authorization,
): CallFacts {
  return {
    authorization,
    context: { identity: newIdentity(env), turnId: crypto.randomUUID(), kind: "turn" },
    request: { model, input: [] },
    turnState: undefined,
  };
}
