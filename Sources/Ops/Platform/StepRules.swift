/// Checks the steps of a canary against each other and against what they weigh.
struct StepRules {
  let steps: [RolloutStep]
  let form: CanaryForm
  /// How many run at once; nil where an autoscaler decides.
  let replicas: Int?

  /// The step that each problem is of, by its place; nil for the list as a whole.
  var problems: [(step: Int?, rule: PlatformRule)] {
    guard steps.count <= RolloutStep.countMax else {
      return [(nil, .tooManySteps(steps.count))]
    }
    return steps.indices.compactMap { index in problem(index).map { (index, $0) } }
  }

  private func problem(_ index: Int) -> PlatformRule? {
    let weight = steps[index].weight
    if weight > form.weightMax { return .stepNeedsGateway(weight: weight) }
    guard index > 0 else { return nil }
    let before = steps[index - 1].weight
    guard weight > before else { return .stepNotAscending(weight: weight, after: before) }
    guard form == .pods, let replicas, replicas > 0 else { return nil }
    let pods = form.pods(for: weight, beside: replicas)
    guard pods == form.pods(for: before, beside: replicas) else { return nil }
    return .stepsAlike(
      weight: weight, before: before, pods: pods, replicas: replicas,
      shares: CanaryForm.shares(beside: replicas))
  }
}
