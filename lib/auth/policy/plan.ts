/**
 * Names of the ChatGPT plans.
 *
 * @module
 */

/** A plan as it is shown. */
interface Plan {
  readonly name: string;
  readonly isWorkspace: boolean;
}

const PERSONAL: Readonly<Record<string, string>> = {
  free: "Free",
  go: "Go",
  plus: "Plus",
  pro: "Pro",
  prolite: "Pro Lite",
};

const WORKSPACE: Readonly<Record<string, string>> = {
  team: "Team",
  self_serve_business_prolite: "Self Serve Business ProLite",
  self_serve_business_usage_based: "Self Serve Business Usage Based",
  business: "Business",
  ent26: "Enterprise",
  enterprise_cbp_automation: "Enterprise (Automation)",
  enterprise_cbp_usage_based: "Enterprise CBP Usage Based",
  enterprise: "Enterprise",
  hc: "Enterprise",
  edu: "Edu",
  education: "Edu",
};

/**
 * Returns the plan for a raw name.
 *
 * @param raw as in a token or in the answer of the account endpoint; an unknown one is its own name
 */
export function planOf(raw: string): Plan {
  // `Object.hasOwn`: names such as "constructor" are not plans.
  const isWorkspace = Object.hasOwn(WORKSPACE, raw);
  const known = isWorkspace ? WORKSPACE[raw] : Object.hasOwn(PERSONAL, raw) ? PERSONAL[raw] : undefined;
  return { name: known ?? raw, isWorkspace };
}
