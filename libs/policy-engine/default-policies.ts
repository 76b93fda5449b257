/** The change policy that ships with the program; deploy/policies/default.cedar is the same text, to start from. */
export const DEFAULT_POLICIES = `// The change policy that ships with Signalbox (version 0). Copy it, change it, and put it in force
// with \`signalbox change policy put FILE\`. Signalbox itself decides, whatever a policy says: nobody
// decides over their own change, an approval counts only for exactly what it named, and a change
// whose base has moved is not applied.
//
// Annotations: @id names a policy in decisions; @blocker says which reason a refusal gives
// (evidence-missing, approvals-missing, frozen, not-permitted, time-limit); @evidence names the kind
// that is missing; @message is the remedy.

// Who may do what. What the API needs (propose, approve, operate) is checked before.

@id("anyone-submits")
permit (principal, action == Signalbox::Action::"submit", resource);

@id("approvers-approve")
@message("Approving needs the role approver or admin.")
permit (principal, action == Signalbox::Action::"approve", resource)
when { principal.roles.containsAny(["approver", "admin"]) };

@id("anyone-applies")
permit (principal, action == Signalbox::Action::"apply", resource);

@id("operators-break-glass")
permit (principal, action == Signalbox::Action::"break-glass", resource)
when { principal.roles.containsAny(["operator", "admin"]) };

// Where people sign in, their keys are their own, and this can be made a rule: who hands out the keys of
// both an author and an approver could act as both.
//
// @id("no-shared-issuer")
// @message("One account handed out your key and one that wrote the request: sign in and approve with that.")
// forbid (principal, action == Signalbox::Action::"approve", resource)
// when { context.sharedIssuer };

// Standard changes need no approval: withdrawing a bad version must not wait.

@id("recall-is-standard")
permit (principal, action == Signalbox::Action::"pre-authorise", resource)
when { resource.type == "recall" };

// Evidence. An emergency is applied without it; the review afterwards asks for it.

@id("safety-suite")
@blocker("evidence-missing") @evidence("safety-suite")
@message("Attach the results of the safety suite: a few experts can carry most refusals.")
forbid (principal, action in [Signalbox::Action::"submit", Signalbox::Action::"apply"], resource)
when { ["replace-expert", "retire-expert", "add-expert"].contains(resource.type) && resource.class != "emergency" }
unless { context.evidence.contains("safety-suite") };

@id("recalibration-check")
@blocker("evidence-missing") @evidence("recalibration-check")
@message("Attach the check that routers and experts still fit each other.")
forbid (principal, action in [Signalbox::Action::"submit", Signalbox::Action::"apply"], resource)
when { ["replace-expert", "retire-expert", "add-expert", "change-router"].contains(resource.type) && resource.class != "emergency" }
unless { context.evidence.contains("recalibration-check") };

@id("routing-divergence")
@blocker("evidence-missing") @evidence("routing-divergence")
@message("Attach how routing over reference traffic differs from that of the release that answers.")
forbid (principal, action in [Signalbox::Action::"submit", Signalbox::Action::"apply"], resource)
when { ["add-expert", "change-router", "change-routing-settings"].contains(resource.type) && resource.class != "emergency" }
unless { context.evidence.contains("routing-divergence") };

@id("evaluation")
@blocker("evidence-missing") @evidence("evaluation")
@message("Attach an evaluation of the release.")
forbid (principal, action in [Signalbox::Action::"submit", Signalbox::Action::"apply"], resource)
when { ["activate", "change-routing-settings"].contains(resource.type) && resource.class != "emergency" }
unless { context.evidence.contains("evaluation") };

@id("failed-gates")
@blocker("evidence-missing") @evidence("risk-assessment")
@message("An attached evaluation failed its gates. Attach one that passes, or a risk assessment that says why it may go on.")
forbid (principal, action in [Signalbox::Action::"submit", Signalbox::Action::"apply"], resource)
when { !context.failedEvidence.isEmpty() && resource.class != "emergency" }
unless { context.evidence.contains("risk-assessment") };

@id("scope-card")
@blocker("evidence-missing") @evidence("scope-card")
@message("Attach what the new scope stands on.")
forbid (principal, action in [Signalbox::Action::"submit", Signalbox::Action::"apply"], resource)
when { resource.type == "rescope-expert" && resource.class != "emergency" }
unless { context.evidence.contains("scope-card") };

@id("data-protection")
@blocker("evidence-missing") @evidence("data-protection")
@message("Attach the data-protection assessment.")
forbid (principal, action in [Signalbox::Action::"submit", Signalbox::Action::"apply"], resource)
when { resource.type == "change-data-rules" && resource.class != "emergency" }
unless { context.evidence.contains("data-protection") };

@id("risk-assessment")
@blocker("evidence-missing") @evidence("risk-assessment")
@message("Attach the risk assessment.")
forbid (principal, action in [Signalbox::Action::"submit", Signalbox::Action::"apply"], resource)
when { ["change-policy", "set-governance"].contains(resource.type) && resource.class != "emergency" }
unless { context.evidence.contains("risk-assessment") };

// Approvals.

@id("one-approval")
@blocker("approvals-missing")
@message("It needs the approval of one person with the role approver or admin who had no hand in it.")
forbid (principal, action == Signalbox::Action::"apply", resource)
when { resource.class == "normal" }
unless { context.approvals.approver >= 1 || context.approvals.admin >= 1 };

@id("two-approvals")
@blocker("approvals-missing")
@message("It needs the approval of two people who had no hand in it, one of them with the role approver.")
forbid (principal, action == Signalbox::Action::"apply", resource)
when { ["change-data-rules", "change-policy", "set-governance"].contains(resource.type) && resource.class == "normal" }
unless { context.approvals.total >= 2 && context.approvals.approver >= 1 };

// Freeze windows hold for normal and standard changes alike; only a broken glass passes.

@id("freeze")
@blocker("frozen")
@message("Wait for its end, or break the glass.")
forbid (principal, action == Signalbox::Action::"apply", resource)
when { context.frozen && resource.class != "emergency" };
`;
