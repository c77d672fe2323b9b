extension Mistake {
  /// What is wrong with the steps of a canary.
  static let steps: [Mistake] = [
    Mistake(
      "steps on this machine", "database: sqlite\nrollout: { steps: [ { weight: 10, for: 1m } ] }",
      "6:23: error: environments.x.rollout.steps: the target local takes no steps; kustomize does"),
    Mistake(
      "steps by Helm", "\(place)\nrollout: { steps: [ { weight: 10, for: 1m } ] }", target: "helm",
      "9:23: error: environments.x.rollout.steps: the target helm takes no steps; kustomize does"),
    Mistake(
      "a canary that would write to the same file",
      "context: c\nnamespace: n\nsettings: testing\ndatabase: sqlite\nreplicas: 1\n"
        + "rollout: { steps: [ { weight: 10, for: 1m } ] }", target: "kustomize",
      "10:23: error: environments.x.rollout.steps: sqlite on a volume serves one replica, and a "
        + "canary would be the second; remove the steps"),
    Mistake(
      "weights that do not ascend",
      "\(place)\nrollout: { steps: [ { weight: 40, for: 1m }, { weight: 30, for: 1m } ] }",
      target: "kustomize",
      "9:60: error: environments.x.rollout.steps.1.weight: the weight 30 comes after 40; weights "
        + "ascend"),
    Mistake(
      "a weight that pods do not give",
      "\(place)\nrollout: { steps: [ { weight: 90, for: 1m } ] }", target: "kustomize",
      "9:35: error: environments.x.rollout.steps.0.weight: the weight 90 needs a gateway that "
        + "weighs; by pods at most 50 can be had beside those that serve"),
    Mistake(
      "two weights that come to the same pods",
      "\(place)\nreplicas: 3\n"
        + "rollout: { steps: [ { weight: 5, for: 1m }, { weight: 20, for: 1m } ] }",
      target: "kustomize",
      "10:59: error: environments.x.rollout.steps.1.weight: the weights 5 and 20 both come to 1 "
        + "pod beside 3; by pods these can be had: 25, 40, 50"),
    Mistake(
      "a weight and a time that are none",
      "\(place)\nrollout: { steps: [ { weight: 100, for: 1m }, { weight: 10, for: 5 } ] }",
      target: "kustomize",
      "9:35: error: environments.x.rollout.steps.0.weight: '100' is not allowed; wanted: a whole "
        + "number from 1 to 99",
      "9:70: error: environments.x.rollout.steps.1.for: '5' is not allowed; wanted: a whole "
        + "number with a unit: ms, s, m, h or d (for example 500ms, 10s)",
      "  a unit is missing: 5s"),
    Mistake(
      "a step without its time", "\(place)\nrollout: { steps: [ { weight: 10 } ] }",
      target: "kustomize",
      "9:25: error: environments.x.rollout.steps.0: the key 'for' is missing: a whole number "
        + "with a unit: ms, s, m, h or d (for example 500ms, 10s)"),
    Mistake(
      "more steps than are taken",
      "\(place)\nrollout: { steps: [ "
        + (1...11).map { "{ weight: \($0), for: 1m }" }.joined(separator: ", ") + " ] }",
      target: "kustomize",
      "9:23: error: environments.x.rollout.steps: 11 steps, and at most 10 are taken"),
  ]

  private static let place =
    "context: c\nnamespace: n\nsettings: testing\ndatabase: bundled"
}
