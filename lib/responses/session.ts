/**
 * A conversation with one provider: what outlives a turn.
 *
 * @module
 */
import type { Authenticator } from "../auth/authenticator.ts";
import type { Provider } from "../config/provider.ts";
import type { TransportChoice } from "../config/settings.ts";
import type { Dialer } from "../net/dialer.ts";
import type { Observer } from "../net/observer.ts";
import type { World } from "../world.ts";
import { HttpCarrier } from "./http_carrier.ts";
import { type Identity, newIdentity } from "./identity.ts";
import { RateLimitBook } from "./rate_limits.ts";
import type { TurnRequest } from "./request.ts";
import { Turn, type TurnOptions } from "./turn.ts";
import { TurnFacts } from "./turn_facts.ts";

/** What a session stands on. */
export interface SessionOptions {
  readonly dialer: Dialer;
  readonly authenticator: Authenticator;
  readonly provider: Provider;
  readonly world: World;
  readonly observer?: Observer;
  /** Default `auto`. */
  readonly transport?: TransportChoice;
  /** Default: a fresh one. */
  readonly identity?: Identity;
}

/** A session. It owns its connection and its ids; the dialer remains its maker's. */
export class Session {
  readonly #options: SessionOptions;
  readonly #identity: Identity;
  readonly #limits = new RateLimitBook();

  /** @param options what it stands on; nothing is opened yet */
  constructor(options: SessionOptions) {
    this.#options = options;
    this.#identity = options.identity ?? newIdentity(options.world.env);
  }

  /** Makes a turn. Nothing is sent before it is read. One turn at a time. */
  turn(request: TurnRequest, options: TurnOptions = {}): Turn {
    const { authenticator, dialer, observer, provider, world } = this.#options;
    const carrier = new HttpCarrier({ dialer, provider, world });
    return new Turn(request, {
      provider,
      authenticator,
      world,
      ...(observer === undefined ? {} : { observer }),
      context: { identity: this.#identity, turnId: crypto.randomUUID(), kind: "turn" },
      facts: new TurnFacts(request.model, this.#limits),
      carrier: () => carrier,
    }, options);
  }

  /** Closes the connection, if there is one. */
  close(): void {}
}
