/**
 * The facts from which the head of a turn is built, for requests that are sent without a turn.
 *
 * @module
 */
import type { Authorization } from "../../auth/authenticator.ts";
import type { Settings } from "../../config/settings.ts";
import { firstTurnContext } from "../../responses/request/identity.ts";
import type { CallFacts } from "../../responses/transport/sse/http_call.ts";
import type { World } from "../../world/world.ts";

/** Returns the call of a first turn in a new session, without input. */
export function firstCall(
  settings: Pick<Settings, "model" | "installationId">,
  world: Pick<World, "env" | "now">,
  authorization: Authorization,
): CallFacts {
  return {
    authorization,
    context: firstTurnContext(settings, world),
    request: { model: settings.model, input: [] },
    turnState: undefined,
  };
}
