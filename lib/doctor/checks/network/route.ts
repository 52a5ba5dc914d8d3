/**
 * Shows the route of each connection.
 *
 * @module
 */
import { authEndpoints } from "../../../auth/chatgpt/auth_endpoints.ts";
import { isBackendMode } from "../../../auth/auth_headers.ts";
import type { DetailValue } from "../../../errors.ts";
import { describeRoute } from "../../../net/route/route.ts";
import { type Check, type Finding, ok } from "../../check.ts";
import type { DoctorContext } from "../../context.ts";

/** The check. */
export const routeCheck: Check<DoctorContext> = {
  id: "route",
  category: "route",
  question: "Which route does each connection take?",
  network: false,
  needs: ["config"],
  run: examineRoutes,
};

async function examineRoutes(context: DoctorContext): Promise<Finding> {
  const { routes } = await context.routes();
  const base = await context.base();
  // Throws `proxy_invalid` if the proxy address that applies cannot be used.
  const api = describeRoute(await context.route());
  const details: Record<string, DetailValue> = { [base.host]: api };
  const lines = [`${base.host}: ${api}`];
  if (isBackendMode(await context.mode())) {
    // A login is renewed at another host, by the same rules.
    const { tokenUrl } = authEndpoints(context.world.env);
    const login = describeRoute(routes.resolve(tokenUrl));
    details[tokenUrl.host] = login;
    if (tokenUrl.host !== base.host) lines.push(`${tokenUrl.host}: ${login}`);
  }
  return ok(lines.join("; "), details);
}
