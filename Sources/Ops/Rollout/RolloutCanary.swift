import Core

/// A few replicas of the new release beside the old one, which stays as it is meanwhile.
///
/// Every method may be called again after an interruption and then does what is left.
protocol RolloutCanary: AnyObject {
  /// The shares that this rollout goes through; empty for none.
  var steps: [RolloutStep] { get }
  /// Gives the canary the share of a step; what that came to in one line.
  func bring(_ step: RolloutStep, _ run: any RolloutContext) throws -> String
  /// What the platform says of the canary.
  func observe() -> PlatformObservation
  /// What ends the failure of the canary that the platform tells of; nil while there is none.
  var advice: CauseAdvice? { get }
  /// Takes it away, where there is one: first its share, then its replicas; whether there was one.
  @discardableResult
  func end(_ run: any RolloutContext) throws -> Bool
}

extension RolloutRequest {
  /// Those of the wanted steps that make sense for this request.
  ///
  /// A canary is judged by what serves beside it: where nothing does, or nothing that is well, or
  /// the same release, there is nothing to compare with; and whoever goes back is in a hurry.
  func steps(
    of wanted: [RolloutStep], from outgoing: String?, to incoming: String
  ) -> [RolloutStep] {
    guard !skipSteps, !isUndo, !fromBroken, let outgoing, outgoing != incoming else { return [] }
    return wanted
  }
}
