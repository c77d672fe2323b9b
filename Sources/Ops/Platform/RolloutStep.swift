import Core
import YAML

/// One step of a canary: the share of requests that the new release gets, and for how long.
struct RolloutStep: Sendable, Equatable, PlatformObject {
  /// Most steps of a rollout.
  static let countMax = 10

  /// In percent.
  let weight: Int
  /// How long both witnesses look on before the next step.
  let time: Duration

  init(weight: Int, time: Duration) { (self.weight, self.time) = (weight, time) }

  init?(_ object: inout ObjectReader) {
    let weight = object.required(
      "weight", .integer(1...99), "The share of requests that the new release gets, in percent.",
      example: "10")
    let time = object.required(
      "for", .duration, "How long it gets that share before the next step.", example: "2m")
    guard let weight, let time else { return nil }
    self.init(weight: weight, time: time)
  }
}

/// How requests are shared between a canary and what it may replace.
enum CanaryForm: Sendable, Equatable {
  /// One Service hands each connection to any pod: the share is that of the pods.
  case pods
  /// A Gateway weighs one Service against another.
  case route

  /// The highest weight; by pods the canary is never bigger than what serves.
  var weightMax: Int { self == .pods ? 50 : 99 }

  /// How many pods a canary of `weight` percent needs beside `stable` ones, none of which goes.
  func pods(for weight: Int, beside stable: Int) -> Int {
    switch self {
    case .pods:
      let nearest = (Double(stable * weight) / Double(100 - weight)).rounded()
      return max(1, min(stable, Int(nearest)))
    case .route: return max(1, (stable * weight + 99) / 100)
    }
  }

  /// The share that a canary of `weight` percent comes to beside `stable` pods, in percent.
  func share(of weight: Int, beside stable: Int) -> Int {
    guard self == .pods else { return weight }
    return Self.share(pods: pods(for: weight, beside: stable), beside: stable)
  }

  /// Every share that pods alone can have beside `stable` ones, in percent.
  static func shares(beside stable: Int) -> [Int] {
    stable < 1 ? [] : (1...stable).map { share(pods: $0, beside: stable) }
  }

  private static func share(pods: Int, beside stable: Int) -> Int {
    let all = stable + pods
    return all == 0 ? 100 : (100 * pods + all / 2) / all
  }
}
