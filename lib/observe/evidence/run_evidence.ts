/**
 * Collects evidence about the requests of one run, and stores it if one of them failed.
 *
 * @module
 */
import type { CredentialFacts } from "../../auth/recovery/active_credential.ts";
import type { Provider } from "../../config/provider.ts";
import type { DetailValue } from "../../errors.ts";
import type { Observation } from "../../net/observer.ts";
import type { World } from "../../world/world.ts";
import { VERSION } from "../../version.ts";

/** Maximum number of observations that are kept of one run. */
const MAX_OBSERVATIONS = 50;

/** Options of {@link RunEvidence}. */
export interface RunEvidenceOptions {
  readonly provider: Provider;
  readonly world: World;
  /** Returns the credential in use. */
  readonly facts: () => CredentialFacts | undefined;
}

/** The evidence of one run. */
export class RunEvidence {
  readonly #options: RunEvidenceOptions;
  readonly #seen: Observation[] = [];
  #hasFailed = false;

  /** Observes nothing until {@link RunEvidence.observe} is called. */
  constructor(options: RunEvidenceOptions) {
    this.#options = options;
  }

  /** Receives one observation. Requests, responses and recoveries are kept, the latest 50. */
  observe(seen: Observation): void {
    if (seen.kind !== "request" && seen.kind !== "recovery" && seen.kind !== "response") return;
    this.#seen.push(seen);
    if (this.#seen.length > MAX_OBSERVATIONS) this.#seen.shift();
    this.#hasFailed ||= seen.kind === "recovery" || (seen.kind === "request" && seen.error !== undefined);
  }

  /**
   * Saves the record of the run, if one of its requests failed or was refused. A record that cannot be saved
   * is dropped, since the run reports its own error.
   */
  async save(): Promise<void> {
    if (!this.#hasFailed) return;
    const [{ failedRunsFile }, { AuthEvidence }, { observationFacts }] = await Promise.all([
      import("./failed_runs.ts"),
      import("./feedback_tags.ts"),
      import("./observation_facts.ts"),
    ]);
    const { facts, provider, world } = this.#options;
    const evidence = new AuthEvidence({ env: world.env, provider, now: world.now, facts });
    this.#seen.forEach((seen) => evidence.observer.observe(seen));
    const record: Readonly<Record<string, DetailValue>> = {
      at: new Date(world.now()).toISOString(),
      culvert: VERSION,
      provider: provider.id,
      observations: this.#seen.map(observationFacts).filter((each) => each !== undefined),
      tags: evidence.tags(),
    };
    await failedRunsFile(world)?.add(record);
  }
}
