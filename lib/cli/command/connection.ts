/**
 * From flags to a way out: settings, roots, routes, dialer, credentials. Every command that goes to the network
 * begins here, so that none can forget a part.
 *
 * @module
 */
import { assembleAuthenticator, type SessionAuthenticator } from "../../connect/assemble_authenticator.ts";
import { loadSettings } from "../../config/load_settings.ts";
import type { Settings, SharedFlags } from "../../config/settings.ts";
import { assembleDialer } from "../../net/dialer/assemble_dialer.ts";
import { assembleRootsReader } from "../../trust/roots/assemble_roots_reader.ts";
import type { Dialer } from "../../net/dialer/dialer.ts";
import type { Observation, Observer } from "../../net/observer.ts";
import type { RouteTable } from "../../net/route/route.ts";
import { createRouteTable } from "../../net/route/route_table.ts";
import { assembleTrust } from "../../trust/assemble_trust.ts";
import type { TrustStore } from "../../trust/trust_store.ts";
import { originator, userAgent } from "../../responses/request/identity.ts";
import { VERSION } from "../../version.ts";
import type { Warning } from "../../warning.ts";
import type { World } from "../../world/world.ts";
import type { Host } from "./host.ts";
import type { NetworkFlags } from "./shared_flags.ts";
import type { Voice } from "../output/reporter.ts";
import { LATE } from "../app/late_modules.ts";

/** The flags a connection is made of; each command has some of them. */
export type ConnectionFlags = NetworkFlags & SharedFlags;

/** Everything a command needs to talk to a provider. */
export interface Connection extends AsyncDisposable {
  readonly settings: Settings;
  readonly world: World;
  readonly dialer: Dialer;
  readonly authenticator: SessionAuthenticator;
  readonly observer: Observer;
  /** Takes work that must come to its end before the process does. */
  readonly hold: (work: Promise<unknown>) => void;
}

/**
 * Settles where to go, whom to trust and who to be. Opens nothing.
 *
 * @param host the process
 * @param flags what was typed
 * @param voice told every warning, and with `-v` the roots and the provider
 * @param listen told every observation of the connection
 * @throws CulvertError of configuration and trust
 */
export async function connect(
  host: Host,
  flags: ConnectionFlags,
  voice: Voice,
  listen: Observer = () => {},
): Promise<Connection> {
  const settings = await loadSettings(flags, host.world);
  settings.warnings.forEach(voice.warn);
  if (settings.provider.id === "demo") {
    const { connectToDemo } = await LATE.demoConnection();
    return await connectToDemo(host, settings, voice, listen);
  }
  return await connectWith({ host, world: host.world, settings, voice, listen });
}

/** What {@link connectWith} is made of. */
export interface ConnectionParts {
  readonly host: Host;
  /** Usually the host's; the demo's has another environment. */
  readonly world: World;
  readonly settings: Settings;
  readonly voice: Voice;
  readonly listen: Observer;
  /** Closed with the connection. */
  readonly beneath?: AsyncDisposable;
}

/** The second half of {@link connect}, for settings that are already there. */
export async function connectWith(parts: ConnectionParts): Promise<Connection> {
  const { settings, voice, world, beneath } = parts;
  const { trust, routes } = await rootsAndRoutes(parts);
  const observer: Observer = (observation: Observation) => {
    if (observation.kind === "note") voice.note(observation.message, observation.level);
    parts.listen(observation);
  };
  const dialer = assembleDialer({ trust, routes, world, observer, userAgent: ownUserAgent(world) }, LATE);
  const unfinished = new Set<Promise<unknown>>();
  const hold = (work: Promise<unknown>) => {
    const forget = () => unfinished.delete(work);
    unfinished.add(work);
    work.then(forget, forget);
  };
  const authenticator = assembleAuthenticator(
    { settings, dialer, world, observer, warn: voice.warn, hold },
    LATE,
  );
  return {
    settings,
    world,
    dialer,
    authenticator,
    observer,
    hold,
    [Symbol.asyncDispose]: async () => {
      if (unfinished.size > 0) {
        voice.progress(
          "the login is being renewed, and what comes of it must be saved; Ctrl-C again gives it up",
        );
        await Promise.allSettled(unfinished);
      }
      dialer.close();
      await beneath?.[Symbol.asyncDispose]();
    },
  };
}

/** Whom to trust, and which way to go. */
export interface RootsAndRoutes {
  readonly trust: TrustStore;
  readonly routes: RouteTable;
}

/**
 * The part of a connection that a look at it needs too: the roots and the routes that every turn has.
 *
 * @throws CulvertError of trust; `proxy_invalid` for `--proxy`
 */
export async function rootsAndRoutes(
  { settings, world, voice }: Pick<ConnectionParts, "settings" | "world" | "voice">,
): Promise<RootsAndRoutes> {
  const [trust, { routes, warnings }] = await Promise.all([
    assembleTrust({ flag: settings.caCert, world, roots: assembleRootsReader({ world }, LATE) }, LATE),
    createRouteTable({ env: world.env, ...(settings.proxy === undefined ? {} : { proxy: settings.proxy }) }),
  ]);
  summarise([...trust.warnings, ...warnings], voice).forEach(voice.warn);
  voice.note(`roots: ${trust.description}`);
  return { trust, routes };
}

/** Warnings of one kind beyond this many are told as a number: an old bundle may hold dozens of expired roots. */
const SAME_KIND = 2;

function summarise(warnings: readonly Warning[], voice: Voice): readonly Warning[] {
  if (voice.level > 0) return warnings;
  const byCode = new Map<string, Warning[]>();
  for (const warning of warnings) byCode.set(warning.code, [...byCode.get(warning.code) ?? [], warning]);
  return [...byCode.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined || same.length <= SAME_KIND) return same;
    return [{
      ...first,
      message: `${first.message}; and ${same.length - 1} more like it: culvert ca inspect`,
    }];
  });
}

/** How requests and tunnels name the program. */
export function ownUserAgent(world: World): string {
  const terminal = world.env("TERM_PROGRAM") ?? world.env("TERM");
  return userAgent({
    originator: originator(world.env),
    version: VERSION,
    os: Deno.build.os,
    arch: Deno.build.arch,
    ...(terminal === undefined ? {} : { terminal }),
  });
}
