import JSON

/// The dashboard as Grafana imports it: one for all releases, which are chosen on top.
///
/// So it is the same wherever it is made, and two releases beside each other do not fight over it.
/// https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
enum Dashboard {
  struct Row: Sendable {
    let title: String
    let panels: [DashboardPanel]
    var isCollapsed = false
  }

  private static let columns = 24
  /// Grafana 11, and what reads its models.
  private static let schemaVersion = 39

  static let rows = DashboardRows.service + DashboardRows.surroundings

  /// charts/slipway/files/dashboard.json.
  static let text = model.written(pretty: true) + "\n"

  private static let fillable = FillableText(text)

  /// The dashboard as it is for a release.
  static func text(of release: ChartRelease) -> String { fillable.filled(for: release) }

  private static var model: JSONValue {
    [
      "uid": "slipway", "title": "Slipway",
      "description": "The service, its database and what Kubernetes says of both.",
      "tags": ["slipway"], "schemaVersion": .integer(Int64(schemaVersion)), "version": 1,
      "id": nil, "editable": true, "graphTooltip": 1, "refresh": "30s", "timezone": "browser",
      "time": ["from": "now-6h", "to": "now"], "timepicker": .object([]),
      "annotations": ["list": [restarts]], "links": [runbooks],
      "templating": ["list": [sources, namespaces, services, pods]], "panels": .array(panels),
    ]
  }

  private static let runbooks: JSONValue = [
    "title": "Runbooks", "type": "link", "icon": "doc", "url": .string(Placeholder.runbooks.text),
    "targetBlank": true, "asDropdown": false, "includeVars": false, "keepTime": false,
    "tags": [], "tooltip": "What each alert means and what to do",
  ]

  private static let restarts: JSONValue = [
    "name": "Starts", "enable": true, "hide": false, "iconColor": "blue",
    "datasource": DashboardPanel.source,
    "expr": .string("changes(process_start_time_seconds{\(DashboardRows.own)}[1m]) > 0"),
    "step": "60s", "titleFormat": "{{pod}} started",
  ]

  private static let sources: JSONValue = [
    "name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus",
    "hide": 0, "includeAll": false, "multi": false, "options": [], "refresh": 1, "regex": "",
    "current": .object([]),
  ]

  private static let namespaces = choice(
    "namespace", "Namespace", "slipway_build_info", "namespace")
  private static let services = choice(
    "service", "Service", #"slipway_build_info{namespace="$namespace"}"#, "job")
  private static let pods = choice(
    "pod", "Replica", "slipway_build_info{\(DashboardRows.own)}", "pod", isMultiple: true)

  /// What can be chosen on top: the values of a label.
  private static func choice(
    _ name: String, _ title: String, _ series: String, _ label: String, isMultiple: Bool = false
  ) -> JSONValue {
    let query = "label_values(\(series), \(label))"
    return [
      "name": .string(name), "label": .string(title), "type": "query",
      "datasource": DashboardPanel.source, "definition": .string(query),
      "query": ["query": .string(query), "refId": "PrometheusVariableQueryEditor-VariableQuery"],
      "hide": 0, "includeAll": .boolean(isMultiple), "multi": .boolean(isMultiple),
      "allValue": isMultiple ? ".*" : nil, "options": [], "refresh": 2, "regex": "", "sort": 1,
      "current": isMultiple ? ["text": ["All"], "value": ["$__all"]] : .object([]),
    ]
  }

  /// Rows one below the other, each with its panels side by side.
  private static var panels: [JSONValue] {
    var nodes: [JSONValue] = []
    var (id, y) = (1, 0)
    for row in rows {
      let place = DashboardPanel.Place(x: 0, y: y, width: columns, height: 1)
      let rowID = id
      let laid = lay(row.panels, from: y + 1)
      var inner: [JSONValue] = []
      for (panel, place) in zip(row.panels, laid.places) {
        id += 1
        inner.append(panel.node(id: id, at: place))
      }
      nodes.append(node(row, id: rowID, at: place, inner: row.isCollapsed ? inner : []))
      if !row.isCollapsed { nodes += inner }
      id += 1
      y = row.isCollapsed ? y + 1 : laid.end
    }
    return nodes
  }

  private static func node(
    _ row: Row, id: Int, at place: DashboardPanel.Place, inner: [JSONValue]
  ) -> JSONValue {
    [
      "id": .integer(Int64(id)), "type": "row", "title": .string(row.title),
      "collapsed": .boolean(row.isCollapsed), "gridPos": place.node, "panels": .array(inner),
    ]
  }

  /// Numbers are narrow and low, pictures take a third of the width.
  private static func lay(
    _ panels: [DashboardPanel], from top: Int
  ) -> (places: [DashboardPanel.Place], end: Int) {
    var places: [DashboardPanel.Place] = []
    var (x, y, height) = (0, top, 0)
    for panel in panels {
      let size = panel.isNumber ? (width: 4, height: 4) : (width: 8, height: 8)
      if x + size.width > columns || (height != 0 && height != size.height) {
        (x, y) = (0, y + height)
      }
      height = size.height
      places.append(.init(x: x, y: y, width: size.width, height: height))
      x += size.width
    }
    return (places, y + height)
  }
}
