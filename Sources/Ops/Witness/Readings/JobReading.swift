import JSON

/// What a Job says of itself.
///
/// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/
struct JobReading: Sendable, Equatable {
  let object: ObjectReading
  /// Failed pods that are forgiven.
  let backoffLimit: Int
  let isSuspended: Bool
  let failed: Int
  let conditions: [ConditionReading]

  init?(_ value: JSONValue) {
    guard let object = ObjectReading(value) else { return nil }
    self.object = object
    backoffLimit = value["spec"]?.count("backoffLimit") ?? 6
    isSuspended = value["spec"]?["suspend"]?.truth ?? false
    failed = value["status"]?.count("failed") ?? 0
    conditions = value.conditions
  }

  /// Whether it has done its work; its pods may still be ending.
  var isComplete: Bool {
    conditions["Complete"]?.holds == true || conditions["SuccessCriteriaMet"]?.holds == true
  }

  /// Why it has failed, nil while it has not; its pods may still be ending.
  var failure: ConditionReading? {
    [conditions["Failed"], conditions["FailureTarget"]].compactMap { $0 }.first { $0.holds == true }
  }
}
