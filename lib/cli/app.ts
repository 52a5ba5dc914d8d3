/**
 * The table of commands. Each entry is words only; what a command does is loaded when it is called.
 *
 * @module
 */
import { type Application, buildApplication, buildRouteMap, type RouteMap, text_en } from "@stricli/core";
import { VERSION } from "../version.ts";
import { caRoutes } from "./commands/ca.ts";
import { respondCommand } from "./commands/respond.ts";
import type { CliContext } from "./context.ts";

/** Every command of the program. */
export const routes: RouteMap<CliContext> = buildRouteMap<string, CliContext>({
  routes: {
    respond: respondCommand,
    ca: caRoutes,
  },
  docs: {
    brief: "Streams model answers through networks that stand in the way",
    fullDescription: [
      "Streams from the Responses API over SSE and WebSocket, through TLS interception, proxies and expired",
      "tokens. Data goes to stdout, everything else to stderr.",
      "",
      "Begin with:  culvert demo",
      "Then:        OPENAI_API_KEY=… culvert respond 'Why is the sky blue?'",
    ].join("\n"),
  },
});

/** The program, ready to be given words. */
export const application: Application<CliContext> = buildApplication(routes, {
  name: "culvert",
  versionInfo: { currentVersion: VERSION },
  scanner: {
    caseStyle: "allow-kebab-for-camel",
    allowArgumentEscapeSequence: true,
    // Suggest what two slips of the finger away was meant, and nothing further.
    distanceOptions: {
      threshold: 2,
      weights: { insertion: 1, deletion: 1, substitution: 1, transposition: 1 },
    },
  },
  documentation: {
    caseStyle: "convert-camel-to-kebab",
    disableAnsiColor: true,
    onlyRequiredInUsageLine: true,
  },
  localization: {
    text: {
      ...text_en,
      noCommandRegisteredForInput: (said) =>
        `culvert: ${text_en.noCommandRegisteredForInput(said)}\nSee: culvert --help`,
      exceptionWhileParsingArguments(exc, ansiColor) {
        return `culvert: ${text_en.exceptionWhileParsingArguments.call(this, exc, ansiColor)}`;
      },
    },
  },
});
