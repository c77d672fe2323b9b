import Core

/// What a rollout was, as Prometheus reads it.
///
/// Gauges all of them: they tell of the last rollout of an environment, and count nothing over
/// time. https://prometheus.io/docs/instrumenting/exposition_formats
struct RolloutMetrics: Sendable {
  let record: RolloutRecord

  /// The text of all metrics.
  var text: String { families.map(\.text).joined() }

  private struct Family {
    let name: String
    let help: String
    var samples: [(labels: [(String, String)], value: Double)] = []

    /// Nothing where there is no sample.
    var text: String {
      guard !samples.isEmpty else { return "" }
      let name = "slipway_rollout_" + name
      return "# HELP \(name) \(help)\n# TYPE \(name) gauge\n"
        + samples.map { sample in
          let labels = sample.labels.map { "\($0.0)=\"\(RolloutMetrics.escaped($0.1))\"" }
          return "\(name){\(labels.joined(separator: ","))} \(sample.value)\n"
        }.joined()
    }
  }

  private func family(
    _ name: String, _ help: String, _ samples: [([(String, String)], Double?)]
  ) -> Family {
    let environment = ("environment", record.environment)
    return Family(
      name: name, help: help,
      samples: samples.compactMap { labels, value in value.map { ([environment] + labels, $0) } })
  }

  private var families: [Family] { course + clients }

  private var course: [Family] {
    let took = record.ended?.since(record.began).inSeconds
    return [
      family(
        "info", "The last rollout: what went where.",
        [
          (
            [
              ("incoming", record.incoming.revision), ("outgoing", record.outgoing?.revision ?? ""),
            ], 1
          )
        ]),
      family("number", "Number of the last rollout.", [([], Double(record.number))]),
      family(
        "outcome", "Whether the last rollout ended so.",
        Outcome.allCases.map { ([("outcome", $0.rawValue)], record.outcome == $0 ? 1 : 0) }),
      family("start_timestamp_seconds", "When it began.", [([], Self.seconds(record.began))]),
      family("end_timestamp_seconds", "When it ended.", [([], record.ended.map(Self.seconds))]),
      family("duration_seconds", "How long it took.", [([], took)]),
      family(
        "phase_duration_seconds", "How long each phase took.",
        record.phases.map { ([("phase", $0.title)], $0.duration.inSeconds) }),
    ]
  }

  private var clients: [Family] {
    guard let probes = record.probes else { return [] }
    let gaps = ProbeClass.allCases.map { name in
      ([("connections", name.rawValue)], probes.classes[name]?.longestGap.inSeconds)
    }
    let latencies = [ReleaseSide.outgoing, .incoming].flatMap { side in
      [("50", 0.5), ("90", 0.9), ("99", 0.99)].map { name, share in
        let revision = side == .incoming ? record.incoming.revision : record.outgoing?.revision
        let figures = revision.flatMap { probes.revisions[$0] }
        let value = figures?.latency.percentile(share)?.inSeconds
        return ([("release", side.rawValue), ("percentile", name)], value)
      }
    }
    return [
      family(
        "probes", "Requests of the clients' witness.",
        [
          ([("result", "good")], Double(probes.requests - probes.failed)),
          ([("result", "failed")], Double(probes.failed)),
        ]),
      family("probe_gap_seconds", "The longest time without a good answer.", gaps),
      family("probe_latency_seconds", "Latencies of good answers.", latencies),
      family(
        "lost_share_upper_bound", "The share of lost requests that is excluded with 95 %.",
        [([], probes.failedShareUpperBound)]),
    ]
  }

  private static func seconds(_ moment: Timestamp) -> Double {
    Double(moment.microsecondsSinceEpoch) / 1_000_000
  }

  /// `text` as the value of a label.
  private static func escaped(_ text: String) -> String {
    ErrorReport.printable(text).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
  }
}
