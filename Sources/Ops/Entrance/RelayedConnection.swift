import Core
import POSIX

/// Carries one connection of a client to a pod, and says what became of it where the pod did not.
///
/// What is known of the pod's port comes from the pod's node, in the frames of the connection:
/// that it refuses, that it closed. Everything else that goes wrong is the way's, and is no data.
struct RelayedConnection: ~Copyable {
  /// How a connection ended.
  enum End: Equatable {
    /// The pod or the client closed it.
    case closed
    /// The Service has nobody.
    case nobody
    /// The pod takes no connection, or is gone while nodes still send clients to it.
    case refused
    /// The way there did not carry it.
    case lost
    /// Nobody answered on the way there.
    case unheard
  }

  /// How long a connection to a pod may take before the way counts as away; with it and what
  /// follows a probe ends before its own time is over.
  static let dialTimeout: Duration = .milliseconds(1300)
  /// How long an answer may take before the way is asked whether it lives.
  private static let pingAfter: Duration = .milliseconds(600)
  /// How long the way may take to say so.
  private static let pongMax: Duration = .milliseconds(300)
  /// How long an answer may take where the way does not say so.
  private static let silenceMax: Duration = .milliseconds(1700)
  /// How long a client that has been told nothing may stay without a word.
  private static let idleMax: Duration = .seconds(60)
  private static let readBytesMax = 64 * 1024
  /// What the runtime says where the port takes no connection.
  private static let refusals = ["refused", "failed to connect", "failed to dial"]

  private let client: FileDescriptor
  private let mark: ProbeMark
  /// Since when the client waits for an answer; nil where it has one, or asked nothing.
  private var askedAt: ContinuousClock.Instant?
  private var pingedAt: ContinuousClock.Instant?
  /// When the client came, until its first request: its time has run since then.
  private var cameAt: ContinuousClock.Instant? = .now

  init(_ client: consuming FileDescriptor, _ mark: ProbeMark) {
    self.client = client
    self.mark = mark
  }

  /// Carries everything until one side closes.
  mutating func carry(to choice: EndpointTable.Choice, _ way: PodWay) -> End {
    switch choice {
    case .nobody: return .nobody
    case .unknown: return .lost
    case .endpoint(let endpoint, let hasLeft):
      do throws(PodConnection.Away) {
        return carry(try PodConnection.open(endpoint, way, .after(Self.dialTimeout)))
      } catch {
        guard error.status != nil else { return .unheard }
        // Of a pod that has left and is gone, where nodes still send clients to it: they lose.
        return hasLeft && error.isOfPod ? .refused : .lost
      }
    }
  }

  private mutating func carry(_ pod: consuming PodConnection) -> End {
    var pod = pod
    guard let first = pod.receiveFirst() else { return .lost }
    if let end = pass(first, pod) { return end }
    while true {
      let wait = Deadline.after(askedAt == nil ? Self.idleMax : .milliseconds(100))
      switch try? Poll.anyReadable([client.rawValue, pod.rawValue], wait) {
      case 0:
        guard let asked = try? client.read(upTo: Self.readBytesMax), !asked.isEmpty else {
          _ = pod.send(PortForwardFrames.close())
          return .closed
        }
        if askedAt == nil { (askedAt, pingedAt, cameAt) = (cameAt ?? .now, nil, nil) }
        guard pod.send(PortForwardFrames.bytes(asked)) else { return .lost }
      case .some:
        guard let events = pod.receive() else { return .lost }
        if let end = pass(events, pod) { return end }
      case nil:
        if askedAt == nil { return .closed }
        if isAway(pod) { return .unheard }
      }
    }
  }

  /// Passes on what came of the pod; how it ended, where it did.
  private mutating func pass(
    _ events: [PortForwardFrames.Event], _ pod: borrowing PodConnection
  ) -> End? {
    for event in events {
      switch event {
      case .bytes(let bytes):
        askedAt = nil
        guard (try? client.write(bytes)) != nil else { return .closed }
      case .failed(let words):
        // A connection that broke later ends as the pod ended it.
        return Self.refusals.contains { words.contains($0) } ? .refused : .closed
      case .closed: return .closed
      case .ping(let words): _ = pod.send(PortForwardFrames.pong(words))
      // The way lives: that there is no answer is the pod's own doing.
      case .pong: pingedAt = nil
      }
    }
    return nil
  }

  /// Whether the way does not answer either; asks it where the pod takes long.
  private mutating func isAway(_ pod: borrowing PodConnection) -> Bool {
    guard let askedAt else { return false }
    let waited = askedAt.duration(to: .now)
    if let pingedAt {
      return waited > Self.silenceMax && pingedAt.duration(to: .now) > Self.pongMax
    }
    if waited > Self.pingAfter, waited < Self.silenceMax {
      pingedAt = .now
      return !pod.send(PortForwardFrames.ping())
    }
    return false
  }

  /// Tells the client, as soon as it asks, or has asked.
  mutating func tell(_ word: ProbeMark.Word) {
    if askedAt == nil {
      guard (try? client.waitUntilReadable(.after(Self.idleMax))) == true,
        let asked = try? client.read(upTo: Self.readBytesMax), !asked.isEmpty
      else { return }
    }
    try? client.write(mark.answer(word))
  }
}
