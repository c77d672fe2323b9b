import JSON

/// What a witness knows of a cluster: each object as it was told of last.
struct WitnessedObjects: Sendable, Equatable {
  /// Events that are kept of one object; the oldest go.
  static let eventsMax = 50
  /// Objects whose events are kept; those that were first told of go, where nothing else is known
  /// of them.
  static let subjectsMax = 500

  private(set) var deployments: [String: DeploymentReading] = [:]
  private(set) var replicaSets: [String: ReplicaSetReading] = [:]
  private(set) var pods: [String: PodReading] = [:]
  private(set) var jobs: [String: JobReading] = [:]
  /// By the object that they are about, in the order in which they came.
  private var events: [String: [EventReading]] = [:]
  /// What the events are about, the first first.
  private var subjects: [String] = []
  /// Kinds of which nothing is heard at present, and why.
  private(set) var lost: [ResourceKind: String] = [:]

  /// Takes in what a watch tells.
  mutating func take(_ change: ClusterChange) {
    switch change {
    case .replaced(let kind, let values):
      lost[kind] = nil
      if kind != .event { removeAll(kind) }
      for value in values { put(kind, value) }
    case .updated(let kind, let value):
      lost[kind] = nil
      put(kind, value)
    case .deleted(let kind, let value):
      lost[kind] = nil
      if let uid = ObjectReading(value)?.uid { remove(kind, uid) }
    case .lost(let kind, let reason): lost[kind] = reason
    }
  }

  private mutating func put(_ kind: ResourceKind, _ value: JSONValue) {
    switch kind {
    case .deployment:
      if let reading = DeploymentReading(value) { deployments[reading.object.uid] = reading }
    case .replicaSet:
      if let reading = ReplicaSetReading(value) { replicaSets[reading.object.uid] = reading }
    case .pod: if let reading = PodReading(value) { pods[reading.object.uid] = reading }
    case .job: if let reading = JobReading(value) { jobs[reading.object.uid] = reading }
    case .event: if let reading = EventReading(value) { put(reading) }
    default: break
    }
  }

  private mutating func put(_ event: EventReading) {
    let known = events[event.about]?.lastIndex { $0.object.uid == event.object.uid }
    if let known {
      events[event.about]?[known] = event
      return
    }
    if events[event.about] == nil { subjects.append(event.about) }
    events[event.about, default: []].append(event)
    if events[event.about]?.count ?? 0 > Self.eventsMax { events[event.about]?.removeFirst() }
    guard subjects.count > Self.subjectsMax else { return }
    let index = subjects.firstIndex { !isKnown($0) } ?? subjects.startIndex
    events[subjects.remove(at: index)] = nil
  }

  private func isKnown(_ uid: String) -> Bool {
    pods[uid] != nil || replicaSets[uid] != nil || deployments[uid] != nil || jobs[uid] != nil
  }

  /// Events alone outlive their deletion: that they happened stays true.
  private mutating func remove(_ kind: ResourceKind, _ uid: String) {
    switch kind {
    case .deployment: deployments[uid] = nil
    case .replicaSet: replicaSets[uid] = nil
    case .pod: pods[uid] = nil
    case .job: jobs[uid] = nil
    default: break
    }
  }

  private mutating func removeAll(_ kind: ResourceKind) {
    switch kind {
    case .deployment: deployments = [:]
    case .replicaSet: replicaSets = [:]
    case .pod: pods = [:]
    case .job: jobs = [:]
    default: break
    }
  }

  /// The pods of an owner, the oldest first.
  func pods(of owner: String) -> [PodReading] {
    pods.values.filter { $0.object.controller == owner }.sorted { first, second in
      (first.object.createdAt, first.object.name) < (second.object.createdAt, second.object.name)
    }
  }

  /// The events about an object, in the order in which they came.
  func events(about uid: String) -> [EventReading] { events[uid] ?? [] }
}
