import Core
import JSON
import POSIX
import Testing

@testable import Ops

/// What watches told of a real cluster, as a file of `streams` holds it.
///
/// Each line has the milliseconds since the change was applied, what the watch said, and the
/// object. Recorded on Kubernetes 1.34 with containerd, without fields that no reading knows.
struct RecordedStream {
  struct Step {
    let at: Duration
    let change: ClusterChange
  }

  /// Where the clock of a replay begins.
  static let began = Timestamp(microsecondsSinceEpoch: 1_800_000_000_000_000)
  /// How often a replayed witness is looked at.
  private static let tick: Duration = .milliseconds(100)

  let steps: [Step]

  init(_ name: String) throws {
    let path = Path.parent(of: #filePath) + "/streams/\(name).jsonl"
    let kinds: [ResourceKind] = [.deployment, .replicaSet, .pod, .event, .job]
    steps = try File.readText(path, limit: 1 << 20).split(separator: "\n").map { line in
      let value = try JSONReader.read(String(line))
      let object = try #require(value["object"])
      let kind = try #require(kinds.first { $0.kind == object["kind"]?.text })
      let at = Duration.milliseconds(try #require(value["at"]?.number))
      return Step(
        at: at,
        change: value["change"]?.text == "deleted"
          ? .deleted(kind, object) : .updated(kind, object))
    }
  }

  init(steps: [Step]) { self.steps = steps }

  /// What a witness said while the stream was played to it.
  struct Replay {
    var findings: [(at: Duration, finding: WitnessFinding)] = []
    var failedAt: Duration? {
      findings.first { if case .failed = $0.finding { true } else { false } }?.at
    }
    var wasComplete: Bool { findings.contains { $0.finding == .complete } }
    var cause: Cause? {
      if case .failed(let cause)? = findings.last?.finding { cause } else { nil }
    }
  }

  /// Plays the stream to a witness and goes on looking for a while after its end.
  func replay<Subject>(
    to witness: inout Witness<Subject>, lookingOnFor rest: Duration = .zero
  ) -> Replay {
    var replay = Replay()
    var now = steps.first?.at ?? .zero
    var left = steps[...]
    let end = (steps.last?.at ?? .zero) + rest + Self.tick
    while now <= end {
      while let step = left.first, step.at <= now {
        left.removeFirst()
        witness.handle(step.change, at: Self.began.advanced(by: step.at))
      }
      let finding = witness.look(at: Self.began.advanced(by: now))
      if replay.findings.last?.finding != finding { replay.findings.append((now, finding)) }
      now += Self.tick
    }
    return replay
  }

  /// When an object first said something.
  func first(saying words: String) -> Duration? {
    steps.first { step in
      guard case .updated(_, let object) = step.change else { return false }
      return object.written().contains(words)
    }?.at
  }
}
