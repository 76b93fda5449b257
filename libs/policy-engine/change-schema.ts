/** What change policies may look at, in Cedar's own language; deploy/policies/change.cedarschema is the same text. */
export const CHANGE_SCHEMA = `// What change policies may look at. \`signalbox change policy\` checks a policy against this.
namespace Signalbox {
  // Who acts: the author for submit, the approver for approve, who applies for the others.
  entity Account {
    kind: String,          // "user", "service" or "system"
    roles: Set<String>,    // "viewer", "operator", "releaser", "approver", "auditor", "admin"
  };

  entity Change {
    type: String,          // "replace-expert", "activate", "recall", ...
    class: String,         // "normal", "standard" (pre-authorised) or "emergency" (the glass was broken)
    model: String,         // empty where the change concerns no single model
    strategy: String,      // "at-once", "canary", "rollout", or empty
  };

  // Approvals in force, by people who had no hand in the change: all, and those of each role.
  type Approvals = { total: Long, viewer: Long, operator: Long, releaser: Long, approver: Long, auditor: Long, admin: Long };

  action submit, approve, "pre-authorise", apply, "break-glass" appliesTo {
    principal: Account,
    resource: Change,
    context: {
      evidence: Set<String>,   // kinds of the evidence attached
      failedEvidence: Set<String>, // those of them whose newest evaluation failed its gates
      approvals: Approvals,
      frozen: Bool,            // a freeze window holds now
      sharedIssuer: Bool,      // for approve: one account handed out the approver's key and one that wrote the change
      hours: Long,             // for break-glass: the time limit asked for
    },
  };
}
`;
