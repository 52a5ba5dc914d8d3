/**
 * Names of the ChatGPT plans.
 *
 * @module
 */

const NAMES: ReadonlyMap<string, string> = new Map(Object.entries({
  free: "Free",
  go: "Go",
  plus: "Plus",
  pro: "Pro",
  prolite: "Pro Lite",
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
}));

/**
 * Returns the name of a plan as it is shown.
 *
 * @param raw as in a token or in the answer of the account endpoint; an unknown one is its own name
 */
export function planName(raw: string): string {
  return NAMES.get(raw) ?? raw;
}
