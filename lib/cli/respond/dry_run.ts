/**
 * `--dry-run`: the request as it would be sent, secrets masked, and nothing sent.
 *
 * @module
 */
import { previewAuthorization } from "../../connect/authorization_preview.ts";
import { describeRoute } from "../../net/route/route.ts";
import type { TurnRequest } from "../../responses/request/request.ts";
import { previewRequest } from "../../responses/transport/preview.ts";
import type { Connection } from "../command/connection.ts";
import type { Host } from "../command/host.ts";

/**
 * Prints method, address, headers and body.
 *
 * @param host for stdout
 * @param connection who would send it, and how
 * @param request what would be sent
 * @param json as one JSON object instead of the form of an HTTP message
 * @param signal ends the look for the credential
 */
export async function printRequest(
  host: Host,
  connection: Connection,
  request: TurnRequest,
  json: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { dialer, settings, world } = connection;
  const authorization = await previewAuthorization(settings, world, signal);
  const preview = previewRequest(request, { provider: settings.provider, env: world.env, authorization });
  const route = describeRoute(dialer.routes.resolve(preview.url));
  if (json) {
    const { method, url, headers, body } = preview;
    const line = { type: "culvert.request", method, url: url.href, route, headers, body };
    return await host.stdout.write(`${JSON.stringify(line)}\n`);
  }
  const head = [
    `${preview.method} ${preview.url.href}`,
    ...Object.entries(preview.headers).map(([name, value]) => `${name}: ${value}`),
  ];
  await host.stdout.write(`${head.join("\n")}\n\n${JSON.stringify(preview.body, null, 2)}\n`);
}
