/**
 * Implements `--dry-run`: prints the request with secrets masked, and sends nothing.
 *
 * @module
 */
import { previewAuthorization } from "../../../connect/authorization_preview.ts";
import { describeRoute } from "../../../net/route/route.ts";
import type { TurnRequest } from "../../../responses/request/request.ts";
import { previewRequest, previewUpgrade } from "../../../responses/transport/preview.ts";
import { type Job, type Prompt, turnInput } from "./job.ts";

/** Prints the request of each prompt. */
export async function printRequests(job: Job, prompts: readonly Prompt[]): Promise<void> {
  for (const prompt of prompts) {
    const { all } = await turnInput(job, prompt);
    await printRequest(job, job.prepared.request(all, job.connection.settings));
  }
}

/** Prints method, URL, headers and body; for `--transport ws` the upgrade and the first message instead. */
async function printRequest(
  { connection: { dialer, settings, world }, context: { host }, flags, stop }: Job,
  request: TurnRequest,
): Promise<void> {
  const authorization = await previewAuthorization(settings, world, stop);
  const options = { provider: settings.provider, settings, world, authorization };
  const preview = settings.transport === "ws"
    ? previewUpgrade(request, options)
    : previewRequest(request, options);
  const { method, url, headers } = preview;
  const route = describeRoute(dialer.routes.resolve(url));
  const content = "frame" in preview ? { frame: preview.frame } : { body: preview.body };
  if (flags.json === true) {
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
