import Core

/// Every probe as a dot: when, how slow, from which release; failures in a lane above.
struct ProbeChart {
  /// Pixels of the lane of failures, and of the chart with it.
  private static let laneHeight = 30
  /// Up to so many dots are drawn larger: nothing is hidden by them.
  private static let sparseMax = 150
  static let height = 230

  let record: RolloutRecord
  let time: TimeAxis
  private let latency: LatencyAxis
  private let cloud: ProbeCloud

  init(_ record: RolloutRecord, _ time: TimeAxis) {
    self.record = record
    self.time = time
    latency = LatencyAxis(record.samples.lazy.filter(\.outcome.isGood).map(\.total))
    cloud = ProbeCloud(record, time, latency)
  }

  /// What stands beside the chart.
  var labels: HTML {
    let ticks = latency.ticks.map { tick in
      HTML("<span style=\"top:\(offset(tick.place))px\">\(tick.words)</span>")
    }
    let lane = HTML("<span style=\"top:\(Self.laneHeight / 2)px\">failed</span>")
    return HTML(lines: [lane] + ticks)
  }

  /// What the chart shows, in words.
  var words: String {
    let probes = record.probes
    let gap = probes?.longestGap.map { "; longest gap \(($0.end - $0.start).inMilliseconds) ms" }
    return "\(probes?.counts ?? "no request")"
      + (gap ?? "") + ". The table of releases has the figures."
  }

  var drawing: HTML {
    HTML(lines: [gap] + lines + [dots] + cloud.failures.map(cross))
  }

  private var lines: [HTML] {
    latency.ticks.map { tick in
      let y = offset(tick.place)
      return HTML("<line class=\"tick\" x1=\"0\" x2=\"100%\" y1=\"\(y)\" y2=\"\(y)\"/>")
    } + [
      HTML(
        """
        <line class="lane" x1="0" x2="100%" y1="\(Self.laneHeight)" y2="\(Self.laneHeight)"/>
        """)
    ]
  }

  private var gap: HTML {
    guard let gap = record.probes?.longestGap, let start = record.probesBegan else { return "" }
    let left = time.place(start.advanced(by: gap.start)) * 100
    let width = time.place(start.advanced(by: gap.end)) * 100 - left
    let words = "longest gap \((gap.end - gap.start).inMilliseconds) ms"
    // What is written beside it must not leave the chart.
    let isLate = left > 50
    let x = isLate ? left : left + width
    return """
      <g class="gap"><title>\(words)</title>
      <rect x="\(left)%" width="\(width)%" y="\(Self.laneHeight)"\
       height="\(Self.height - Self.laneHeight)"/>
      <line x1="\(left)%" x2="\(left)%" y1="\(Self.laneHeight)" y2="100%"/>
      <line x1="\(left + width)%" x2="\(left + width)%" y1="\(Self.laneHeight)" y2="100%"/>
      <text x="\(x)%" dx="\(isLate ? -6 : 6)" y="\(Self.laneHeight + 14)"\
       text-anchor="\(isLate ? "end" : "start")">\(words)</text></g>
      """
  }

  /// Dots are the round ends of lines without length: the window may be of any width, a dot stays
  /// round, and a hundred thousand of them are a few paths.
  private var dots: HTML {
    let grid = cloud.grid
    let isSparse = cloud.dots.count <= Self.sparseMax
    let isGathered = grid.densities.count > 1
    let groups = Dictionary(grouping: cloud.dots) { [$0.side.rawValue, String($0.density)] }
    let paths = groups.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { key, dots in
      let places = isGathered ? Self.runs(dots) : dots.map { "M\($0.column) \($0.row)h0" }.joined()
      let many = isGathered ? " many d\(key[1])" : isSparse ? " few" : ""
      return HTML("<path class=\"dots \(key[0])\(many)\" d=\"\(places)\"/>")
    }
    return """
      <svg x="0" y="\(Self.laneHeight)" width="100%" height="\(Self.height - Self.laneHeight)"\
       viewBox="0 -0.5 \(grid.columns) \(grid.rows)" preserveAspectRatio="none" overflow="visible">
      \(HTML(lines: paths))
      </svg>
      """
  }

  /// Gathered dots fill their part of the chart; those side by side are one line.
  private static func runs(_ dots: [ProbeCloud.Dot]) -> String {
    var path = ""
    var start = 0
    while start < dots.count {
      let row = dots[start].row
      var end = start + 1
      while end < dots.count, dots[end].row == row, dots[end].column == dots[end - 1].column + 1 {
        end += 1
      }
      path += "M\(dots[start].column) \(row)h\(end - start)"
      start = end
    }
    return path
  }

  private func cross(_ failures: ProbeCloud.Failures) -> HTML {
    let start = record.probesBegan ?? record.began
    let place = (Double(failures.column) + 0.5) / Double(ProbeCloud.failureColumns) * 100
    let moment = start.advanced(by: failures.moment).since(time.began).inMilliseconds
    let words = "\(failures.count) failed from \(moment) ms on: \(failures.outcome)"
    return """
      <svg x="\(place)%" y="\(Self.laneHeight / 2)" overflow="visible" class="cross">\
      <title>\(words)</title><path d="M-4-4L4 4M-4 4L4-4"/></svg>
      """
  }

  /// Pixels from above.
  private func offset(_ place: Double) -> Double {
    Double(Self.laneHeight) + (1 - place) * Double(Self.height - Self.laneHeight)
  }
}
