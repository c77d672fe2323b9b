import Core

/// The replicas of each release over time: all of them light, those that serve dark.
struct ReplicaChart {
  /// Pixels of a row, and of what is drawn in it.
  private static let rowHeight = 40
  private static let bandHeight = 28
  /// Units of the drawing from left to right.
  private static let columns = 10_000
  /// More releases than these are not drawn; the table has them.
  private static let rowsMax = 8

  let record: RolloutRecord
  let time: TimeAxis

  private var revisions: [String] { Array(record.replicas.revisions.prefix(Self.rowsMax)) }
  private var most: Int { max(1, record.replicas.most) }

  var isEmpty: Bool { revisions.isEmpty }
  var height: Int { revisions.count * Self.rowHeight }

  var labels: HTML {
    HTML(
      lines: revisions.enumerated().map { index, revision in
        let side = ReleaseSide(revision, in: record)
        let top = index * Self.rowHeight + Self.rowHeight / 2
        return """
          <span style="top:\(top)px"><i class="mark \(side.rawValue)"></i>\(side.rawValue)</span>
          """
      })
  }

  var words: String {
    revisions.map { revision in
      let counts = record.replicas.changes.compactMap { change in
        change.counts.first { $0.revision == revision }
      }
      return "\(ReleaseSide(revision, in: record).rawValue) \(revision): at most "
        + "\(counts.map(\.serving).max() ?? 0) of \(counts.map(\.total).max() ?? 0) serving"
    }.joined(separator: "; ")
  }

  var drawing: HTML { HTML(lines: revisions.enumerated().map(row)) }

  private func row(_ index: Int, _ revision: String) -> HTML {
    let side = ReleaseSide(revision, in: record)
    let top = index * Self.rowHeight + (Self.rowHeight - Self.bandHeight) / 2
    let figures = record.replicas.changes.map { change in
      (time.place(change.time), change.counts.first { $0.revision == revision })
    }
    let all = band(figures.map { ($0.0, $0.1?.total ?? 0) })
    let serving = band(figures.map { ($0.0, $0.1?.serving ?? 0) })
    let peak = figures.compactMap(\.1?.total).max() ?? 0
    let bottom = top + Self.bandHeight
    return """
      <g class="band \(side.rawValue)"><title>\(side.rawValue) \(revision)</title>
      <line class="lane" x1="0" x2="100%" y1="\(bottom)" y2="\(bottom)"/>
      <svg x="0" y="\(top)" width="100%" height="\(Self.bandHeight)"\
       viewBox="0 0 \(Self.columns) \(most)" preserveAspectRatio="none">
      <path class="all" d="\(all)"/><path class="serving" d="\(serving)"/>
      </svg>
      \(number(figures, peak, bottom))</g>
      """
  }

  /// How many there were at most, where they were first that many.
  private func number(
    _ figures: [(Double, ReplicaCount?)], _ peak: Int, _ bottom: Int
  ) -> HTML {
    guard peak > 0, let place = figures.first(where: { $0.1?.total == peak })?.0 else { return "" }
    return "<text x=\"\(place * 100)%\" dx=\"5\" y=\"\(bottom - 5)\">\(peak)</text>"
  }

  /// Steps above the ground.
  private func band(_ figures: [(place: Double, count: Int)]) -> String {
    var path = "M0 \(most)"
    var (last, height) = (0, 0)
    for (place, count) in figures where count != height {
      let column = Int(place * Double(Self.columns))
      path += "H\(column)V\(most - count)"
      (last, height) = (column, count)
    }
    return height == 0 && last == 0 ? "" : path + "H\(Self.columns)V\(most)Z"
  }
}
