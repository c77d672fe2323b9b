import Core
import JSON

/// The objects of a kind as they all were at one moment.
struct ClusterList: Sendable, Equatable {
  /// Without `apiVersion` and `kind`, which the API leaves out of what it lists.
  var items: [JSONValue]
  /// The moment, for a watch that goes on from it.
  let resourceVersion: String
}

/// Which objects of a kind are meant.
struct ClusterSelection: Sendable, Hashable {
  let kind: ResourceKind
  /// Nil for all namespaces.
  var namespace: String?
  /// A label selector, `app=web,tier!=x`; nil for all.
  var labels: String?
  /// A field selector, `metadata.name=web`; nil for all.
  var fields: String?

  init(
    _ kind: ResourceKind, in namespace: String? = nil, labels: String? = nil, fields: String? = nil
  ) {
    self.kind = kind
    self.namespace = namespace
    self.labels = labels
    self.fields = fields
  }

  // https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
  var query: [(String, String)] {
    [labels.map { ("labelSelector", $0) }, fields.map { ("fieldSelector", $0) }].compactMap(\.self)
  }
}

extension ClusterClient {
  /// Objects in one answer of a list; more come in further answers.
  private static let pageItems = 250
  /// Most pages of one list.
  private static let pagesMax = 400
  /// Most lists that are begun anew where the server forgot the rest of one.
  private static let listsMax = 3

  /// All objects that are meant.
  ///
  /// A long list comes in pages, all of the same moment; where the server forgets that moment
  /// between two of them, the list is begun anew.
  /// https://kubernetes.io/docs/reference/using-api/api-concepts/
  func list(_ selection: ClusterSelection) throws(ClusterFailure) -> ClusterList {
    let call = ClusterCall("list", selection.kind, namespace: selection.namespace)
    for _ in 1..<Self.listsMax {
      do throws(ClusterFailure) {
        return try pages(of: selection, call)
      } catch  where error.reason == .gone {
        continue
      }
    }
    return try pages(of: selection, call)
  }

  private func pages(
    of selection: ClusterSelection, _ call: ClusterCall
  ) throws(ClusterFailure) -> ClusterList {
    var items: [JSONValue] = []
    var more: String?
    for _ in 1...Self.pagesMax {
      var query = selection.query + [("limit", "\(Self.pageItems)")]
      if let more { query.append(("continue", more)) }
      let answer = try ask(call, "GET", query: query)
      guard let page = answer["items"]?.elements,
        let version = answer["metadata"]?["resourceVersion"]?.text
      else { throw failure(.malformed, call, "the answer is no list") }
      items += page
      more = answer["metadata"]?["continue"]?.text.flatMap { $0.isEmpty ? nil : $0 }
      if more == nil { return ClusterList(items: items, resourceVersion: version) }
    }
    throw failure(.malformed, call, "a list of more than \(Self.pagesMax) pages")
  }
}
