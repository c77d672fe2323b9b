import Core

/// The time of a rollout from left to right, in parts of the whole.
struct TimeAxis: Sendable, Equatable {
  /// A moment that is named below the charts.
  struct Tick: Sendable, Equatable {
    /// From 0 to 1.
    let place: Double
    let words: String
  }

  /// Most ticks: they must not run into each other in a narrow window.
  static let ticksMax = 6
  private static let steps: [Double] = [
    0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200,
    86_400,
  ]

  let began: Timestamp
  /// Never zero.
  let length: Duration

  /// From the first to the last of what was seen.
  init(_ record: RolloutRecord) {
    var moments = [record.began] + record.phases.map { $0.began.advanced(by: $0.duration) }
    moments += [record.ended, record.probesBegan].compactMap(\.self)
    moments += record.phases.map(\.began) + record.replicas.changes.map(\.time)
    if let start = record.probesBegan {
      moments += record.samples.map { start.advanced(by: $0.endedAt) }
    }
    began = moments.min() ?? record.began
    length = max(.milliseconds(1), (moments.max() ?? began).since(began))
  }

  /// Where a moment is, from 0 to 1.
  func place(_ moment: Timestamp) -> Double {
    min(1, max(0, moment.since(began).inSeconds / length.inSeconds))
  }

  var ticks: [Tick] {
    let seconds = length.inSeconds
    let days = (seconds / 86_400 / Double(Self.ticksMax - 1)).rounded(.up) * 86_400
    let step = Self.steps.first { seconds / $0 < Double(Self.ticksMax) } ?? days
    return (0...Int(seconds / step)).map { number in
      Tick(
        place: Double(number) * step / seconds, words: Self.words(Double(number) * step, step))
    }
  }

  private static func words(_ seconds: Double, _ step: Double) -> String {
    if step >= 60 {
      let minutes = Int((seconds / 60).rounded())
      return step >= 3600 || minutes >= 120
        ? "\(minutes / 60):\(minutes % 60 < 10 ? "0" : "")\(minutes % 60) h" : "\(minutes) min"
    }
    let tenths = Int((seconds * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
  }
}
