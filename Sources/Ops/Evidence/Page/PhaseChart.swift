import Core

/// The phases, one below the other, each as long as it took.
struct PhaseChart {
  /// Pixels of a row.
  private static let rowHeight = 22

  let record: RolloutRecord
  let time: TimeAxis

  var height: Int { max(1, record.phases.count) * Self.rowHeight }

  var labels: HTML {
    HTML(
      lines: record.phases.enumerated().map { index, phase in
        HTML("<span style=\"top:\(middle(index))px\">\(phase.title)</span>")
      })
  }

  var words: String {
    record.phases.map { phase in
      "\(phase.title) \(phase.result.rawValue) after \(Self.seconds(phase.duration))"
    }.joined(separator: ", ")
  }

  var drawing: HTML { HTML(lines: record.phases.enumerated().map(bar)) }

  private func bar(_ index: Int, _ phase: RolloutRecord.PhaseRecord) -> HTML {
    let left = time.place(phase.began) * 100
    let right = time.place(phase.began.advanced(by: phase.duration)) * 100
    let isLate = right > 75
    let mark = phase.result == .succeeded ? "" : " \(phase.result.rawValue)"
    return """
      <g class="bar \(phase.result.rawValue)">\
      <title>\(phase.title) \(phase.result.rawValue): \(phase.note ?? "")</title>
      <rect x="\(left)%" width="\(right - left)%" y="\(index * Self.rowHeight + 5)"\
       height="\(Self.rowHeight - 10)" rx="2"/>
      <text x="\(isLate ? left : right)%" dx="\(isLate ? -6 : 6)" y="\(middle(index))" dy="4"\
       text-anchor="\(isLate ? "end" : "start")">\(Self.seconds(phase.duration))\(mark)</text></g>
      """
  }

  private func middle(_ index: Int) -> Int { index * Self.rowHeight + Self.rowHeight / 2 }

  /// `3.2 s`, or milliseconds where those are few.
  static func seconds(_ duration: Duration) -> String {
    let milliseconds = duration.inMilliseconds
    guard milliseconds >= 1000 else { return "\(milliseconds) ms" }
    return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
  }
}
