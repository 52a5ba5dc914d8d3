/**
 * The dialers of the destinations: roots, routes and client certificate of the other connections, unless a
 * destination has its own certificates.
 *
 * @module
 */
import type { Destination } from "../../config/otel/telemetry_settings.ts";
import type { Settings } from "../../config/settings.ts";
import { type Connection, dialerFor, identityFor, trustFor } from "../../connect/connect.ts";
import type { Dialer } from "../../net/dialer/dialer.ts";
import type { World } from "../../world/world.ts";

/** The parts of a connection that the dialers use. */
export type DialerSource = Pick<Connection, "trust" | "routes">;

/**
 * Creates dialers. They are not observed, because an observed export would cause another export.
 */
export class DestinationDialers {
  readonly #settings: Settings;
  readonly #world: World;
  readonly #source = Promise.withResolvers<DialerSource>();
  #shared: Promise<Dialer> | undefined;
  readonly #own = new Map<Destination, Promise<Dialer>>();
  readonly #opened: Dialer[] = [];

  constructor(settings: Settings, world: World) {
    this.#settings = settings;
    this.#world = world;
  }

  /** Sets the connection; until then {@link DestinationDialers.dialerFor} waits. */
  attach(source: DialerSource): void {
    this.#source.resolve(source);
  }

  /**
   * Returns the dialer of a destination.
   *
   * @throws CulvertError of trust; `input_unreadable` and `config` for the client certificate
   */
  async dialerFor(destination: Destination): Promise<Dialer> {
    if (destination.files === undefined) return await (this.#shared ??= this.#open(destination));
    const known = this.#own.get(destination) ?? this.#open(destination);
    this.#own.set(destination, known);
    return await known;
  }

  /** Closes all connections. */
  [Symbol.dispose](): void {
    for (const dialer of this.#opened) dialer.close();
  }

  async #open({ files }: Destination): Promise<Dialer> {
    const { routes, trust } = await this.#source.promise;
    const own = files?.caCert === undefined
      ? trust
      : await trustFor({ caCert: files.caCert.path }, this.#world, { flagName: files.caCert.source });
    const identity = await identityFor(files?.clientCert === undefined ? this.#settings : files);
    const dialer = dialerFor({ trust: own, routes, world: this.#world, identity });
    this.#opened.push(dialer);
    return dialer;
  }
}
