import Core

/// What a cluster was asked to do with what, in the words of its permissions.
///
/// https://kubernetes.io/docs/reference/access-authn-authz/authorization/
struct ClusterCall: Sendable, Equatable {
  /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`.
  let verb: String
  let kind: ResourceKind
  /// Nil for what lives in no namespace.
  let namespace: String?
  /// Nil where there is no name yet, or all are meant.
  let name: String?
  /// A part of the object: `log`, `scale`, `status`.
  let subresource: String?

  init(
    _ verb: String, _ kind: ResourceKind, namespace: String?, name: String? = nil,
    subresource: String? = nil
  ) {
    self.verb = verb
    self.kind = kind
    self.namespace = kind.isNamespaced ? namespace : nil
    self.name = name
    self.subresource = subresource
  }

  /// As `kubectl auth can-i` takes it: `pods/log`, `leases.coordination.k8s.io`.
  var resource: String {
    let plural = subresource.map { "\(kind.plural)/\($0)" } ?? kind.plural
    return kind.group.isEmpty ? plural : "\(plural).\(kind.group)"
  }

  /// `pod app-1 in namespace production`.
  var subject: String {
    let name = name.map { "\(kind.kind) \($0)" } ?? kind.plural
    let part = subresource.map { "the \($0) of " } ?? ""
    return part + name + (namespace.map { " in namespace \($0)" } ?? "")
  }
}

extension ClusterCall {
  /// The path of the API, without a query.
  ///
  /// https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
  var path: String {
    var path = parentPath
    if let name { path += "/" + PercentEncoding.encode(name) }
    if let subresource { path += "/" + subresource }
    return path
  }

  /// The path of all objects of the kind, where new ones are made.
  var parentPath: String {
    let root = kind.group.isEmpty ? "/api/" : "/apis/"
    var parts = [root + kind.apiVersion]
    if let namespace { parts += ["namespaces", PercentEncoding.encode(namespace)] }
    parts.append(kind.plural)
    return parts.joined(separator: "/")
  }
}
