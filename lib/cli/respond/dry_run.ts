/**
 * Implements `--dry-run`: prints the request with secrets masked, and sends nothing.
 *
 * @module
 */
import { previewAuthorization } from "../../connect/authorization_preview.ts";
import { describeRoute } from "../../net/route/route.ts";
import type { TurnRequest } from "../../responses/request/request.ts";
import { previewRequest, previewUpgrade } from "../../responses/transport/preview.ts";
import type { Connection } from "../command/connection.ts";
import type { Host } from "../command/host.ts";

/**
 * Prints method, URL, headers and body; for `--transport ws` the upgrade and the first message instead.
 *
 * @param host for stdout
 * @param connection the settings, the route and the credential that a turn would use
 * @param request the request that would be sent
 * @param json as one JSON object instead of the form of an HTTP message
 * @param signal ends the lookup of the credential
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
  const options = { provider: settings.provider, settings, world, authorization };
  const preview = settings.transport === "ws"
    ? previewUpgrade(request, options)
    : previewRequest(request, options);
  const { method, url, headers } = preview;
  const route = describeRoute(dialer.routes.resolve(url));
  const content = "frame" in preview ? { frame: preview.frame } : { body: preview.body };
  if (json) {
    const line = { type: "culvert.request", method, url: url.href, route, headers, ...content };
    return await host.stdout.write(`${JSON.stringify(line)}\n`);
  }
  const head = [
    `${method} ${url.href}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  const body = JSON.stringify("frame" in preview ? preview.frame : preview.body, null, 2);
  await host.stdout.write(`${head.join("\n")}\n\n${body}\n`);
}
