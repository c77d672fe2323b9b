import JSON

/// One picture of the dashboard.
struct DashboardPanel: Sendable {
  enum Kind: Sendable {
    /// Lines over time.
    case lines
    /// Lines over time, each on top of those before.
    case stack
    /// The last value as a number; it turns red above this one where there is one.
    case number(redAbove: Double?)
    /// The same where little is bad.
    case numberOf(redBelow: Double)
  }

  /// What a value is, by Grafana's names.
  ///
  /// https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/#unit
  enum Unit: String, Sendable {
    case count = "short"
    case perSecond = "cps"
    case requests = "reqps"
    case seconds = "s"
    case bytes
    case share = "percentunit"
    case processors = "cores"
  }

  struct Query: Sendable {
    let expression: String
    let legend: String

    init(_ expression: String, _ legend: String = "") {
      (self.expression, self.legend) = (expression, legend)
    }
  }

  /// Where it stands, in the 24 columns of a row and any number of lines.
  struct Place: Sendable, Equatable {
    let x: Int
    let y: Int
    let width: Int
    let height: Int

    var node: JSONValue {
      [
        "h": .integer(Int64(height)), "w": .integer(Int64(width)), "x": .integer(Int64(x)),
        "y": .integer(Int64(y)),
      ]
    }
  }

  static let source: JSONValue = ["type": "prometheus", "uid": "${datasource}"]

  let title: String
  let kind: Kind
  let unit: Unit
  let description: String
  let queries: [Query]

  init(
    _ title: String, _ kind: Kind, _ unit: Unit, _ description: String, _ queries: [Query]
  ) {
    (self.title, self.kind, self.unit) = (title, kind, unit)
    (self.description, self.queries) = (description, queries)
  }

  var isNumber: Bool {
    switch kind {
    case .lines, .stack: false
    case .number, .numberOf: true
    }
  }

  func node(id: Int, at place: Place) -> JSONValue {
    [
      "id": .integer(Int64(id)), "type": isNumber ? "stat" : "timeseries", "title": .string(title),
      "description": .string(description), "datasource": Self.source, "gridPos": place.node,
      "fieldConfig": ["defaults": defaults, "overrides": []],
      "options": isNumber ? Self.numberOptions : Self.lineOptions,
      "targets": .array(queries.enumerated().map(target)),
    ]
  }

  private func target(_ index: Int, _ query: Query) -> JSONValue {
    let letter = UInt8(ascii: "A") + UInt8(index)
    return [
      "refId": .string(String(decoding: [letter], as: UTF8.self)), "datasource": Self.source,
      "editorMode": "code", "expr": .string(query.expression),
      "legendFormat": .string(query.legend.isEmpty ? "__auto" : query.legend),
      "instant": .boolean(isNumber), "range": .boolean(!isNumber),
    ]
  }

  private var defaults: JSONValue {
    var members = [
      JSONMember("unit", .string(unit.rawValue)), JSONMember("min", 0),
      JSONMember("color", ["mode": isNumber ? "thresholds" : "palette-classic"]),
      JSONMember("thresholds", ["mode": "absolute", "steps": .array(steps)]),
    ]
    if !isNumber { members.append(JSONMember("custom", custom)) }
    return .object(members)
  }

  private var steps: [JSONValue] {
    switch kind {
    case .lines, .stack: [["color": "green", "value": nil]]
    case .number(redAbove: let limit):
      [["color": "green", "value": nil]]
        + (limit.map { [["color": "red", "value": .real($0)]] } ?? [])
    case .numberOf(redBelow: let limit):
      [["color": "red", "value": nil], ["color": "green", "value": .real(limit)]]
    }
  }

  private var custom: JSONValue {
    let stacking: JSONValue
    let opacity: JSONValue
    if case .stack = kind {
      (stacking, opacity) = ("normal", 40)
    } else {
      (stacking, opacity) = ("none", 5)
    }
    return [
      "drawStyle": "line", "lineWidth": 1, "fillOpacity": opacity, "showPoints": "never",
      "spanNulls": false, "stacking": ["group": "A", "mode": stacking],
    ]
  }

  private static let lineOptions: JSONValue = [
    "legend": [
      "calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": true,
    ],
    "tooltip": ["mode": "multi", "sort": "desc"],
  ]

  private static let numberOptions: JSONValue = [
    "colorMode": "value", "graphMode": "none", "justifyMode": "auto", "orientation": "auto",
    "reduceOptions": ["calcs": ["lastNotNull"], "fields": "", "values": false],
    "textMode": "auto", "wideLayout": true,
  ]
}
