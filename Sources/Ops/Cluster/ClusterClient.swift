import Core
import HTTPClient
import JSON

/// Asks the API of one cluster, as whoever the context of kubectl is.
///
/// May be used from any number of threads. Every call ends within `callTimeout`. A call that the
/// cluster did not take up is made again within that time: where the proxy is just being started
/// anew, and where the server asks for a pause. So is a question that was cut off; no change is,
/// since only the caller knows what a second time means.
struct ClusterClient: Sendable {
  /// Who wrote a field, as the API keeps it.
  ///
  /// https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers
  static let fieldManager = "slipway"
  /// Who has written the replicas of a Deployment that an autoscaler rules.
  static let replicasManager = "slipway-replicas"
  /// For a call that names no time.
  static let callTimeoutDefault: Duration = .seconds(10)

  /// The context of kubectl.
  let context: String
  /// Most time for one call.
  var callTimeout = callTimeoutDefault
  /// Gives the deadline of a change that may take so long, or throws where none may be made; nil
  /// where nobody is asked.
  var permit: (@Sendable (Duration) throws(ClusterFailure) -> Deadline)?

  let transport: ClusterTransport
  let surroundings: ClusterSurroundings

  /// The cluster of `context`; starts `kubectl proxy`, which ends with the last copy of this.
  ///
  /// `kubeconfig` is a file in place of what the environment names; `asks` is called before each
  /// request, and what it gives once that is over.
  init(
    context: String, kubeconfig: String? = nil, kubectl: String = "kubectl",
    asks: @escaping @Sendable () -> @Sendable () -> Void = { {} }
  ) throws(ClusterFailure) {
    let proxy = try KubectlProxy(context: context, kubeconfig: kubeconfig, program: kubectl)
    self.init(ClusterTransport(proxy, asks: asks), .real)
  }

  /// The cluster behind a way to it.
  init(_ transport: ClusterTransport, _ surroundings: ClusterSurroundings) {
    self.context = transport.proxy.context
    (self.transport, self.surroundings) = (transport, surroundings)
  }

  /// The object of that name, nil where there is none.
  func get(
    _ kind: ResourceKind, _ name: String, in namespace: String? = nil
  ) throws(ClusterFailure) -> JSONValue? {
    let call = ClusterCall("get", kind, namespace: namespace, name: name)
    do throws(ClusterFailure) {
      return try ask(call, "GET")
    } catch  where error.reason == .notFound {
      return nil
    }
  }

  /// Makes an object, which carries its name; the object as it is then.
  ///
  /// Throws `alreadyExists` where there is one of that name.
  @discardableResult
  func create(
    _ kind: ResourceKind, _ object: JSONValue, in namespace: String? = nil, dryRun: Bool = false
  ) throws(ClusterFailure) -> JSONValue {
    let name = object["metadata"]?["name"]?.text
    let call = ClusterCall("create", kind, namespace: namespace, name: name)
    return try ask(call, "POST", query: Self.writing(dryRun), body: object, path: call.parentPath)
  }

  /// Puts `object` in the place of the one of its name; the object as it is then.
  ///
  /// Throws `conflict` where `object` carries a resourceVersion that is no longer the last one.
  @discardableResult
  func replace(
    _ kind: ResourceKind, _ object: JSONValue, in namespace: String? = nil
  ) throws(ClusterFailure) -> JSONValue {
    let name = object["metadata"]?["name"]?.text ?? ""
    let call = ClusterCall("update", kind, namespace: namespace, name: name)
    return try ask(call, "PUT", query: Self.writing(false), body: object)
  }

  /// Makes the object what `object` says of it, whoever else wrote those fields before.
  ///
  /// Without `force` throws `conflict` where somebody did.
  /// https://kubernetes.io/docs/reference/using-api/server-side-apply/
  @discardableResult
  func apply(
    _ kind: ResourceKind, _ object: JSONValue, in namespace: String? = nil, dryRun: Bool = false,
    by manager: String = fieldManager, force: Bool = true
  ) throws(ClusterFailure) -> JSONValue {
    let name = object["metadata"]?["name"]?.text ?? ""
    let call = ClusterCall("patch", kind, namespace: namespace, name: name)
    return try ask(
      call, "PATCH", query: Self.writing(dryRun, by: manager) + [("force", "\(force)")],
      body: object,
      type: "application/apply-patch+yaml")
  }

  /// Changes the fields that `patch` names and takes away those that it makes null.
  ///
  /// With a resourceVersion in it, throws `conflict` where that is no longer the last one.
  /// https://www.rfc-editor.org/rfc/rfc7386
  @discardableResult
  func mergePatch(
    _ kind: ResourceKind, _ name: String, in namespace: String? = nil, _ patch: JSONValue,
    subresource: String? = nil
  ) throws(ClusterFailure) -> JSONValue {
    let call = ClusterCall(
      "patch", kind, namespace: namespace, name: name, subresource: subresource)
    return try ask(
      call, "PATCH", query: Self.writing(false), body: patch, type: "application/merge-patch+json")
  }

  /// Deletes the object and, later, what belongs to it; false where there is none.
  ///
  /// Throws `conflict` where it is not the object with `uid`, or not as `resourceVersion` has it.
  @discardableResult
  func delete(
    _ kind: ResourceKind, _ name: String, in namespace: String? = nil, uid: String? = nil,
    resourceVersion: String? = nil
  ) throws(ClusterFailure) -> Bool {
    let conditions = [
      uid.map { JSONMember("uid", .string($0)) },
      resourceVersion.map { JSONMember("resourceVersion", .string($0)) },
    ].compactMap(\.self)
    // Left to its default, a Job would leave its pods behind; and it is gone once they are, so that
    // nobody takes a migration for ended that is not.
    var options = [JSONMember("propagationPolicy", kind == .job ? "Foreground" : "Background")]
    if !conditions.isEmpty { options.append(JSONMember("preconditions", .object(conditions))) }
    let call = ClusterCall("delete", kind, namespace: namespace, name: name)
    do throws(ClusterFailure) {
      _ = try ask(call, "DELETE", body: .object(options))
      return true
    } catch  where error.reason == .notFound {
      return false
    }
  }

  /// Whether who asks may make a call: its verb, kind, namespace, name and subresource.
  ///
  /// https://kubernetes.io/docs/reference/access-authn-authz/authorization/
  /// A call for a namespace itself is one within it, with its name.
  func isAllowed(
    _ call: ClusterCall, within namespace: String? = nil
  ) throws(ClusterFailure) -> Bool {
    var attributes = [
      JSONMember("verb", .string(call.verb)), JSONMember("group", .string(call.kind.group)),
      JSONMember("resource", .string(call.kind.plural)),
    ]
    for (name, value) in [
      ("namespace", namespace ?? call.namespace), ("name", call.name),
      ("subresource", call.subresource),
    ] {
      if let value { attributes.append(JSONMember(name, .string(value))) }
    }
    let review: JSONValue = [
      "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
      "spec": ["resourceAttributes": .object(attributes)],
    ]
    return try create(.accessReview, review)["status"]?["allowed"]?.truth ?? false
  }

  private static func writing(
    _ dryRun: Bool, by manager: String = fieldManager
  ) -> [(String, String)] {
    [("fieldManager", manager)] + (dryRun ? [("dryRun", "All")] : [])
  }
}
