import Core

/// The last answers in one line of text: the slower, the higher; failures are crosses,
/// and where nobody could be asked is a gap.
enum Sparkline {
  private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

  static func text(_ samples: some Sequence<ProbeSample>) -> String {
    let samples = Array(samples)
    let axis = LatencyAxis(samples.filter(\.outcome.isGood).map(\.total))
    return String(
      samples.map { sample in
        if sample.outcome == .noData { return " " }
        guard sample.outcome.isGood else { return "✕" }
        return blocks[min(blocks.count - 1, Int(axis.place(sample.total) * Double(blocks.count)))]
      })
  }
}
