/**
 * Names of the ChatGPT plans, as the tokens and the account endpoint spell them.
 *
 * @module
 */

/** A plan for people, and whether it belongs to a workspace. */
export interface Plan {
  readonly name: string;
  readonly isWorkspace: boolean;
}

const PLANS: Readonly<Record<string, Plan>> = {
  free: { name: "Free", isWorkspace: false },
  go: { name: "Go", isWorkspace: false },
  plus: { name: "Plus", isWorkspace: false },
  pro: { name: "Pro", isWorkspace: false },
  prolite: { name: "Pro Lite", isWorkspace: false },
  team: { name: "Team", isWorkspace: true },
  self_serve_business_prolite: { name: "Self Serve Business ProLite", isWorkspace: true },
  self_serve_business_usage_based: { name: "Self Serve Business Usage Based", isWorkspace: true },
  business: { name: "Business", isWorkspace: true },
  ent26: { name: "Enterprise", isWorkspace: true },
  enterprise_cbp_automation: { name: "Enterprise (Automation)", isWorkspace: true },
  enterprise_cbp_usage_based: { name: "Enterprise CBP Usage Based", isWorkspace: true },
  enterprise: { name: "Enterprise", isWorkspace: true },
  hc: { name: "Enterprise", isWorkspace: true },
  edu: { name: "Edu", isWorkspace: true },
  education: { name: "Edu", isWorkspace: true },
};

/**
 * @param raw as a token or the account endpoint has it; an unknown one is shown as it is
 */
export function planOf(raw: string): Plan {
  // A name that every object has is no plan.
  const known = Object.hasOwn(PLANS, raw) ? PLANS[raw] : undefined;
  return known ?? { name: raw, isWorkspace: false };
}
