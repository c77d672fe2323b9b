import Core
import JSON

/// How a journal keeps a baseline, for a rollout that is resumed.
extension Baseline {
  var json: JSONValue {
    [
      "p50Microseconds": .integer(p50.inMicroseconds),
      "p99Microseconds": .integer(p99.inMicroseconds),
      "revision": revision.map { .string($0) } ?? .null,
    ]
  }

  init?(_ json: JSONValue) {
    guard let p50 = json["p50Microseconds"]?.number, let p99 = json["p99Microseconds"]?.number
    else { return nil }
    self.init(
      p50: .microseconds(p50), p99: .microseconds(p99), revision: json["revision"]?.text)
  }
}
