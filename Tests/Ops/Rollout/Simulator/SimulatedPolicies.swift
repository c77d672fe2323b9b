@testable import Ops

/// The policies that rollouts are simulated with, as platform.yaml gives them.
struct SimulatedPolicies {
  let all: [RolloutPolicy]
  /// One that forgives what none of the others does.
  let lenient: RolloutPolicy

  init() throws {
    let policies = try [
      "failedMax: 0, soak: 5s, consecutive: 20", "failedMax: 3, soak: 10s, consecutive: 10",
      "failedMax: 0, soak: 20s, consecutive: 50", "failedMax: 1000, soak: 5s, consecutive: 5",
    ].map { text in
      let platform = try Platform(
        Array(
          """
          service: { name: slipway, image: ghcr.io/example/slipway, port: 8080 }
          environments:
            local: { target: local, database: sqlite, rollout: { probeRate: 10, \(text) } }
          """.utf8))
      return try platform.environment("local").rollout
    }
    all = policies.dropLast()
    lenient = policies[policies.count - 1]
  }
}
