/**
 * Names of the ChatGPT plans.
 *
 * @module
 */

const NAMES: Readonly<Record<string, string>> = {
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
};

/**
 * Returns the name of a plan as it is shown.
 *
 * @param raw as in a token or in the answer of the account endpoint; an unknown one is its own name
 */
export function planName(raw: string): string {
  // `Object.hasOwn`: names such as "constructor" are not plans.
  return Object.hasOwn(NAMES, raw) ? NAMES[raw] ?? raw : raw;
}
